using System.Globalization;
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
    private readonly string[] nodeHomes;
    private readonly SandboxNetwork? network;

    private SchemeWalk(CounterfoilNode node, SandboxNetwork? network, WalkRecorder recorder, string home, string nodeHome)
    {
        Node = node;
        this.network = network;
        Recorder = recorder;
        this.home = home;
        nodeHomes = network is null ? [nodeHome] : [.. Enumerable.Range(0, network.Count).Select(network.HomeOf)];
        Nodes = network is null ? [Alone(node)] : [.. Enumerable.Range(0, network.Count).Select(index => Walked(network, index))];
    }

    /// <summary>The first node, for looking at what the walk left behind.</summary>
    public CounterfoilNode Node { get; }

    /// <inheritdoc/>
    public WalkRecorder Recorder { get; }

    /// <inheritdoc/>
    public Uri Address => Node.Address;

    /// <inheritdoc/>
    public string OperatorKeyName => "node";

    /// <inheritdoc/>
    public IReadOnlyList<WalkedNode> Nodes { get; }

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
        var walked = Find(schemes, slug);
        await using var walk = await OpenAsync(OptionsOf(schemes, home), home, walked.Validators, walked.Followers, cancellation);
        return await walk.WalkAsync(walked, progress, cancellation);
    }

    /// <summary>Starts a sandbox with these schemes, of as many nodes as the most demanding of them is walked on.</summary>
    public static Task<SchemeWalk> OpenAsync(IReadOnlyList<IScheme> schemes, string home, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(schemes);
        return OpenAsync(
            OptionsOf(schemes, home), home, schemes.Select(scheme => scheme.Validators).DefaultIfEmpty(1).Max(),
            schemes.Select(scheme => scheme.Followers).DefaultIfEmpty(0).Max(), cancellation);
    }

    /// <summary>Starts a sandbox of one node with these options.</summary>
    /// <param name="options">The node's options: a sandbox whose keys are unprotected.</param>
    /// <param name="home">Where the parties' key stores are kept.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static Task<SchemeWalk> OpenAsync(NodeOptions options, string home, CancellationToken cancellation = default) =>
        OpenAsync(options, home, validators: 1, followers: 0, cancellation);

    /// <summary>Starts a sandbox of several nodes.</summary>
    /// <param name="options">The first node's options: a sandbox whose keys are unprotected.</param>
    /// <param name="home">Where the parties' key stores are kept.</param>
    /// <param name="validators">How many validators.</param>
    /// <param name="followers">How many nodes that only follow.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<SchemeWalk> OpenAsync(
        NodeOptions options, string home, int validators, int followers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var recorder = new WalkRecorder();
        options = options with { WrapRoleHttp = recorder.Wrap };
        if (validators + followers == 1)
            return new SchemeWalk(await CounterfoilNode.StartAsync(options, cancellation), null, recorder, home, options.Home);
        var network = await SandboxNetwork.StartAsync(options, validators, followers, strangers: true, cancellation: cancellation);
        return new SchemeWalk(network[0], network, recorder, home, options.Home);
    }

    /// <summary>Walks a scheme of this sandbox.</summary>
    public Task<WalkResult> WalkAsync(IScheme scheme, Action<string, bool>? progress = null, CancellationToken cancellation = default) =>
        new Walker(scheme, this, home) { Progress = progress }.WalkAsync(cancellation);

    /// <inheritdoc/>
    public IKeyStore OpenOperatorKeys() => OpenNodeKeys(0);

    /// <inheritdoc/>
    public IKeyStore OpenNodeKeys(int index) => FileKeyStore.Open(Path.Combine(nodeHomes[index], "keys"), PassphraseSource.UnprotectedByChoice);

    /// <inheritdoc/>
    public Task StopNodeAsync(int index) => Others(index).StopNodeAsync(index);

    /// <inheritdoc/>
    public Task StartNodeAsync(int index, CancellationToken cancellation) => Others(index).StartNodeAsync(index, cancellation);

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
    public ValueTask DisposeAsync() => network?.DisposeAsync() ?? Node.DisposeAsync();

    private SandboxNetwork Others(int index) => index > 0 && network is not null
        ? network : throw new ArgumentOutOfRangeException(nameof(index), index, "The node that is walked against goes on.");

    private static NodeOptions OptionsOf(IReadOnlyList<IScheme> schemes, string home) =>
        new() { Home = Path.Combine(home, "node"), Name = "sandbox", Sandbox = true, SandboxStart = Start, Schemes = schemes };

    private static WalkedNode Alone(CounterfoilNode node) =>
        new("node1", node.Address, "", node.Ledger.Genesis.Validators.Validators[0], null, IsValidator: true);

    private static WalkedNode Walked(SandboxNetwork network, int index) => new(
        string.Create(CultureInfo.InvariantCulture, $"node{index + 1}"), network.AddressOf(index), network.PeerEndpointOf(index).ToString(),
        network.IdentityOf(index), network.CertificateOf(index), index < network.Validators);

    private static IScheme Find(IReadOnlyList<IScheme> schemes, string slug) =>
        schemes.FirstOrDefault(scheme => scheme.Card.Slug == slug || scheme.Card.Id.Equals(slug, StringComparison.OrdinalIgnoreCase))
            ?? throw new KeyNotFoundException($"No built scheme has the slug {slug}.");
}
