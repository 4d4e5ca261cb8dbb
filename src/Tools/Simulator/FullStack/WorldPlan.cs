using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.FullStack;

/// <summary>What a test fixes of a world; everything else is drawn from the seed.</summary>
internal sealed record WorldScenario
{
    public IReadOnlyList<long>? Weights { get; init; }

    /// <summary>How many validators lie; may be more than the agreement bears.</summary>
    public int? Liars { get; init; }

    /// <summary>No disk makes what the validator's log flushes durable, and all promise it: what the log is there to prevent.</summary>
    public bool IsLogFlushSkipped { get; init; }

    /// <summary>What a canary breaks on purpose.</summary>
    public AgreementRules Rules { get; init; } = AgreementRules.Published;

    /// <summary>Whether links come and go all the time; null if the seed says it. With either, nothing else stops a node.</summary>
    public bool? IsStormy { get; init; }

    /// <summary>Liars show one block to one half of the others and its twin to the other, and do nothing else.</summary>
    public bool AreLiarsSplitting { get; init; }

    public int Heights { get; init; } = 20;

    /// <summary>Members decide by proposals, and nodes are admitted and put out by votes.</summary>
    public bool IsGoverned { get; init; }
}

/// <summary>A world's frame, drawn from its seed.</summary>
internal sealed class WorldPlan
{
    private static readonly long[][] Uneven = [[2, 1], [3, 2, 1], [40, 30, 20, 10], [5, 3, 2, 2, 1], [10, 9, 8, 7, 6, 5], [4, 4, 3, 3, 2, 2, 1]];

    // Long enough for several decisions one after another while there are faults.
    private const long GovernedMicroseconds = 5_000_000;

    public WorldPlan(WorldScenario scenario, SimulationRandom random)
    {
        Scenario = scenario;
        Weights = scenario.Weights ?? (random.Chance(750)
            ? [.. Enumerable.Repeat(1L, random.Pick<int>([1, 2, 3, 4, 4, 4, 4, 4, 5, 5, 6, 7]))]
            : random.Pick(Uneven));
        DrawChanges(random);
        DrawFaulty(random);
        HealMicroseconds = random.Between(3_000, 6_000) * 1_000L + (scenario.IsGoverned ? GovernedMicroseconds : 0);
        Loss = random.Pick<int>([0, 0, 20, 100, 300]);
        Duplicate = random.Pick<int>([0, 0, 30, 200]);
        Late = random.Pick<int>([10, 10, 50, 200]);
        LatenessMicroseconds = random.Pick<int>([200, 600, 1_500]) * 1_000;
        BreaksPerSecond = random.Pick<int>([1, 1, 1, 3]);
        Partitions = Weights.Count > 1 ? random.Pick<int>([0, 0, 1, 2]) : 0;
        Crashes = random.Pick<int>([1, 1, 2, 4, 8]);
        FullDisks = Weights.Count > 1 ? random.Pick<int>([0, 0, 1]) : 1;
        // Who decides alone would carry the ledger's time away with its own.
        SkewedClocks = Weights.Count > 1 ? random.Pick<int>([0, 0, 1]) : 0;
        HasDrift = Weights.Count == 1 || random.Chance(300);
        Mischief = random.Pick<int>([50, 150, 400]);
        MaximumBlockTransactions = random.Pick<int>([2, 4, 64]);
        // Else hardly anything is due while enough of them are up.
        if (scenario.IsGoverned && random.Chance(600))
            (Loss, Late, Crashes, Partitions, FullDisks, BreaksPerSecond) = (0, 10, 0, 0, 0, 0);
        BlocksWorthASnapshot = random.Pick<int>([2, 3, 6]);
        IsStormy = scenario.IsStormy ?? Weights.Count > 1 && random.Chance(100);
        HasStops = !IsStormy && scenario.IsStormy is null;
        if (scenario.AreLiarsSplitting)
            Mischief = 0;
        if (HasStops)
            return;
        (JoinerWeight, Leaver, Forgetful) = (null, null, null);
        (Crashes, FullDisks, SkewedClocks, Partitions, BreaksPerSecond) = (0, 0, 0, 0, 0);
        HealMicroseconds = 10_000_000;
    }

