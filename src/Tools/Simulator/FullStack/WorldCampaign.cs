using System.Diagnostics;
using Counterfoil.Simulator.Governance;

namespace Counterfoil.Simulator.FullStack;

/// <summary>What many worlds came to.</summary>
/// <param name="FirstSeed">The first seed.</param>
/// <param name="Seeds">How many seeds were played.</param>
/// <param name="Heights">Heights reached, of all worlds.</param>
/// <param name="Transactions">Transactions and due work in their blocks.</param>
/// <param name="Events">Events of all worlds.</param>
/// <param name="Faults">How often each kind of fault happened.</param>
/// <param name="Forks">Heights with two final blocks: must be 0.</param>
/// <param name="DoubleSignatures">Contradictions that an honest validator signed: must be 0.</param>
/// <param name="Stuck">Worlds that did not go on after all faults were over: must be 0.</param>
/// <param name="Violations">Everything that must not happen and did, these three included.</param>
/// <param name="Failures">The first worlds with a violation, at most <see cref="WorldCampaign.LargestFailures"/>, by seed.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record WorldCampaignResult(
    ulong FirstSeed, long Seeds, long Heights, long Transactions, long Events, IReadOnlyDictionary<WorldFault, long> Faults, long Forks,
    long DoubleSignatures, long Stuck, long Violations, IReadOnlyList<WorldOutcome> Failures, double Seconds)
{
    /// <summary>What was decided in governed worlds; null for others.</summary>
    public GovernedFigures? Governed { get; init; }

    /// <summary>The fewest heights of a world.</summary>
    public long FewestHeights { get; init; }

    /// <summary>The fewest kinds of fault of a world.</summary>
    public int FewestKindsOfFault { get; init; }
}

/// <summary>Plays a range of seeds, one thread a world.</summary>
public static class WorldCampaign
{
    /// <summary>No more failures are kept.</summary>
    public const int LargestFailures = 20;

    /// <summary>Plays the seeds from the first on.</summary>
    /// <param name="firstSeed">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="threads">How many at the same time.</param>
    /// <param name="progress">Is told how many are done.</param>
    /// <param name="cancellation">Ends it early: what was played until then is the result.</param>
    public static WorldCampaignResult Run(
        ulong firstSeed, long count, int threads = 1, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Run(WorldSimulation.Run, firstSeed, count, threads, progress, cancellation);

    /// <summary>The same with worlds whose members decide by proposals and admit nodes by votes.</summary>
    /// <param name="firstSeed">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="threads">How many at the same time.</param>
    /// <param name="progress">Is told how many are done.</param>
    /// <param name="cancellation">Ends it early: what was played until then is the result.</param>
    public static WorldCampaignResult RunGoverned(
        ulong firstSeed, long count, int threads = 1, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Run(seed => WorldSimulation.RunGoverned(seed), firstSeed, count, threads, progress, cancellation);

    private static WorldCampaignResult Run(
        Func<ulong, WorldOutcome> play, ulong firstSeed, long count, int threads, IProgress<long>? progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var clock = Stopwatch.StartNew();
        var sum = new Sum();
        long next = 0;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            while (!cancellation.IsCancellationRequested && Interlocked.Increment(ref next) - 1 is var index && index < count)
            {
                var outcome = play(unchecked(firstSeed + (ulong)index));
                long done;
                lock (sum)
                    done = sum.Add(outcome);
                progress?.Report(done);
            }
        });
        return sum.ToResult(firstSeed, clock.Elapsed.TotalSeconds);
    }

    private sealed class Sum
    {
        private readonly long[] faults = new long[Enum.GetValues<WorldFault>().Length];
        private readonly List<WorldOutcome> failures = [];
        private GovernedFigures? governed;
        private long seeds, heights, transactions, events, forks, doubleSignatures, stuck, violations;
        private long fewestHeights = long.MaxValue;
        private int fewestKinds = int.MaxValue;

        public long Add(WorldOutcome outcome)
        {
            if (outcome.Governed is { } figures)
                governed = governed?.With(figures) ?? figures;
            heights += outcome.Heights;
            transactions += outcome.Transactions;
            events += outcome.Events;
            forks += outcome.Forks;
            doubleSignatures += outcome.DoubleSignatures;
            stuck += outcome.Stuck;
            violations += outcome.Violations.Count;
            fewestHeights = Math.Min(fewestHeights, outcome.Heights);
            fewestKinds = Math.Min(fewestKinds, outcome.Faults.Count(count => count > 0));
            for (var kind = 0; kind < faults.Length; kind++)
                faults[kind] += outcome.Faults[kind];
            if (outcome.Violations.Count > 0)
            {
                failures.Add(outcome);
                failures.Sort((left, right) => left.Seed.CompareTo(right.Seed));
                if (failures.Count > LargestFailures)
                    failures.RemoveAt(LargestFailures);
            }
            return ++seeds;
        }

        public WorldCampaignResult ToResult(ulong firstSeed, double seconds) => new(
            firstSeed, seeds, heights, transactions, events,
            Enum.GetValues<WorldFault>().Where(kind => kind != WorldFault.None).ToDictionary(kind => kind, kind => faults[(int)kind]),
            forks, doubleSignatures, stuck, violations, failures, seconds)
        {
            Governed = governed,
            FewestHeights = seeds == 0 ? 0 : fewestHeights,
            FewestKindsOfFault = seeds == 0 ? 0 : fewestKinds,
        };
    }
}
