using System.Globalization;
using System.Net;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Composition;

/// <summary>
/// A sandbox ledger of several nodes in this process, each with a home, keys and a store of its own, connected over mutual TLS on loopback. They share one
/// clock, so that whoever turns it on one of them turns it on all. For walks and tests.
/// </summary>
public sealed class SandboxNetwork : IAsyncDisposable
{
    private const int MaximumNodes = 100;

    private readonly NodeOptions[] options;
    private readonly IReadOnlyList<NodeIdentity> identities;
    private readonly CounterfoilNode?[] nodes;

    private SandboxNetwork(NodeOptions[] options, IReadOnlyList<NodeIdentity> identities, int validators)
    {
        this.options = options;
        this.identities = identities;
        nodes = new CounterfoilNode?[options.Length];
        Validators = validators;
    }

    /// <summary>How many nodes there are, validators first.</summary>
    public int Count => nodes.Length;

    /// <summary>How many of them are validators.</summary>
    public int Validators { get; }

    /// <summary>A node that runs.</summary>
    /// <exception cref="InvalidOperationException">It is stopped.</exception>
    public CounterfoilNode this[int index] => nodes[index] ?? throw new InvalidOperationException($"Node {index} is stopped.");

    /// <summary>True if the node runs.</summary>
    public bool IsRunning(int index) => nodes[index] is not null;

    /// <summary>Where a node answers, also while it is stopped.</summary>
    public Uri AddressOf(int index) => new(options[index].Urls[0]);

    /// <summary>Where the others reach a node.</summary>
    public IPEndPoint PeerEndpointOf(int index) => options[index].Peers!.Listen;

    /// <summary>What a node is in the genesis document, or would be.</summary>
    public Validator IdentityOf(int index) => identities[index].Validator;

    /// <summary>The certificate of a node's connections.</summary>
    public OrganisationCertificate CertificateOf(int index) => identities[index].Certificate;

    /// <summary>The home of a node.</summary>
    public string HomeOf(int index) => options[index].Home;

    /// <summary>Founds and starts a network. The first node plays the roles of the schemes; the others have their contracts alone.</summary>
    /// <param name="template">The options of the first node; the others' differ in home (with <c>-2</c>, <c>-3</c>, … at its end), name, addresses and roles.</param>
    /// <param name="validators">How many validators, 1 to 100.</param>
    /// <param name="followers">How many nodes that only follow, after them.</param>
    /// <param name="strangers">True if nobody knows the followers until the members admit them; by default they are listed beside the validators.</param>
    /// <param name="configure">Changes the options of single nodes, by index from 0; nothing by default.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<SandboxNetwork> StartAsync(
        NodeOptions template,
        int validators,
        int followers = 0,
        bool strangers = false,
        Func<int, NodeOptions, NodeOptions>? configure = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentOutOfRangeException.ThrowIfLessThan(validators, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(validators + followers, MaximumNodes);
        var count = validators + followers;
        SandboxClock clock;
        using (var first = NodeHome.Claim(template.Home))
            clock = new SandboxClock(first.SandboxClock, template.SandboxStart ?? Timestamp.From(template.Clock.GetUtcNow()));
        var ports = NetworkFounding.FreePorts(2 * count);
        var options = new NodeOptions[count];
        for (var index = 0; index < count; index++)
        {
            var number = string.Create(CultureInfo.InvariantCulture, $"{index + 1}");
            var peers = new IPEndPoint(IPAddress.Loopback, ports[count + index]);
            var node = template with
            {
                Home = index == 0 ? template.Home : $"{template.Home}-{number}",
                Name = $"{template.Name} {number}",
                Urls = [string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ports[index]}/")],
                Sandbox = true,
                SandboxClock = clock,
                Schemes = index == 0 ? template.Schemes : SchemeOfSomeRoles.Of(template.Schemes, []),
                Peers = template.Peers is { } given ? given with { Listen = peers } : new PeerOptions { Listen = peers },
            };
            options[index] = configure?.Invoke(index, node) ?? node;
        }
        var network = new SandboxNetwork(options, NetworkFounding.Found(options, validators, clock, strangers), validators);
        try
        {
            for (var index = 0; index < count; index++)
                await network.StartNodeAsync(index, cancellation);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node that is stopped, with what its home holds.</summary>
    public async Task StartNodeAsync(int index, CancellationToken cancellation = default)
    {
        if (nodes[index] is null)
            nodes[index] = await CounterfoilNode.StartAsync(options[index], cancellation);
    }

    /// <summary>Stops a node.</summary>
    public async Task StopNodeAsync(int index)
    {
        if (nodes[index] is not { } node)
            return;
        nodes[index] = null;
        await node.StopAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        for (var index = Count - 1; index >= 0; index--)
            await StopNodeAsync(index);
    }
}
