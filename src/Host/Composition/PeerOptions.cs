using System.Net;
using Counterfoil.Host.Network;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Composition;

/// <summary>How a node speaks with the others of its ledger.</summary>
public sealed record PeerOptions
{
    /// <summary>Where it listens for them; port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The other nodes; those of <c>peers.json</c> in the home unless told.</summary>
    public IReadOnlyList<PeerAddress>? Known { get; init; }

    /// <summary>How long the agreement waits for what may not come.</summary>
    public AgreementTimeouts Timeouts { get; init; } = new();

    /// <summary>What a test does to the links; null in every other composition.</summary>
    internal ILinkFaults? Faults { get; init; }
}
