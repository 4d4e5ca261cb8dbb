using System.Diagnostics;

namespace Counterfoil.Simulator.Consensus;

/// <summary>What many schedules came to.</summary>
/// <param name="FirstSeed">The first seed.</param>
/// <param name="Seeds">How many seeds were played.</param>
/// <param name="Heights">Heights decided, of all schedules.</param>
/// <param name="Events">Events of all schedules.</param>
/// <param name="Faults">How often each kind of fault happened.</param>
/// <param name="Forks">Heights with two decided blocks: must be 0.</param>
/// <param name="DoubleSignatures">Contradictions that an honest validator signed: must be 0.</param>
/// <param name="Stuck">Schedules that did not go on after all faults were over: must be 0.</param>
/// <param name="Violations">Everything that must not happen and did, these three included.</param>
/// <param name="Failures">The first schedules with a violation, at most <see cref="ConsensusCampaign.LargestFailures"/>, by seed.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record ConsensusCampaignResult(
    ulong FirstSeed, long Seeds, long Heights, long Events, IReadOnlyDictionary<FaultKind, long> Faults, long Forks, long DoubleSignatures,
    long Stuck, long Violations, IReadOnlyList<ConsensusOutcome> Failures, double Seconds);

/// <summary>Plays a range of seeds, one thread a schedule.</summary>
public static class ConsensusCampaign
{
    /// <summary>No more failures are kept.</summary>
    public const int LargestFailures = 20;

    private const int SeedsOfAStep = 256;

    /// <summary>Plays the seeds from the first on.</summary>
    /// <param name="firstSeed">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="threads">How many at the same time.</param>
    /// <param name="progress">Is told how many are done, now and then.</param>
    /// <param name="cancellation">Ends it early: what was played until then is the result.</param>
    public static ConsensusCampaignResult Run(
        ulong firstSeed, long count, int threads = 1, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Run(firstSeed, count, threads, progress, new ConsensusScenario(), cancellation);

    internal static ConsensusCampaignResult Run(
        ulong firstSeed, long count, int threads, IProgress<long>? progress, ConsensusScenario scenario, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var clock = Stopwatch.StartNew();
        var total = new Sum();
        long next = 0;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            while (!cancellation.IsCancellationRequested)
            {
                var start = Interlocked.Add(ref next, SeedsOfAStep) - SeedsOfAStep;
                if (start >= count)
                    return;
                var part = new Sum();
                for (var i = start; i < Math.Min(count, start + SeedsOfAStep) && !cancellation.IsCancellationRequested; i++)
                    part.Add(ConsensusSimulation.Run(unchecked(firstSeed + (ulong)i), scenario, isTracing: false));
                long done;
                lock (total)
                {
                    total.Add(part);
                    done = total.Seeds;
                }
                progress?.Report(done);
            }
        });
        return total.ToResult(firstSeed, clock.Elapsed.TotalSeconds);
    }

    private sealed class Sum
    {
        private readonly long[] faults = new long[Enum.GetValues<FaultKind>().Length];
        private readonly List<ConsensusOutcome> failures = [];
        private long heights, events, forks, doubleSignatures, stuck, violations;

        public long Seeds { get; private set; }

        public void Add(ConsensusOutcome outcome)
        {
            Seeds++;
            heights += outcome.Heights;
            events += outcome.Events;
            forks += outcome.Forks;
            doubleSignatures += outcome.DoubleSignatures;
            stuck += outcome.Stuck;
            violations += outcome.Violations.Count;
            for (var i = 0; i < faults.Length; i++)
                faults[i] += outcome.Faults[i];
            if (outcome.Violations.Count > 0)
                Keep([outcome]);
        }

        public void Add(Sum part)
        {
            Seeds += part.Seeds;
            heights += part.heights;
            events += part.events;
            forks += part.forks;
            doubleSignatures += part.doubleSignatures;
            stuck += part.stuck;
            violations += part.violations;
            for (var i = 0; i < faults.Length; i++)
                faults[i] += part.faults[i];
            Keep(part.failures);
        }

        public ConsensusCampaignResult ToResult(ulong firstSeed, double seconds) => new(
            firstSeed, Seeds, heights, events,
            Enum.GetValues<FaultKind>().Where(kind => kind != FaultKind.None).ToDictionary(kind => kind, kind => faults[(int)kind]),
            forks, doubleSignatures, stuck, violations, failures, seconds);

        private void Keep(IEnumerable<ConsensusOutcome> more)
        {
            failures.AddRange(more);
            failures.Sort((left, right) => left.Seed.CompareTo(right.Seed));
            if (failures.Count > LargestFailures)
                failures.RemoveRange(LargestFailures, failures.Count - LargestFailures);
        }
    }
}
