using System.Globalization;
using System.Text;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Governance;

/// <summary>
/// Alice with 600, Bob with 300, Carol with 100 of 1,000 governance tokens; every scene with deposit 10, quorum 40 %, an hour to
/// vote, ten minutes' delay. Dora holds none. A committee of Alice, Bob and Carol, two of whom pause.
/// </summary>
internal sealed class GovernanceWorld
{
    public const int VoteWindow = 3_600;
    public const int Delay = 600;

    private static readonly string[] SceneList =
    [
        SceneNames.OrdinaryProposal, SceneNames.Parameter, SceneNames.ContractUpgrade, SceneNames.ValidatorElection, SceneNames.Treasury,
        SceneNames.Emergency, SceneNames.Reclaim,
    ];

    private uint sequence;

    public GovernanceWorld(
        Func<KernelContracts, Contract>? extra = null, Func<KernelContracts>? kernel = null, bool withToken = true, string ownParameters = "",
        IReadOnlyList<(TestAccount Account, UInt128 Units)>? shares = null, UInt128? deposit = null, int quorum = 40)
    {
        shares ??= [(Alice, 600), (Bob, 300), (Carol, 100)];
        Probe = new ProbeContract();
        var sceneTexts = SceneList.Select(scene => Scene(scene, deposit ?? 10, quorum));
        var token = withToken ? $$""","supply":"{{Sum(shares)}}","distribution":{{Distribution(shares)}}""" : "";
        var section = $$"""
            ,"governance":{"founders":["{{Alice}}","{{Bob}}"],"scenes":[{{string.Join(",", sceneTexts)}}]{{token}},
            "committee":{"members":["{{Alice}}","{{Bob}}","{{Carol}}"],"threshold":2},"parameters":{{{ownParameters}}} }
            """;
        TestAccount[] everybody = [Alice, Bob, Carol, Dora, .. shares.Select(share => share.Account)];
        Bench = new ContractBench(
            ContractBench.GenesisOf(
                everybody.DistinctBy(account => account.Id),
                $$"""{"issuer":"{{Dora}}","code":"EUR","name":"Euro","decimals":2,"cap":"1000000","transferable":true,"shieldable":false}""",
                $$"""{"account":"{{Dora}}","asset":"EUR","units":"1000"}""",
                section),
            extra: kernel => Extra = extra is null ? Probe : extra(kernel),
            kernel: kernel);
    }

    public TestAccount Alice { get; } = new("alice");

    public TestAccount Bob { get; } = new("bob");

    public TestAccount Carol { get; } = new("carol");

    public TestAccount Dora { get; } = new("dora");

    public ContractBench Bench { get; }

    public ProbeContract Probe { get; }

    /// <summary>The contract that was added; the newest one after a replay.</summary>
    public Contract? Extra { get; private set; }

    public GovernanceContract Governance => Bench.Kernel.Governance;

    public Digest<Asset> Euro => Asset.IdOf(Dora.Id, "EUR");

    public long Now => Bench.Time.UnixSeconds;

    public static string Scene(string scene, UInt128 deposit, int quorum = 40, int pass = 51, UInt128? hold = null) => $$"""
        {"scene":"{{scene}}","min_hold_to_propose":"{{hold ?? 10}}","deposit":"{{deposit}}","quorum_percent":{{quorum}},"pass_percent":{{pass}},
        "vote_window":{{VoteWindow}},"delay":{{Delay}},"requeue_window":7200}
        """;

    public static string Distribution(IReadOnlyList<(TestAccount Account, UInt128 Units)> shares) =>
        "[" + string.Join(",", shares.Select(share => $$"""{"account":"{{share.Account}}","amount":"{{share.Units}}"}""")) + "]";

    public static string ParameterRead(string name) => Read("governance.parameters", new TextKey(name));

    public static string Read<TKey>(string table, TKey key)
        where TKey : struct, IStateKey<TKey> => $$"""{"table":"{{table}}","key":"{{RowName.Of(table, key).Key}}"}""";

    public static string SetParameter(string name, long value) => $$"""{"name":"{{name}}","value":{{value}}}""";

    public ProposalId NextId() => new((UInt128)(++sequence));

    /// <summary>A proposal as it should be; each part can be another.</summary>
    public BenchResult Propose(
        ProposalId id, TestAccount by, string scene, string act, string arg, string reads = "", long? stop = null, long? trigger = null, int percent = 51,
        string more = "")
    {
        var text = Encoding.UTF8.GetBytes($"text of {id}");
        var end = stop ?? Now + 1 + VoteWindow;
        return Bench.RunWith(
            "governance.propose",
            $$"""
            {"proposal":"{{id}}","scene":"{{scene}}","title":"A title","text_digest":"{{Digest<Attachment>.Of(text)}}",
            "args":{"min_vote_percent":{{percent}},"stop_vote_time":{{end}}},
            "trigger":{"time":{{trigger ?? end + Delay}},"act":"{{act}}","arg":{{arg}},"reads":[{{reads}}]}{{more}}}
            """,
            text,
            by);
    }

