using System.Text.Json;
using System.Text.Json.Nodes;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Simulator.FullStack;

namespace Counterfoil.Simulator.Governance;

/// <summary>Who decides: one member with more than half of the token who proposes nothing, and others whose deposits may burn.</summary>
internal sealed class Members(SimulatedWorld world)
{
    public const int Deposit = 10;
    public const int QuorumPercent = 20;
    public const int VoteWindowSeconds = 1;
    public const int ParameterDelaySeconds = 1;
    public const int Supply = LargeShare + Small * SmallShare;
    public const int LargeShare = 60_000;

    private const int Small = 5;
    private const int SmallShare = 8_000;
    private const int FirstNumber = 100;

    private int sequence;

    /// <summary>Holds enough for 51 %.</summary>
    public SimulatedClient Large { get; } = new(FirstNumber);

    /// <summary>The others.</summary>
    public IReadOnlyList<SimulatedClient> Others { get; } =
        [.. Enumerable.Range(FirstNumber + 1, Small).Select(number => new SimulatedClient(number))];

    public IEnumerable<SimulatedClient> All => Others.Prepend(Large);

    public static IReadOnlyList<string> Scenes { get; } = [SceneNames.OrdinaryProposal, SceneNames.Parameter];

    /// <summary>The sections of the genesis document.</summary>
    public JsonElement GenesisSections()
    {
        var accounts = world.Workload.Genesis();
        accounts = accounts with
        {
            Accounts =
            [
                .. accounts.Accounts, .. All.Select(member => new GenesisAccount(member.Keys[0].PublicKey)),
                .. world.Nodes.Select(node => new GenesisAccount(NodeKey(node.Index).PublicKey)),
            ],
        };
        var nodes = new CertificatesGenesis(
            [], Parameters: NodeParameters.Default with { NewValidatorWeight = world.Plan.JoinerWeight ?? 1, OpenRequests = 1_000, DailyRequests = 10_000 });
        var governance = new GovernanceGenesis(
            [Large.Account],
            [
                new SceneMessage(SceneNames.OrdinaryProposal, Deposit, Deposit, QuorumPercent, 51, VoteWindowSeconds, 0, 60),
                new SceneMessage(SceneNames.Parameter, Deposit, Deposit, QuorumPercent, 51, VoteWindowSeconds, ParameterDelaySeconds, 60),
            ],
            Supply,
            [new GovernanceShare(Large.Account, LargeShare), .. Others.Select(member => new GovernanceShare(member.Account, SmallShare))]);
        var sections = new JsonObject
        {
            ["accounts"] = JsonSerializer.SerializeToNode(accounts, AccountsJson.Instance.AccountsGenesis),
            ["certificates"] = JsonSerializer.SerializeToNode(nodes, CertificatesJson.Instance.CertificatesGenesis),
            ["governance"] = JsonSerializer.SerializeToNode(governance, GovernanceJson.Instance.GovernanceGenesis),
        };
        using var document = JsonDocument.Parse(sections.ToJsonString());
        return document.RootElement.Clone();
    }

    /// <summary>The key of a node's account, which signs its requests and votes.</summary>
    public static DeterministicSigningKey NodeKey(int node) => SimulatedKeys.SigningKey($"node {node}");

    /// <summary>A member's transaction.</summary>
    public byte[] Sign(SimulatedClient member, string action, ReadOnlySpan<byte> argument) => Sign(member.Keys[0], action, argument);

    /// <summary>The transaction of whoever has the first key of its account.</summary>
    public byte[] Sign(ISigningKey key, string action, ReadOnlySpan<byte> argument)
    {
        var draft = TransactionDraft.Create(
            world.Genesis.Net, AccountId.Of(key.PublicKey), action, argument, world.Time, TimeSpan.FromSeconds(20), jti: $"g{++sequence}");
        return TransactionSigner.Sign(draft, key);
    }
}
