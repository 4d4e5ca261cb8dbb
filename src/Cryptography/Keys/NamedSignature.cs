namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// Signatures whose algorithm and key are named by object identifiers, as in X.509 and CMS: one gate for what is offered, which is ECDSA with
/// SHA-256 on P-256. <b>Source:</b> RFC 5280 section 4.1.1.2, RFC 5480, RFC 5758 section 3.2.
/// </summary>
public static class NamedSignature
{
    /// <summary>The code for a signature that is not strict DER or does not fit.</summary>
    public const string InvalidSignature = "invalid_signature";

    /// <summary>The gate: the P-256 key of an algorithm and a SubjectPublicKeyInfo.</summary>
    /// <returns>
    /// Null if it is offered and the key is good; otherwise <c>unsupported_algorithm</c>, or the code of
    /// <see cref="SubjectPublicKeyInfo.Decode"/>.
    /// </returns>
    public static string? Resolve(string signatureAlgorithm, ReadOnlyMemory<byte> subjectPublicKeyInfo, out PublicKey key)
    {
        key = default;
        return Algorithms.IsOfferedSignature(signatureAlgorithm)
            ? SubjectPublicKeyInfo.Decode(subjectPublicKeyInfo, out key)
            : Algorithms.Unsupported;
    }

    /// <summary>Verifies a DER signature over the data.</summary>
    /// <returns>Null if it is valid; otherwise the code of <see cref="Resolve"/>, or <c>invalid_signature</c>.</returns>
    public static string? Verify(
        string signatureAlgorithm, ReadOnlyMemory<byte> subjectPublicKeyInfo, ReadOnlySpan<byte> data, ReadOnlySpan<byte> derSignature)
    {
        if (Resolve(signatureAlgorithm, subjectPublicKeyInfo, out var key) is { } refusal)
            return refusal;
        Span<byte> signature = stackalloc byte[Es256.SignatureSize];
        return EcdsaDer.TryDecode(derSignature, signature) && Es256.Verify(key, data, signature) ? null : InvalidSignature;
    }
}
