using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// An admission server's signed word that it verified transactions, signatures included: one signature for all that it inserts together. By it the node's
/// other processes take rows of the shared pool for verified, and nobody who can only write to the database can slip one in. A compact JWS by an active
/// key of the node's account; its payload is <c>net</c> and then SHA-256 of the bytes of each transaction.
/// </summary>
public static class AdmissionAttestation
{
    /// <summary><c>typ</c> of the compact JWS.</summary>
    public const string Type = "cf-admitted+jws";

    private const int Size = Digest<Net>.Size;

    /// <summary>Attests transactions.</summary>
    public static byte[] Make(Digest<Net> net, IReadOnlyList<SharedTransaction> transactions, ISigningKey key)
    {
        var payload = new byte[Size * (1 + transactions.Count)];
        net.CopyTo(payload);
        for (var index = 0; index < transactions.Count; index++)
            Digest<SharedTransaction>.Of(transactions[index].Bytes.Span).CopyTo(payload.AsSpan(Size * (index + 1)));
        return Jws.SignCompactBytes(Type, payload, key);
    }

    /// <summary>The digests of the transactions that an active key vouches for; none if the attestation is not in order.</summary>
    /// <param name="attestation">The JWS.</param>
    /// <param name="net">The ledger.</param>
    /// <param name="findKey">The active key of the node's account with that thumbprint; null if there is none.</param>
    public static IReadOnlySet<Digest<SharedTransaction>> Verify(
        ReadOnlyMemory<byte> attestation, Digest<Net> net, Func<Digest<PublicKey>, PublicKey?> findKey)
    {
        var digests = new HashSet<Digest<SharedTransaction>>();
        if (!Jws.ParseCompact(attestation, new JwsExpectation { Type = Type }).TryGet(out var jws)
            || !Base64Url.TryDecode(jws.Header.KeyId, out var thumbprint) || thumbprint.Length != Digest<PublicKey>.Size
            || findKey(new Digest<PublicKey>(thumbprint)) is not { } key || jws.Verify(key) is not null)
            return digests;
        var payload = jws.Payload.Span;
        if (payload.Length < Size || payload.Length % Size != 0 || new Digest<Net>(payload[..Size]) != net)
            return digests;
        for (var offset = Size; offset < payload.Length; offset += Size)
            digests.Add(new Digest<SharedTransaction>(payload.Slice(offset, Size)));
        return digests;
    }
}
