using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Tests.Accounts;

/// <summary>Alice, Bob and the bank, which issues EUR (cap 1,000,000) and PTS (not transferable, cap 1,000); Alice has 1,000 EUR.</summary>
internal sealed class AccountsWorld
{
    public AccountsWorld(int sponsorQuota = 3, int others = 0)
    {
        Others = [.. Enumerable.Range(0, others).Select(number => new TestAccount($"other {number}"))];
        var probe = new ProbeContract();
        Bench = new ContractBench(
            ContractBench.GenesisOf(
                [Alice, Bob, Bank, .. Others],
                $$"""
                {"issuer":"{{Bank}}","code":"EUR","name":"Euro","decimals":2,"cap":"1000000","transferable":true,"shieldable":true},
                {"issuer":"{{Bank}}","code":"PTS","name":"Points","decimals":0,"cap":"1000","transferable":false,"shieldable":false}
                """,
                $$"""{"account":"{{Alice}}","asset":"EUR","units":"1000"},{"account":"{{Alice}}","asset":"{{Asset.IdOf(Bank.Id, "PTS")}}","units":"10"}"""),
            new LedgerParameters { SponsorQuota = sponsorQuota },
            _ => probe);
        Probe = probe;
    }

    public TestAccount Alice { get; } = new("alice");

    public TestAccount Bob { get; } = new("bob");

    public TestAccount Bank { get; } = new("bank");

    public IReadOnlyList<TestAccount> Others { get; }

    public ContractBench Bench { get; }

    public ProbeContract Probe { get; }

    public Digest<Asset> Euro => Asset.IdOf(Bank.Id, "EUR");

    public Digest<Asset> Points => Asset.IdOf(Bank.Id, "PTS");

    public AccountsContract Accounts => Bench.Kernel.Accounts;

    public ulong Balance(AccountId account) => (ulong)Accounts.BalanceOf(account, Euro).Units;

    public static string Transfer(AccountId to, Digest<Asset> asset, UInt128 units) => $$"""{"to":"{{to}}","amount":{"asset":"{{asset}}","units":"{{units}}"} }""";

    public BenchResult Pay(TestAccount from, AccountId to, UInt128 units) => Bench.Run("accounts.transfer", Transfer(to, Euro, units), from);

    /// <summary>Runs a rule as the contract "probe" would in an action that these accounts sign.</summary>
    public BenchResult InProbe(Func<ExecutionContext, Refusal?> rule, params IReadOnlyList<TestAccount> signers)
    {
        Probe.Rule = rule;
        return Bench.Run("probe.run", "{}", signers);
    }
}
