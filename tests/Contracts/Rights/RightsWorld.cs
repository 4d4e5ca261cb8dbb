using System.Text.Json;
using Counterfoil.Contracts.Rights;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;

namespace Counterfoil.Contracts.Tests.Rights;

/// <summary>An issuer, a holder, another person, a shop; and the contract "probe".</summary>
internal sealed class RightsWorld
{
    public RightsWorld()
    {
        var probe = new ProbeContract();
        Bench = new ContractBench(ContractBench.GenesisOf(Issuer, Holder, Other, Shop), extra: _ => probe);
        Probe = probe;
        Start = Bench.Time.UnixSeconds;
    }

    public TestAccount Issuer { get; } = new("issuer");

    public TestAccount Holder { get; } = new("holder");

    public TestAccount Other { get; } = new("other");

    public TestAccount Shop { get; } = new("shop");

    public ContractBench Bench { get; }

    public ProbeContract Probe { get; }

    /// <summary>Genesis time, Unix seconds.</summary>
    public long Start { get; }

    public static Digest<Right> Id(string name = "ticket") => Digest<Right>.Of(System.Text.Encoding.UTF8.GetBytes(name));

    public RightKey Key(string name = "ticket") => new(Issuer.Id, Id(name));

    public RightRow Row(string name = "ticket") => Bench.Kernel.Rights.TryGet(Key(name), out var row) ? row : throw new InvalidOperationException("There is no such right.");

    public RightState State => Row().StateAt(Bench.Time);

    public TestAccount Party(string name) => new[] { Issuer, Holder, Other, Shop }.Single(party => party.Name == name);

    public string Issue(Func<IssueRightMessage, IssueRightMessage>? change = null, string name = "ticket")
    {
        var message = new IssueRightMessage(Id(name), Holder.Id);
        return Run("issue", JsonSerializer.Serialize(change is null ? message : change(message), RightsJson.Instance.IssueRightMessage), Issuer);
    }

    public string Rule(string action, TestAccount by, string name = "ticket") => Run(action, $$"""{"issuer":"{{Issuer}}","right":"{{Id(name)}}"}""", by);

    public string Redeem(TestAccount by, Func<RedeemRightMessage, RedeemRightMessage>? change = null)
    {
        var message = new RedeemRightMessage(Issuer.Id, Id());
        return Run("redeem", JsonSerializer.Serialize(change is null ? message : change(message), RightsJson.Instance.RedeemRightMessage), by);
    }

    public string Restore(TestAccount by, string amount = "") => Run("restore", $$"""{"issuer":"{{Issuer}}","right":"{{Id()}}"{{amount}}}""", by);

    public string Transfer(TestAccount by, Func<TransferRightMessage, TransferRightMessage> change) =>
        Run("transfer", JsonSerializer.Serialize(change(new TransferRightMessage(Issuer.Id, Id())), RightsJson.Instance.TransferRightMessage), by);

    public string InProbe(Func<ExecutionContext, Ledger.Refusal?> rule, params IReadOnlyList<TestAccount> signers)
    {
        Probe.Rule = rule;
        return Bench.Run("probe.run", "{}", signers).Code;
    }

    private string Run(string action, string argument, TestAccount by) => Bench.Run("rights." + action, argument, by).Code;
}
