using System.Globalization;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Anchors;

/// <summary>
/// A signer's word under one version of a record: a compact JWS (<c>typ: cf-anchor+jws</c>, header
/// <c>jwk</c>) over the canonical JSON <c>{"digest":…,"net":…,"rid":…,"ver":…}</c>. <c>Check</c>
/// verifies it with the key that it carries; <c>Apply</c> demands that this is an active key of the
/// signer. <b>Source:</b> D1 "The confidential record".
/// </summary>
public static class InnerSignature
{
    /// <summary>The <c>typ</c>.</summary>
    public const string Type = "cf-anchor+jws";

    /// <summary>Signs a version.</summary>
    /// <param name="net">The ledger.</param>
    /// <param name="rid">The record.</param>
    /// <param name="version">From 1.</param>
    /// <param name="digest">SHA-256 of the original.</param>
    /// <param name="key">The signer's key.</param>
    public static string Sign(Digest<Net> net, Digest<AnchoredRecord> rid, long version,
        Digest<RecordVersion> digest, ISigningKey key) =>
        Jws.SignCompact(Type, Encoding.UTF8.GetBytes(Payload(net, rid, version, digest)), key,
            reference: KeyReference.Key);

    /// <summary>Verifies several; pure, for a contract's <c>Check</c>.</summary>
    /// <param name="signatures">Compact JWS, of each signer one.</param>
    /// <param name="net">The ledger.</param>
    /// <param name="rid">The record.</param>
    /// <param name="version">From 1.</param>
    /// <param name="digest">SHA-256 of the original.</param>
    /// <returns>False if one has another form or payload, does not verify, or repeats a
    /// key.</returns>
    public static bool Verify(IReadOnlyList<string> signatures, Digest<Net> net, Digest<AnchoredRecord> rid,
        long version, Digest<RecordVersion> digest)
    {
        var payload = Payload(net, rid, version, digest);
        var seen = new HashSet<PublicKey>();
        foreach (var signature in signatures)
            if (!InnerJws.TryVerify(signature, Type, payload, out var key) || !seen.Add(key))
                return false;
        return true;
    }

    /// <summary>
    /// The thumbprints of the keys that the signatures carry, in their order, without verifying
    /// again what <c>Check</c> has verified.
    /// </summary>
    /// <param name="signatures">What <see cref="Verify"/> took.</param>
    public static IReadOnlyList<Digest<PublicKey>> KeyIdsOf(IReadOnlyList<string> signatures)
    {
        var ids = new Digest<PublicKey>[signatures.Count];
        for (var index = 0; index < ids.Length; index++)
            ids[index] = InnerJws.KeyOf(signatures[index]).Thumbprint;
        return ids;
    }

    private static string Payload(Digest<Net> net, Digest<AnchoredRecord> rid, long version,
        Digest<RecordVersion> digest) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"digest":"{{digest}}","net":"{{net}}","rid":"{{rid}}","ver":{{version}}}""");
}
