using Counterfoil.Client;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Ledger;

namespace Counterfoil.Schemes.Walking;

/// <summary>What the steps of a walk work with: parties, clock, addresses. Nothing but HTTP lies between the parties.</summary>
public sealed class WalkContext : IDisposable
{
    private readonly Dictionary<string, Party> parties = [];
    private readonly IWalkNode node;
    private readonly string folder;

    internal WalkContext(SchemeCard scheme, IWalkNode node, string folder, Genesis genesis, CancellationToken cancellation)
    {
        Scheme = scheme;
        this.node = node;
        this.folder = folder;
        Genesis = genesis;
        Cancellation = cancellation;
        Operator = Open("operator", node.OpenOperatorKeys(), node.OperatorKeyName);
    }

    /// <summary>The scheme.</summary>
    public SchemeCard Scheme { get; }

    /// <summary>The node's address.</summary>
    public Uri Node => node.Address;

    /// <summary>The nodes of the sandbox, validators first; the first is <see cref="Node"/>.</summary>
    public IReadOnlyList<WalkedNode> Nodes => node.Nodes;

    /// <summary>The genesis document, as the node gave it: the walk trusts its own sandbox.</summary>
    public Genesis Genesis { get; }

    /// <summary>Ends the walk.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The parties' clock: the sandbox's.</summary>
    public NodeClock Clock { get; } = new();

    /// <summary>The operator of the sandbox: its account exists since genesis and sponsors others.</summary>
    public Party Operator { get; }

    /// <summary>The messages so far.</summary>
    public WalkRecorder Recorder => node.Recorder;

    /// <summary>The party of this name, with a key store of its own; made when first asked for. Its account is opened by a step.</summary>
    public Party Party(string name)
    {
        if (!parties.TryGetValue(name, out var party))
        {
            var path = Path.Combine(folder, "parties", name, "keys");
            // A sandbox's keys guard nothing and last as long as the walk.
            party = Open(name, FileKeyStore.OpenOrCreate(path, PassphraseSource.UnprotectedByChoice, flush: false), "sign");
            parties.Add(name, party);
        }
        return party;
    }

    /// <summary>
    /// A node's organisation as a party: its store holds the node's own keys (<c>node</c>, <c>consensus</c>, <c>vrf</c>, <c>tls</c>), it signs with
    /// <c>node</c>, and it talks to its own node.
    /// </summary>
    /// <param name="index">The node, from 0.</param>
    public Party NodeParty(int index)
    {
        var name = Nodes[index].Name;
        if (!parties.TryGetValue(name, out var party))
        {
            party = Open(name, node.OpenNodeKeys(index), node.OperatorKeyName, Nodes[index].Address);
            parties.Add(name, party);
        }
        return party;
    }

    /// <summary>Stops a node, for as long as the story wants it.</summary>
    public Task StopNodeAsync(int index) => node.StopNodeAsync(index);

    /// <summary>Starts a node that was stopped.</summary>
    public Task StartNodeAsync(int index) => node.StartNodeAsync(index, Cancellation);

    /// <summary>The address of a role of this scheme.</summary>
    public Uri RoleAddress(string role) => SchemeAddress.Of(node.Address, Scheme, role);

    /// <summary>Lets time go by on the sandbox.</summary>
    public Task AdvanceAsync(TimeSpan by) => Clock.AdvanceAsync(Operator.Node, by, Cancellation);

    /// <summary>Lets time go by on the sandbox until a moment.</summary>
    public Task MoveAsync(Timestamp to) => Clock.MoveAsync(Operator.Node, to, Cancellation);

    /// <summary>A walk's own check; the step fails if it does not hold.</summary>
    /// <exception cref="WalkFailedException">It does not hold.</exception>
    public static void Require(bool holds, string expectation)
    {
        if (!holds)
            throw new WalkFailedException(expectation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var party in parties.Values)
            party.Dispose();
        Operator.Dispose();
    }

    private Party Open(string name, IKeyStore keys, string signingKey, Uri? at = null) => new(new PartyOptions
    {
        Name = name,
        Keys = keys,
        Node = at ?? node.Address,
        Net = Genesis.Net,
        Clock = Clock,
        SigningKeyName = signingKey,
        Wrap = inner => Recorder.Wrap(name, inner),
    });
}

/// <summary>A step of a walk did not do what it should.</summary>
public sealed class WalkFailedException(string expectation) : Exception($"Expected: {expectation}.")
{
    /// <summary>What should have held.</summary>
    public string Expectation { get; } = expectation;
}