    /// <summary>A proposal to change a parameter, accepted.</summary>
    public ProposalId ProposeParameter(string name, long value, TestAccount? by = null)
    {
        var id = NextId();
        Assert.Equal("accepted", Propose(id, by ?? Alice, SceneNames.Parameter, "governance.set_parameter", SetParameter(name, value), ParameterRead(name)).Code);
        return id;
    }

    /// <summary>A proposal whose effect is its text, accepted.</summary>
    public ProposalId ProposeOrdinary(TestAccount? by = null, int percent = 51, long? stop = null)
    {
        var id = NextId();
        Assert.Equal("accepted", Propose(id, by ?? Alice, SceneNames.OrdinaryProposal, "governance.resolve", "{}", percent: percent, stop: stop).Code);
        return id;
    }

    public BenchResult Vote(TestAccount by, ProposalId id, string option, UInt128? amount, params IReadOnlyList<(TestAccount Owner, int Units)> others)
    {
        var own = amount is { } units ? $$""","amount":"{{units}}" """ : "";
        var more = others.Count == 0
            ? ""
            : $$""","for":[{{string.Join(",", others.Select(other => $$"""{"owner":"{{other.Owner}}","amount":"{{other.Units}}"}"""))}}]""";
        return Bench.Run("governance.vote", $$"""{"proposal":"{{id}}","option":"{{option}}"{{own}}{{more}}}""", by);
    }

    public BenchResult Give(TestAccount from, TestAccount to, UInt128 units) =>
        Bench.Run("governance.transfer", $$"""{"to":"{{to}}","amount":"{{units}}"}""", from);

    public BenchResult DelegateTo(TestAccount owner, TestAccount to, long seconds = 86_400, string scene = SceneNames.OrdinaryProposal) =>
        Bench.Run("governance.delegate", $$"""{"scene":"{{scene}}","to":"{{to}}","until":{{Now + seconds}}}""", owner);

    public BenchResult Pause(TestAccount by, string contract, string incident = "incident 1") =>
        Bench.Run("governance.pause", $$"""{"contract":"{{contract}}","incident":"{{incident}}"}""", by);

    public BenchResult WithId(string action, ProposalId id, TestAccount by) => Bench.Run($"governance.{action}", $$"""{"proposal":"{{id}}"}""", by);

    public BallotRow Ballot(ProposalId id) =>
        Governance.TryGetProposal(id, out _, out var ballot) ? ballot : throw new InvalidOperationException("No such proposal.");

    public ProposalRow Proposal(ProposalId id) =>
        Governance.TryGetProposal(id, out var row, out _) ? row : throw new InvalidOperationException("No such proposal.");

    /// <summary>An empty block at the end of a proposal's vote.</summary>
    public IReadOnlyList<Outcome> ToStop(ProposalId id) => Bench.Advance(Proposal(id).Stop - Bench.Time);

    /// <summary>An empty block when its action is due.</summary>
    public IReadOnlyList<Outcome> ToTrigger(ProposalId id) => Bench.Advance(Ballot(id).Due - Bench.Time);

    /// <summary>All vote yes, it is counted and executed.</summary>
    public IReadOnlyList<Outcome> Pass(ProposalId id, params IReadOnlyList<TestAccount> voters)
    {
        var scene = Proposal(id).Scene;
        foreach (var voter in voters.Count == 0 ? [Alice, Bob] : voters)
            Assert.Equal("accepted", Vote(voter, id, "yes", Governance.AvailableOf(voter.Id, scene)).Code);
        ToStop(id);
        Assert.Equal(ProposalState.Passed, Ballot(id).State);
        // The block in which its votes are cleared.
        Bench.Advance(TimeSpan.FromSeconds(1));
        return ToTrigger(id);
    }

    /// <summary>The codes of what ran, without the clearing of votes.</summary>
    public static string Codes(IReadOnlyList<Outcome> due) => string.Join(" ", due.Select(outcome => outcome.Code ?? outcome.Status));

    public static string Fact(BenchResult result, string name) => result.Facts.Where(fact => fact.Name == name).Select(fact => fact.Value).FirstOrDefault("");

    private static string Sum(IEnumerable<(TestAccount Account, UInt128 Units)> shares) =>
        shares.Aggregate((UInt128)0, (sum, share) => sum + share.Units).ToString(CultureInfo.InvariantCulture);
}
