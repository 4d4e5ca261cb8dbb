using Counterfoil.Cryptography.Custody;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Network;

/// <summary>What all parts of one peer network share.</summary>
internal sealed record PeerContext(
    PeerNetworkOptions Options, AccountId Self, TlsCertificate Certificate, IPeerDirectory Directory, PeerCounters Counters, ILogger Log)
{
    /// <summary>True while a test keeps the two nodes from each other: nobody dials through a link that is cut either way.</summary>
    public bool IsCut(AccountId peer) =>
        Options.Faults is { } faults && (faults.Outgoing(peer).IsCut || faults.Incoming(peer).IsCut);
}
