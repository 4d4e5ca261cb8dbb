using System.Diagnostics;
using Counterfoil.Client;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Ledger.State;

namespace Counterfoil.Schemes.Walking;

/// <summary>Walks a scheme against a node: every step in its order, then every refusal. One failed step ends the story; refusals are all tried.</summary>
public sealed class Walker
{
    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(20), SettlePatience = TimeSpan.FromSeconds(5);

    private readonly IScheme scheme;
    private readonly IWalkNode node;
    private readonly string folder;
    private readonly List<string> failures = [];

    /// <summary>A walker of one walk.</summary>
    /// <param name="scheme">The scheme, as composed into the node.</param>
    /// <param name="node">The node: a sandbox.</param>
    /// <param name="folder">Where the parties' key stores are kept.</param>
    public Walker(IScheme scheme, IWalkNode node, string folder)
    {
        this.scheme = scheme;
        this.node = node;
        this.folder = folder;
    }

    /// <summary>Told of each step and refusal as it ends: for progress on a terminal.</summary>
    public Action<string, bool>? Progress { get; init; }

    /// <summary>Walks.</summary>
    public async Task<WalkResult> WalkAsync(CancellationToken cancellation = default)
    {
        var stopwatch = Stopwatch.StartNew();
        var walkthrough = scheme.CreateWalkthrough();
        using var ended = walkthrough as IDisposable;
        var script = new WalkScript();
        walkthrough.Tell(script);
        RequireKnownParticipants(walkthrough, script);
        var recorder = node.Recorder;
        recorder.Clear();
        using var probe = new NodeClient(node.Address);
        var genesis = await probe.GetGenesisAsync(cancellation).ConfigureAwait(false);
        using var context = new WalkContext(scheme.Card, node, folder, genesis, cancellation);
        await context.Clock.SynchroniseAsync(probe, cancellation).ConfigureAwait(false);

        var prepared = await TryAsync("preparation", recorder, () => walkthrough.PrepareAsync(context)).ConfigureAwait(false);
        var steps = await WalkStepsAsync(script, context, prepared).ConfigureAwait(false);
        var refusals = await WalkRefusalsAsync(script, context, steps.All(step => step.Ok)).ConfigureAwait(false);
        var (height, transactions) = node.Extent();
        return new WalkResult(
            scheme.Card.Id, scheme.Card.Slug, prepared && steps.All(step => step.Ok) && refusals.All(refusal => refusal.Ok),
            Math.Round(stopwatch.Elapsed.TotalSeconds, 3), steps, refusals, new WalkLedger(height, transactions))
        {
            Failures = failures,
            Messages = recorder.Messages,
        };
    }

    private async Task<List<WalkStepResult>> WalkStepsAsync(WalkScript script, WalkContext context, bool prepared)
    {
        var results = new List<WalkStepResult>();
        var goesOn = prepared;
        foreach (var step in script.Steps)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            goesOn = goesOn && await TryAsync(step.Number.ToString(), context.Recorder, () => step.Run(context), step.Name).ConfigureAwait(false);
            results.Add(new WalkStepResult(step.Number, step.From, step.To, step.Name, goesOn));
            Progress?.Invoke(step.Name, goesOn);
        }
        return results;
    }

    private async Task<List<WalkRefusalResult>> WalkRefusalsAsync(WalkScript script, WalkContext context, bool storyHolds)
    {
        var results = new List<WalkRefusalResult>();
        foreach (var refusal in script.Refusals)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            // Refusals stand on what the story left behind: without it they would show something else.
            var result = storyHolds
                ? await AttemptAsync(refusal, context, $"refusal {results.Count + 1}").ConfigureAwait(false)
                : new WalkRefusalResult(refusal.Name, refusal.Expected, null, false, [], false);
            results.Add(result);
            Progress?.Invoke(refusal.Name, result.Ok);
        }
        return results;
    }

    private async Task<WalkRefusalResult> AttemptAsync(WalkRefusal refusal, WalkContext context, string place)
    {
        if (refusal.Prepare is { } prepare && !await TryAsync(place, context.Recorder, () => prepare(context), refusal.Name).ConfigureAwait(false))
            return new WalkRefusalResult(refusal.Name, refusal.Expected, null, false, [], false);
        var before = await SettleAsync(context.Cancellation).ConfigureAwait(false);
        var observation = new WalkObservation(null, []);
        var ran = await TryAsync(
            place, context.Recorder, async () => observation = await refusal.Attempt(context).ConfigureAwait(false), refusal.Name).ConfigureAwait(false);
        var unchanged = await SettleAsync(context.Cancellation).ConfigureAwait(false) == before;
        var ok = ran && observation.Code == refusal.Expected && (unchanged || observation.Effects.Count > 0);
        if (ran && !ok)
            failures.Add($"{refusal.Name}: expected {refusal.Expected}, got {observation.Code ?? "no refusal"}{(unchanged ? "" : ", state changed")}");
        return new WalkRefusalResult(refusal.Name, refusal.Expected, observation.Code, unchanged, observation.Effects, ok);
    }

    /// <summary>
    /// The state once nothing goes on writing it: due work and roles in the background come to their end before and after an attempt.
    /// </summary>
    private async Task<Digest<LedgerState>> SettleAsync(CancellationToken cancellation)
    {
        var last = node.StateDigest();
        for (var waited = TimeSpan.Zero; waited < SettlePatience; waited += SettlePause)
        {
            await Task.Delay(SettlePause, cancellation).ConfigureAwait(false);
            var now = node.StateDigest();
            if (now == last)
                break;
            last = now;
        }
        return last;
    }

    private async Task<bool> TryAsync(string place, WalkRecorder recorder, Func<Task> run, string? name = null)
    {
        recorder.Begin(place);
        try
        {
            await run().ConfigureAwait(false);
            return true;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Whatever breaks a step is the walk's result: the rest is still reported.
            var isExpected = fault is WalkFailedException or NodeRefusedException or NodeFaultException or HttpSignatureException;
            failures.Add($"{name ?? place}: {(isExpected ? "" : fault.GetType().Name + ": ")}{fault.Message}");
            return false;
        }
    }

    private void RequireKnownParticipants(Walkthrough walkthrough, WalkScript script)
    {
        foreach (var step in script.Steps)
        {
            if (!walkthrough.Participants.Contains(step.From) || (step.To != "ledger" && !walkthrough.Participants.Contains(step.To)))
                throw new InvalidOperationException($"Step {step.Number} of {scheme.Card.Slug} names a participant that the walkthrough does not.");
        }
    }
}
