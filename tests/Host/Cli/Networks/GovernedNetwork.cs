using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Tests.Cli.Networks;

/// <summary>What was proposed on a network of processes, and how it must end.</summary>
internal sealed record SentProposal(ProposalId Id, Timestamp Stop, Timestamp Trigger, long Value, bool Passes);

/// <summary>Two members, one of whom has enough to decide; what they send goes to whichever node answers.</summary>
internal sealed class GovernedNetwork : IDisposable
{
    public const string Parameter = "sponsor_quota";
    public const int Supply = 1_000, LargeShare = 700, Deposit = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly EphemeralSigningKey large = EphemeralSigningKey.Create(), small = EphemeralSigningKey.Create();
    private Digest<Net> net;

    /// <summary>The proposer's lock, and the vote's.</summary>
    public IEnumerable<LockKey> LocksOf(SentProposal proposal)
    {
        var subject = new byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(subject.AsSpan(16), proposal.Id.Value);
        yield return new LockKey(AccountOf(small), SceneNames.Parameter, LockKind.Deposit, new Digest<LockSubject>(subject));
        yield return new LockKey(AccountOf(large), SceneNames.Parameter, LockKind.Vote, new Digest<LockSubject>(subject));
    }

    /// <summary>Writes the home's configuration, from which the genesis document is made.</summary>
    public void Configure(string home)
    {
        Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var accounts = new AccountsGenesis([new GenesisAccount(large.PublicKey), new GenesisAccount(small.PublicKey)]);
        var governance = new GovernanceGenesis(
            [AccountOf(large)], [new SceneMessage(SceneNames.Parameter, Deposit, Deposit, 20, 51, 1, 1, 60)], Supply,
            [new GovernanceShare(AccountOf(large), LargeShare), new GovernanceShare(AccountOf(small), Supply - LargeShare)]);
        File.WriteAllText(Path.Combine(home, "config.json"), JsonSerializer.Serialize(new
        {
            name = "governed",
            rate_limits = new { enabled = false },
            genesis = new
            {
                contracts = new
                {
                    accounts = JsonSerializer.SerializeToElement(accounts, AccountsJson.Instance.AccountsGenesis),
                    governance = JsonSerializer.SerializeToElement(governance, GovernanceJson.Instance.GovernanceGenesis),
                },
            },
        }));
    }

    /// <summary>Proposes a value for the parameter and has the large member vote on it.</summary>
    public async Task<SentProposal> DecideAsync(ProcessNetwork network, long value, bool passes, TimeSpan untilStop, TimeSpan untilTrigger)
    {
        using var node = new NodeClient(network.AddressOf(0));
        net = (await node.GetStatusAsync()).Net;
        var id = new ProposalId((UInt128)Random.Shared.NextInt64(1, long.MaxValue));
        var text = Encoding.UTF8.GetBytes($"text of {id}");
        var stop = Timestamp.FromSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()) + untilStop;
        var proposal = new SentProposal(id, stop, stop + untilTrigger, value, passes);
        var digest = Digest<Attachment>.Of(text);
        var message = new ProposeMessage(
            id, SceneNames.Parameter, $"Set it to {value}", digest, new ProposalArgs(51, stop.UnixSeconds),
            new ProposalTrigger(
                proposal.Trigger.UnixSeconds, "governance.set_parameter",
                JsonSerializer.SerializeToElement(new SetParameterMessage(Parameter, value), GovernanceJson.Instance.SetParameterMessage),
                [RowName.Of("governance.parameters", new TextKey(Parameter))]));
        var vote = new VoteMessage(id, passes ? "yes" : "no", LargeShare - Deposit);
        await SendAsync(
            node, small, "governance.propose", JsonSerializer.SerializeToUtf8Bytes(message, GovernanceJson.Instance.ProposeMessage),
            new AttachmentContent(digest, text, []));
        await SendAsync(node, large, "governance.vote", JsonSerializer.SerializeToUtf8Bytes(vote, GovernanceJson.Instance.VoteMessage));
        return proposal;
    }

    public void Dispose()
    {
        large.Dispose();
        small.Dispose();
    }

    private async Task SendAsync(NodeClient node, EphemeralSigningKey key, string action, byte[] argument, params IReadOnlyList<AttachmentContent> attachments)
    {
        using var patience = new CancellationTokenSource(Patience);
        var draft = TransactionDraft.Create(net, AccountOf(key), action, argument, Timestamp.From(DateTimeOffset.UtcNow), TimeSpan.FromSeconds(30));
        var answer = (await node.SubmitAsync([new Submission(TransactionSigner.Sign(draft, key), attachments)], patience.Token))[0];
        Assert.True(answer.IsAccepted, $"{action}: {answer.Code}");
    }

    private static AccountId AccountOf(EphemeralSigningKey key) => AccountId.Of(key.PublicKey);
}
