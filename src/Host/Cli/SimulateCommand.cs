using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Counterfoil.Simulator.Consensus;
using Counterfoil.Simulator.FullStack;

namespace Counterfoil.Host.Cli;

/// <summary><c>simulate</c>: plays validators under faults and liars, drawn from seeds, and checks that they never disagree and always go on.</summary>
internal sealed class SimulateCommand : CliCommand
{
    private const string Mixed = "mixed";
    private const string Governance = "governance";

    private readonly Option<long> seeds = new("--seeds") { Description = "How many seeds", DefaultValueFactory = _ => 100 };
    private readonly Option<ulong> first = new("--first") { Description = "The first seed", DefaultValueFactory = _ => 1 };
    private readonly Option<int> threads = new("--threads")
    {
        Description = "Seeds at the same time",
        DefaultValueFactory = _ => 2,
    };

    private readonly Option<bool> consensusOnly = new("--consensus-only")
    {
        Description = "Play the agreement alone, without ledger and signatures: far more seeds",
    };

    private readonly Option<string> scenario = new("--scenario")
    {
        Description = "mixed: payments, rights, joins and leaves; governance: proposals, votes and nodes admitted by votes, with faults when they are due",
        DefaultValueFactory = _ => Mixed,
    };

    private readonly Option<ulong?> seed = new("--seed") { Description = "Play this seed alone and write down what happens" };

    public SimulateCommand()
        : base("simulate", "Play validators under faults and liars, drawn from seeds, and check them")
    {
        Options.Add(seeds);
        Options.Add(first);
        Options.Add(threads);
        Options.Add(consensusOnly);
        Options.Add(scenario.AcceptOnlyFromAmong(Mixed, Governance));
        Options.Add(seed);
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        if (parsed.GetValue(seeds) is < 1 or > 100_000_000 || parsed.GetValue(threads) is < 1 or > 256)
            throw new CliException("usage", "Seeds are 1 to 100000000, threads 1 to 256.");
        var isConsensusOnly = parsed.GetValue(consensusOnly);
        var isGoverned = parsed.GetValue(scenario) == Governance;
        if (isConsensusOnly && isGoverned)
            throw new CliException("usage", "The agreement alone decides nothing: leave --consensus-only or --scenario out.");
        if (parsed.GetValue(seed) is { } one)
            return Task.FromResult(Show(isConsensusOnly ? Replay(ConsensusSimulation.Replay(one))
                : Replay(isGoverned ? WorldSimulation.RunGoverned(one, isTracing: true) : WorldSimulation.Replay(one)), terminal));
        var count = parsed.GetValue(seeds);
        var progress = new ProgressLine(terminal, count);
        var summary = isConsensusOnly
            ? Summarise(ConsensusCampaign.Run(parsed.GetValue(first), count, parsed.GetValue(threads), progress, cancellation))
            : isGoverned ? Summarise(WorldCampaign.RunGoverned(parsed.GetValue(first), count, parsed.GetValue(threads), progress, cancellation))
            : Summarise(WorldCampaign.Run(parsed.GetValue(first), count, parsed.GetValue(threads), progress, cancellation));
        terminal.EndProgress();
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(Show(summary, terminal));
    }

    private static Summary Summarise(ConsensusCampaignResult result) => new(
        result.Violations == 0, result.Seeds, result.Heights, Named(result.Faults), result.Forks, result.DoubleSignatures, result.Stuck, result.Violations,
        [.. result.Failures.Select(failure => new Failure(failure.Seed, failure.Violations))], Math.Round(result.Seconds, 3));

    private static Summary Summarise(WorldCampaignResult result) => new(
        result.Violations == 0, result.Seeds, result.Heights, Named(result.Faults), result.Forks, result.DoubleSignatures, result.Stuck, result.Violations,
        [.. result.Failures.Select(failure => new Failure(failure.Seed, failure.Violations))], Math.Round(result.Seconds, 3));

    private static Played Replay(ConsensusOutcome outcome) => new(
        outcome.Violations.Count == 0, outcome.Seed, outcome.Heights, outcome.TraceDigest, outcome.Violations, outcome.Trace);

    private static Played Replay(WorldOutcome outcome) => new(
        outcome.Violations.Count == 0, outcome.Seed, outcome.Heights, outcome.TraceDigest, outcome.Violations, outcome.Trace);

    private static Dictionary<string, long> Named<T>(IReadOnlyDictionary<T, long> faults)
        where T : struct, Enum =>
        faults.ToDictionary(fault => JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.Key.ToString()), fault => fault.Value);

    private static int Show(Played played, Terminal terminal)
    {
        if (terminal.IsJson)
        {
            terminal.WriteJson(played);
        }
        else
        {
            foreach (var line in played.Trace)
                terminal.WriteLine(line);
            terminal.WriteLine($"Seed {played.Seed}: {played.Heights} heights, digest {played.TraceDigest}");
        }
        Note(played.Seed, played.Violations, terminal);
        return played.Ok ? Succeeded : Failed;
    }

    private static int Show(Summary summary, Terminal terminal)
    {
        if (terminal.IsJson)
        {
            terminal.WriteJson(summary);
        }
        else
        {
            terminal.WritePairs(
            [
                ("seeds", Terminal.Number(summary.Seeds)),
                ("heights", Terminal.Number(summary.Heights)),
                .. summary.Faults.Select(fault => (fault.Key.Replace('_', ' '), Terminal.Number(fault.Value))),
                ("forks", Terminal.Number(summary.Forks)),
                ("double signatures", Terminal.Number(summary.DoubleSignatures)),
                ("stuck", Terminal.Number(summary.Stuck)),
            ]);
            terminal.WriteLine(summary.Ok
                ? $"They agreed and went on with every seed. {Terminal.Number(summary.Seconds, 1)} s"
                : $"{Terminal.Number(summary.Violations)} things happened that must not.");
        }
        foreach (var failure in summary.Failures)
            Note(failure.Seed, failure.Violations, terminal);
        return summary.Ok ? Succeeded : Failed;
    }

    private static void Note(ulong seed, IReadOnlyList<string> violations, Terminal terminal)
    {
        foreach (var violation in violations)
            terminal.WriteNote($"counterfoil: Seed {seed}: {violation.ReplaceLineEndings(" ")} (violation)");
    }

    private sealed record Summary(
        bool Ok, long Seeds, long Heights, IReadOnlyDictionary<string, long> Faults, long Forks, long DoubleSignatures, long Stuck, long Violations,
        IReadOnlyList<Failure> Failures, double Seconds);

    private sealed record Failure(ulong Seed, IReadOnlyList<string> Violations);

    private sealed record Played(bool Ok, ulong Seed, long Heights, string TraceDigest, IReadOnlyList<string> Violations, IReadOnlyList<string> Trace);

    private sealed class ProgressLine(Terminal terminal, long count) : IProgress<long>
    {
        private readonly Stopwatch clock = Stopwatch.StartNew();
        private readonly Lock gate = new();
        private long shownAt;

        public void Report(long value)
        {
            lock (gate)
            {
                if (Environment.TickCount64 - shownAt < 100)
                    return;
                shownAt = Environment.TickCount64;
                var speed = Terminal.Number(value / clock.Elapsed.TotalSeconds, 1);
                terminal.ShowProgress($"Playing seed {Terminal.Number(value)} of {Terminal.Number(count)}, {speed} a second");
            }
        }
    }
}