    public WorldScenario Scenario { get; }

    /// <summary>Of the first validators.</summary>
    public IReadOnlyList<long> Weights { get; }

    /// <summary>The weight of the node that joins, or null.</summary>
    public long? JoinerWeight { get; private set; }

    /// <summary>The validator that leaves after the other joined, or null.</summary>
    public int? Leaver { get; private set; }

    /// <summary>Nodes: the first validators and the one that joins.</summary>
    public int Nodes => Weights.Count + (JoinerWeight is null ? 0 : 1);

    /// <summary>Who lies.</summary>
    public HashSet<int> Liars { get; } = [];

    /// <summary>Whose disk loses flushes.</summary>
    public int? Forgetful { get; private set; }

    /// <summary>When faults end. Liars go on lying.</summary>
    public long HealMicroseconds { get; }

    /// <summary>Links come and go all the time, and nothing else stops a node: what a weakened agreement forks of.</summary>
    public bool IsStormy { get; }

    /// <summary>Nodes stop and start, and other connections break.</summary>
    public bool HasStops { get; }

    public int Loss { get; }

    public int Duplicate { get; }

    public int Late { get; }

    public int LatenessMicroseconds { get; }

    public int BreaksPerSecond { get; }

    public int Partitions { get; }

    public int Crashes { get; }

    public int FullDisks { get; }

    public int SkewedClocks { get; }

    public bool HasDrift { get; }

    /// <summary>What a liar does to its messages, times in a thousand.</summary>
    public int Mischief { get; }

    public int MaximumBlockTransactions { get; }

    /// <summary>From how many blocks behind a node asks for a snapshot.</summary>
    public int BlocksWorthASnapshot { get; }

    /// <summary>Counts as faulty: nothing is expected of it, and what it signs may contradict itself.</summary>
    public bool IsFaulty(int node) => Liars.Contains(node) || Forgetful == node;

    /// <summary>Every second of those who do not lie.</summary>
    public bool IsOtherHalf(int node) => Enumerable.Range(0, node).Count(each => !Liars.Contains(each)) % 2 == 1;

    /// <summary>The validators' weights in each of the sets that the plan runs through, by node.</summary>
    private IEnumerable<Dictionary<int, long>> Sets()
    {
        var set = Enumerable.Range(0, Weights.Count).ToDictionary(node => node, node => Weights[node]);
        yield return set;
        if (JoinerWeight is not { } joining)
            yield break;
        set = new Dictionary<int, long>(set) { [Weights.Count] = joining };
        yield return set;
        if (Leaver is not { } leaver)
            yield break;
        set = new Dictionary<int, long>(set);
        set.Remove(leaver);
        yield return set;
    }

    /// <summary>The validators with their weights after so many changes.</summary>
    public Dictionary<int, long> SetAfter(int changes) => Sets().ElementAt(changes);

    /// <summary>How many changes there are.</summary>
    public int Changes => Sets().Count() - 1;

    private void DrawChanges(SimulationRandom random)
    {
        if (Weights.Count > 6 || !random.Chance(350))
            return;
        JoinerWeight = random.Pick(Weights);
        if (Weights.Count > 1 && random.Chance(500))
            Leaver = random.Below(Weights.Count);
    }

    private void DrawFaulty(SimulationRandom random)
    {
        var wanted = Scenario.Liars ?? (random.Chance(350) ? 0 : 2);
        for (var attempt = 0; attempt < 2 * Weights.Count && Liars.Count < wanted; attempt++)
        {
            var node = random.Below(Weights.Count);
            if (Scenario.Liars is not null || IsBorne(node))
                Liars.Add(node);
        }
        var forgetful = random.Below(Weights.Count);
        if (random.Chance(200) && IsBorne(forgetful))
            Forgetful = forgetful;
    }

    private bool IsBorne(int node) => Sets().All(set =>
        (set.Where(pair => IsFaulty(pair.Key) || pair.Key == node).Sum(pair => pair.Value)) <= (set.Values.Sum() - 1) / 3);
}
