using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Simulator.FullStack;

/// <summary>What must hold at every moment, of all honest nodes.</summary>
internal sealed class WorldChecker(SimulatedWorld world)
{
    private const int MostViolations = 20;

    private readonly List<string> violations = [];
    private readonly Dictionary<long, FinalBlock> blocks = [];
    private readonly Dictionary<Digest<Transaction>, TransactionPosition> transactions = [];
    private readonly Dictionary<(int Node, string Type, long Height, long Round), string> signed = [];
    private readonly Dictionary<int, long> heights = [];
    private readonly Dictionary<int, (long Height, int Round)> locks = [];
    private readonly Dictionary<int, (long Height, int Round)> signedLocks = [];
    private readonly Dictionary<int, long> snapshots = [];
    private readonly HashSet<int> accused = [];
    private int forks, doubleSignatures, stuck, highestRound;
    private long countedFrom = long.MaxValue;

    /// <summary>The highest final block that an honest node has.</summary>
    public long Height { get; private set; }

    public long LastBlockAt { get; private set; }

    /// <summary>How many of the planned changes of the validators are in force.</summary>
    public int SetsInForce { get; private set; }

    public IReadOnlyDictionary<Digest<Transaction>, TransactionPosition> Transactions => transactions;

    public FinalBlock this[long height] => blocks[height];

    public void Violate(string what)
    {
        world.Trace.Write(world.Now, $"VIOLATION: {what}");
        if (violations.Count < MostViolations)
            violations.Add(what);
    }

    public void BeStuck(string how)
    {
        stuck = 1;
        Violate($"stuck: {how}");
    }

    /// <summary>From this height on the rounds of a height are bounded.</summary>
    public void CountRoundsFrom(long height) => countedFrom = height;

    public void OnSigned(SimulatedNode node, ReadOnlyMemory<byte> data)
    {
        if (world.Plan.IsFaulty(node.Index))
            return;
        var text = Encoding.ASCII.GetString(data.Span);
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (!Base64Url.TryDecode(text.AsSpan(0, dot), out var header) || !Base64Url.TryDecode(text.AsSpan(dot + 1), out var payload))
            throw new InvalidOperationException("A consensus key signed something else than a JWS.");
        var type = JsonDocument.Parse(header).RootElement.GetProperty("typ").GetString()!;
        var said = JsonDocument.Parse(payload).RootElement;
        var (height, round) = (said.GetProperty("height").GetInt64(), said.GetProperty("round").GetInt64());
        world.Trace.Note(world.Now, node.Index, 6, round);
        // Alone nobody hears of a vote before its block is durable.
        if (IsAlone(node, height))
            return;
        var value = Encoding.UTF8.GetString(payload);
        if (!signed.TryAdd((node.Index, type, height, round), value) && signed[(node.Index, type, height, round)] != value)
        {
            doubleSignatures++;
            Violate($"n{node.Index} signed two different {type} of height {height}, round {round}");
        }
        if (type == BlockCertificate.PrecommitType && said.GetProperty("block").ValueKind == JsonValueKind.String
            && (!signedLocks.TryGetValue(node.Index, out var known) || (known.Height, known.Round).CompareTo((height, (int)round)) < 0))
            signedLocks[node.Index] = (height, (int)round);
    }

    public void OnEvidence(SimulatedNode finder, EquivocationEvidence evidence)
    {
        if (!Jws.ParseCompact(evidence.First).TryGet(out var jws))
            return;
        var node = world.Nodes.First(each => Base64Url.Encode(each.ConsensusKey.PublicKey.Thumbprint.ToArray()) == jws.Header.KeyId);
        accused.Add(node.Index);
        if (!world.Plan.IsFaulty(node.Index) && !world.Plan.IsFaulty(finder.Index))
            Violate($"n{finder.Index} has evidence against n{node.Index}, which is honest");
        world.Governed?.OnEvidence(finder, evidence);
    }

    public void OnOpened(SimulatedNode node)
    {
        snapshots[node.Index] = 0;
        if (world.Plan.IsFaulty(node.Index))
        {
            heights[node.Index] = Math.Min(heights.GetValueOrDefault(node.Index), node.Ledger!.Tip.Height);
            return;
        }
        if (node.Ledger!.Tip.Height < heights.GetValueOrDefault(node.Index))
            Violate($"n{node.Index} lost final blocks: it had {heights[node.Index]} and has {node.Ledger.Tip.Height}");
        // What was locked and never said may be forgotten; what was said not.
        locks[node.Index] = signedLocks.GetValueOrDefault(node.Index);
    }

    public void AfterStep(SimulatedNode node)
    {
        var ledger = node.Ledger!;
        if (ledger.Consensus.SnapshotsTaken > snapshots.GetValueOrDefault(node.Index))
        {
            snapshots[node.Index] = ledger.Consensus.SnapshotsTaken;
            world.Count(WorldFault.Snapshot);
            world.Trace.Write(world.Now, $"n{node.Index} took a snapshot and is at {ledger.Tip.Height}");
        }
        var seen = heights.GetValueOrDefault(node.Index);
        if (ledger.Tip.Height != seen)
        {
            heights[node.Index] = ledger.Tip.Height;
            for (var height = seen + 1; height <= ledger.Tip.Height; height++)
                OnFinal(node, height);
            world.Governed?.OnCheckpoint(node);
            OnState(node, ledger.Tip.Height);
            world.Governed?.OnState(node);
        }
        if (world.Trace.IsWritten)
            WriteReasons(node);
        if (world.Plan.IsFaulty(node.Index))
            return;
        CheckLock(node);
        if (ledger.IsHalted)
        {
            Violate($"n{node.Index} has halted: {ledger.Counters.Fault}");
            node.Restart();
        }
    }

