using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Schemes;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Host.Roles;

/// <summary>
/// Walks a scheme against a sandbox node of its own in this process: the parties still meet it over HTTP only. Used by <c>walk</c>, by the pages and by the
/// conformance tests.
/// </summary>
public sealed class SchemeWalk : IWalkNode, IAsyncDisposable
{
    private readonly string home;
    private readonly string keys;

    private SchemeWalk(CounterfoilNode node, WalkRecorder recorder, string home, string keys)
    {
        Node = node;
        Recorder = recorder;
        this.home = home;
        this.keys = keys;
    }

    /// <summary>The node, for looking at what the walk left behind.</summary>
    public CounterfoilNode Node { get; }

    /// <inheritdoc/>
    public WalkRecorder Recorder { get; }

    /// <inheritdoc/>
    public Uri Address => Node.Address;

    /// <inheritdoc/>
    public string OperatorKeyName => "node";

    /// <summary>When a sandbox's time begins: a working day long past, so that no walk depends on today's date.</summary>
    public static Timestamp Start { get; } = new(new DateTimeOffset(2025, 6, 2, 6, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());

    /// <summary>Starts a sandbox, walks one scheme and stops.</summary>
    /// <param name="schemes">All schemes that are composed; fresh objects.</param>
    /// <param name="slug">The slug or id of the one that is walked.</param>
    /// <param name="home">An empty folder for the node and the parties.</param>
    /// <param name="progress">Told of each step and refusal as it ends.</param>
    /// <param name="cancellation">Ends the walk.</param>
    /// <exception cref="KeyNotFoundException">No composed scheme has the slug.</exception>
    public static async Task<WalkResult> RunAsync(
        IReadOnlyList<IScheme> schemes, string slug, string home, Action<string, bool>? progress = null, CancellationToken cancellation = default)
    {
        await using var walk = await OpenAsync(schemes, home, cancellation);
        return await walk.WalkAsync(Find(schemes, slug), progress, cancellation);
    }

    /// <summary>Starts a sandbox with these schemes.</summary>
    public static async Task<SchemeWalk> OpenAsync(IReadOnlyList<IScheme> schemes, string home, CancellationToken cancellation = default)
    {
        var options = new NodeOptions { Home = Path.Combine(home, "node"), Name = "sandbox", Sandbox = true, SandboxStart = Start, Schemes = schemes };
        return await OpenAsync(options, home, cancellation);
    }

    /// <summary>Starts a sandbox with these options.</summary>
    /// <param name="options">The node's options: a sandbox whose keys are unprotected.</param>
    /// <param name="home">Where the parties' key stores are kept.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<SchemeWalk> OpenAsync(NodeOptions options, string home, CancellationToken cancellation = default)
    {
        var recorder = new WalkRecorder();
        var node = await CounterfoilNode.StartAsync(options with { WrapRoleHttp = recorder.Wrap }, cancellation);
        return new SchemeWalk(node, recorder, home, Path.Combine(options.Home, "keys"));
    }

    /// <summary>Walks a scheme of this sandbox.</summary>
    public Task<WalkResult> WalkAsync(IScheme scheme, Action<string, bool>? progress = null, CancellationToken cancellation = default) =>
        new Walker(scheme, this, home) { Progress = progress }.WalkAsync(cancellation);

    /// <inheritdoc/>
    public IKeyStore OpenOperatorKeys() => FileKeyStore.Open(keys, PassphraseSource.UnprotectedByChoice);

    /// <inheritdoc/>
    public Digest<LedgerState> StateDigest()
    {
        var digest = default(Digest<LedgerState>);
        // A block that is executed but not yet durable may still be given up: what counts is the state after it.
        SpinWait.SpinUntil(() => Node.Ledger.Read(() =>
        {
            if (Node.ContractSet.State.IsBlockOpen)
                return false;
            digest = Node.ContractSet.ContentDigest();
            return true;
        }));
        return digest;
    }

    /// <inheritdoc/>
    public (long Height, long Transactions) Extent()
    {
        var height = Node.Ledger.Tip.Height;
        long leaves = 0;
        for (var each = 1L; each <= height && Node.Ledger.TryReadBlock(each, out var block); each++)
            leaves += block.Leaves.Count;
        return (height, leaves);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Node.DisposeAsync();

    private static IScheme Find(IReadOnlyList<IScheme> schemes, string slug) =>
        schemes.FirstOrDefault(scheme => scheme.Card.Slug == slug || scheme.Card.Id.Equals(slug, StringComparison.OrdinalIgnoreCase))
            ?? throw new KeyNotFoundException($"No built scheme has the slug {slug}.");
}
