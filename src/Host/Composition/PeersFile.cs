using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Host.Composition;

/// <summary><c>peers.json</c> of a home: the nodes that this one begins with. Strict; at most <see cref="MaximumPeers"/> of them.</summary>
internal static class PeersFile
{
    public const int MaximumPeers = 1_000;

    private const int MaximumBytes = 1024 * 1024;
    private const int MaximumHostLength = 253;

    /// <summary>The nodes of a file; none where there is no file.</summary>
    /// <exception cref="NodeStartException"><c>peers_malformed</c>.</exception>
    public static IReadOnlyList<PeerAddress> Read(string path)
    {
        if (!File.Exists(path))
            return [];
        try
        {
            if (new FileInfo(path).Length > MaximumBytes)
                throw new JsonException($"larger than {MaximumBytes / 1024} KiB.");
            var document = JsonSerializer.Deserialize(File.ReadAllBytes(path), PeersJson.Instance.PeersDocument) ?? throw new JsonException("null.");
            if (document.Peers.Count > MaximumPeers)
                throw new JsonException($"more than {MaximumPeers} nodes.");
            return [.. document.Peers.Select(AddressOf)];
        }
        catch (JsonException fault)
        {
            throw new NodeStartException("peers_malformed", $"{path}: {fault.Message}", fault);
        }
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public static void Write(string path, IEnumerable<PeerAddress> peers)
    {
        var document = new PeersDocument([.. peers.Select(peer => new PeerEntry(peer.Node, peer.Host, peer.Port, peer.Certificate.ToString()))]);
        var unfinished = path + ".new";
        File.WriteAllBytes(unfinished, JsonSerializer.SerializeToUtf8Bytes(document, PeersJson.Instance.PeersDocument));
        File.Move(unfinished, path, overwrite: true);
    }

    private static PeerAddress AddressOf(PeerEntry entry)
    {
        if (entry.Account.IsUnset || entry.Host.Length is 0 or > MaximumHostLength || Uri.CheckHostName(entry.Host) == UriHostNameType.Unknown)
            throw new JsonException("a node has no account or no host that can be dialled.");
        if (entry.Port is < 1 or > 65_535)
            throw new JsonException($"the port {entry.Port} is not between 1 and 65535.");
        return Digest<OrganisationCertificate>.TryParse(entry.Certificate, out var certificate) && !certificate.IsUnset
            ? new PeerAddress(entry.Account, entry.Host, entry.Port, certificate)
            : throw new JsonException("a certificate's digest is not 64 lower-case hex digits.");
    }
}

/// <summary>The members of <c>peers.json</c>.</summary>
internal sealed record PeersDocument(IReadOnlyList<PeerEntry> Peers);

/// <summary>A node: its account, where it is dialled, and the SHA-256 of the TLS certificate that it answers with.</summary>
internal sealed record PeerEntry(AccountId Account, string Host, int Port, string Certificate);

[JsonSerializable(typeof(PeersDocument))]
internal sealed partial class PeersJson : JsonSerializerContext
{
    public static PeersJson Instance { get; } = new(MessageJson.NewOptions());
}