    public WorldOutcome ToOutcome(ulong seed, long[] faults, long events) => new(
        seed, world.Plan.Weights.Count, world.Plan.Liars.Count, Height, transactions.Count, highestRound, events, forks, doubleSignatures, stuck,
        violations, faults, world.Trace.Digest)
    {
        Trace = world.Trace.Lines,
        Accused = accused,
        LyingNodes = world.Plan.Liars,
    };

    private readonly Dictionary<(int, string), long> reasons = [];

    private void WriteReasons(SimulatedNode node)
    {
        foreach (var (reason, count) in node.Ledger!.Consensus.InvalidProposals)
            if (reasons.GetValueOrDefault((node.Index, reason)) != count)
            {
                world.Trace.Write(world.Now, $"n{node.Index} finds {reason}");
                reasons[(node.Index, reason)] = count;
            }
    }

    // A block that is open on the state may already name others.
    private static bool IsAlone(SimulatedNode node, long height) =>
        (node.Ledger?.ValidatorsAt(height) ?? (node.Contracts!.Set.System.Validators.TryGet(ValidatorsRow.Key, out var row) ? row.Set : null))
        ?.Validators.Count == 1;

    private void CheckLock(SimulatedNode node)
    {
        if (!node.Ledger!.IsSigning)
            return;
        var memory = node.Ledger.AgreementMemory;
        var before = locks.GetValueOrDefault(node.Index);
        if (signedLocks.GetValueOrDefault(node.Index) is var said && said.CompareTo(before) > 0)
            before = said;
        if (memory.Height == before.Height && memory.LockedRound < before.Round && !IsAlone(node, memory.Height))
            Violate($"n{node.Index} was locked in round {before.Round} of height {memory.Height} and is in {memory.LockedRound}");
        locks[node.Index] = (memory.Height, memory.LockedRound);
    }

    private void OnFinal(SimulatedNode node, long height)
    {
        if (!node.Ledger!.TryReadBlock(height, out var block))
        {
            // A chain that began from a snapshot has no block before it.
            if (node.Ledger.TryReadBlock(1, out _))
                Violate($"n{node.Index} cannot read its block {height}");
            return;
        }
        node.TransactionIndex.Add(block);
        world.Trace.Note(world.Now, node.Index, 7, height);
        world.Trace.Write(world.Now, $"n{node.Index} has block {height} {block.Id.ToString()[..8]} with {block.Leaves.Count} leaves");
        if (blocks.TryGetValue(height, out var known))
        {
            // A node that counts as faulty may have anything; honest ones may not.
            if (known.Block.Id == block.Id || world.Plan.IsFaulty(node.Index))
                return;
            forks++;
            Violate($"fork at height {height}: n{known.Node} and n{node.Index}");
            return;
        }
        if (world.Plan.IsFaulty(node.Index))
            return;
        world.Trace.Note(block.Id.ToArray());
        var round = BlockCertificate.TryParse(block.CertificateBytes, out var certificate) ? certificate.Vote.Round : -1;
        var set = node.Ledger.ValidatorsAt(height)!;
        blocks.Add(height, new FinalBlock(node.Index, block, set));
        (Height, LastBlockAt, highestRound) = (Math.Max(Height, height), world.Now, Math.Max(highestRound, round));
        SetsInForce = Enumerable.Range(0, world.Plan.Changes + 1).Last(changes => changes <= SetsInForce || IsInForce(set, changes));
        if (height >= countedFrom && round >= RoundBound(set))
            BeStuck($"height {height} took {round + 1} rounds, which is more than {RoundBound(set)}");
        for (var index = 0; index < block.Leaves.Count; index++)
            if (!transactions.TryAdd(block.Leaves[index].Id, new TransactionPosition(height, index)))
                Violate($"{block.Leaves[index].Id} was executed twice, at last in block {height}");
        world.Governed?.OnFinal(blocks[height]);
    }

    private bool IsInForce(ValidatorSet set, int changes)
    {
        var planned = world.Plan.SetAfter(changes).Keys.Where(node => world.Governed?.IsSuspended(node) != true).ToList();
        return set.Validators.Count == planned.Count && planned.All(node => set.Find(world.Nodes[node].Account) is not null);
    }

    // The longest run of faulty proposers, one round that was under way, and one with an honest proposer: with equal weights at most f + 2.
    private int RoundBound(ValidatorSet set)
    {
        var (longest, run) = (0, 0);
        for (var position = 0; position < 2 * set.TotalWeight; position++)
        {
            run = world.Plan.IsFaulty(world.NodeOf(ProposerRotation.At(set, position, 0).Account)) ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }
        return longest + 2;
    }

    private void OnState(SimulatedNode node, long height)
    {
        if (!blocks.TryGetValue(height, out var known) || world.Plan.IsFaulty(node.Index))
            return;
        var root = node.Contracts!.Set.State.Root();
        known.Root ??= root;
        if (known.Root != root)
            Violate($"n{node.Index} has another state after height {height}");
    }
}

/// <summary>A final block, as the first honest node had it.</summary>
internal sealed class FinalBlock(int node, StoredBlock block, ValidatorSet validators)
{
    public int Node => node;

    public StoredBlock Block => block;

    public ValidatorSet Validators => validators;

    public Digest<LedgerState>? Root { get; set; }
}
