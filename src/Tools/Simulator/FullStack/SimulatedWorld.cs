using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Simulator.Governance;

namespace Counterfoil.Simulator.FullStack;

/// <summary>
/// Several real nodes with real contracts, signatures and VRF proofs under a schedule drawn from a seed: one thread, an order of events, simulated clocks,
/// disks and networks, and up to f of the weight lying. The same seed gives the same world.
/// </summary>
internal sealed partial class SimulatedWorld
{
    private const long LongestMicroseconds = 400_000_000;
    private const long LongestEvents = 400_000;

    private readonly PriorityQueue<Action, (long, long)> queue = new();
    private readonly long[] faults = new long[Enum.GetValues<WorldFault>().Length];
    private readonly Dictionary<AccountId, int> byAccount = [];
    private readonly ulong seed;
    private long sequence;

    public SimulatedWorld(ulong seed, WorldScenario scenario, bool isTracing)
    {
        this.seed = seed;
        Random = new SimulationRandom(seed);
        Plan = new WorldPlan(scenario, Random);
        Trace = new WorldTrace(isTracing);
        Checker = new WorldChecker(this);
        Nodes = [.. Enumerable.Range(0, Plan.Nodes).Select(index => new SimulatedNode(this, index))];
        foreach (var node in Nodes)
        {
            byAccount.Add(node.Account, node.Index);
            if (Plan.Liars.Contains(node.Index))
                node.Liar = new Liar(this, node);
            if (!scenario.IsLogFlushSkipped)
                continue;
            node.Disk.Tears = false;
            node.Disk.LosesFlush = static name => name.StartsWith("consensus", StringComparison.Ordinal);
        }
        Links = new Links(this, Nodes.Count);
        Workload = new Workload(this);
        Governed = scenario.IsGoverned ? new GovernedWorld(this) : null;
        Genesis = MakeGenesis();
    }

    public long Now { get; private set; }

    public SimulationRandom Random { get; }

    public WorldPlan Plan { get; }

    public WorldTrace Trace { get; }

    public WorldChecker Checker { get; }

    public IReadOnlyList<SimulatedNode> Nodes { get; }

    public Links Links { get; }

    public Workload Workload { get; }

    /// <summary>What members and nodes decide; null where nothing is decided.</summary>
    public GovernedWorld? Governed { get; }

    public Genesis Genesis { get; }

    /// <summary>The second blocks that liars made for a height and round; all liars know them.</summary>
    public Dictionary<(long Height, int Round), ProposedBlock?> Twins { get; } = [];

    public long Events { get; private set; }

    /// <summary>Faults are over; liars go on.</summary>
    public bool IsHealed { get; private set; }

    public IEnumerable<SimulatedNode> Honest => Nodes.Where(node => !Plan.IsFaulty(node.Index));

    public int NodeOf(AccountId account) => byAccount[account];

    public Timestamp Time => Timestamp.From(SimulatedClock.TimeOfDay(Now));

    public void After(long microseconds, Action action) => queue.Enqueue(action, (Now + microseconds, sequence++));

    public void Count(WorldFault fault, int times = 1)
    {
        faults[(int)fault] += times;
        if (times > 0)
            Trace.Note(Now, (int)fault, 4, times);
    }

    public WorldOutcome Run()
    {
        try
        {
            Play();
        }
        catch (Exception fault)
        {
            // Whatever a node lets escape is a finding, and its seed must be known.
            Checker.Violate($"it threw {fault.GetType().Name}: {fault.Message}");
        }
        return Checker.ToOutcome(seed, faults, Events) with { Governed = Governed?.ToFigures() };
    }

    private void Play()
    {
        Begin();
        while (!IsOver && queue.TryDequeue(out var action, out var key))
        {
            Now = key.Item1;
            Events++;
            if (Now > LongestMicroseconds || Events > LongestEvents)
            {
                Checker.BeStuck($"it does not end: height {Checker.Height}, {Events} events, {Now / 1_000_000} s");
                break;
            }
            action();
        }
        new Auditor(this).AuditAtTheEnd();
    }

    public void Deliver(int from, int to, ReadOnlyMemory<byte> message)
    {
        var node = Nodes[to];
        Trace.Note(Now, from, 5, to);
        if (node.Network?.Listener is not { } listener || node.Liar?.Ignores(message) == true)
            return;
        if (Trace.IsWritten)
            Trace.Write(Now, $"n{to} hears n{from}: {MessageText.Of(message)}");
        node.Do(_ => listener.Received(Nodes[from].Account, message));
    }

    private Genesis MakeGenesis() => Genesis.Create(new GenesisDocument
    {
        Format = 1,
        Name = "simulated",
        TimeMilliseconds = new Timestamp(Time.UnixMilliseconds).UnixMilliseconds - 3_600_000,
        Rules = 1,
        Validators = [.. Plan.SetAfter(0).Select(pair => Nodes[pair.Key].Entry(pair.Value))],
        Parameters = new LedgerParameters
        {
            CheckpointIntervalBlocks = 5,
            CheckpointIntervalSeconds = Governed is null ? 10 : 2,
            MaximumBlockTransactions = Plan.MaximumBlockTransactions,
        },
        Contracts = Governed?.GenesisSections() ?? JsonSerializer.SerializeToElement(
            new Dictionary<string, AccountsGenesis> { ["accounts"] = Workload.Genesis() }, WorldJson.Instance.DictionaryStringAccountsGenesis),
    });
}
