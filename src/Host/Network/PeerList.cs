using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Network;

/// <summary>A directory that is a list: of a configuration, or copied from the ledger's registry after each block.</summary>
public sealed class PeerList : IPeerDirectory
{
    private volatile IReadOnlyList<PeerAddress> peers;

    /// <summary>A directory of these nodes.</summary>
    public PeerList(params IReadOnlyList<PeerAddress> peers) => this.peers = peers;

    public IReadOnlyList<PeerAddress> Peers => peers;

    /// <summary>Puts another list in place of this one, at once.</summary>
    public void Replace(params IReadOnlyList<PeerAddress> other) => peers = other;

    public bool TryFind(Digest<OrganisationCertificate> certificate, out AccountId node)
    {
        node = default;
        if (certificate.IsUnset)
            return false;
        foreach (var peer in peers)
        {
            if (peer.Certificate != certificate)
                continue;
            node = peer.Node;
            return true;
        }
        return false;
    }
}
