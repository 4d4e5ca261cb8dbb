using System.Net.Sockets;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.X509;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Composition;

/// <content>The other nodes.</content>
public sealed partial class CounterfoilNode
{
    private readonly PeerList directory = new();

    /// <summary>The connections to the other nodes; null where none are configured.</summary>
    public PeerNetwork? Peers { get; private set; }

    /// <summary>Puts other nodes in the place of those that it knows.</summary>
    private void ReplacePeers(IReadOnlyList<PeerAddress> peers)
    {
        directory.Replace(peers);
        Peers?.Recheck();
    }

    private PeerNetwork? OpenPeers(NodeHome home, NodeKeys keys, TimeProvider clock, ILogger log)
    {
        if (options.Peers is not { } configured)
            return null;
        directory.Replace(configured.Known ?? PeersFile.Read(home.Peers));
        var certificate = Own(OpenTlsCertificate(keys, options, clock));
        try
        {
            return Own(PeerNetwork.Open(
                new PeerNetworkOptions { Listen = configured.Listen, Faults = configured.Faults }, AccountId.Of(keys.Node.PublicKey), certificate, directory, log));
        }
        catch (SocketException fault)
        {
            throw new NodeStartException("peer_address_unavailable", $"The node cannot listen for others on {configured.Listen}: {fault.Message}", fault);
        }
    }

    /// <summary>The certificate of a node's connections, made at its first use.</summary>
    internal static TlsCertificate OpenTlsCertificate(NodeKeys keys, NodeOptions options, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        // Whoever made the key a moment ago may have a clock that is a little ahead. The whole is not longer than members allow by default.
        var start = now - TimeSpan.FromHours(1);
        return keys.OpenTlsCertificate(new CertificateSubject(options.Name, "node", start, start + CertificateValidity)
        {
            DnsNames = ["localhost"],
        });
    }

    // The registry asks for a renewal in time; without one it is renewed by hand.
    private static readonly TimeSpan CertificateValidity = TimeSpan.FromDays(730);

    /// <summary>Keeps what proves that a validator contradicted itself.</summary>
    private static void KeepEvidence(NodeHome home, EquivocationEvidence evidence, ILogger log)
    {
        var name = Path.Combine(
            Directory.CreateDirectory(home.Evidence).FullName, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(evidence.Second.Span))[..16]);
        try
        {
            File.WriteAllBytes(name + ".first.jws", evidence.First.Span);
            File.WriteAllBytes(name + ".second.jws", evidence.Second.Span);
        }
        catch (IOException fault)
        {
            // The agreement goes on without the file; whoever else saw both keeps them too.
            LogEvidenceNotKept(log, fault.GetType().Name);
        }
        LogEvidence(log, name);
    }

    [LoggerMessage(12, LogLevel.Warning, "A validator contradicted itself; both messages are kept as {Name}")]
    private static partial void LogEvidence(ILogger logger, string name);

    [LoggerMessage(13, LogLevel.Error, "The proof of a contradiction cannot be written ({Fault})")]
    private static partial void LogEvidenceNotKept(ILogger logger, string fault);
}
