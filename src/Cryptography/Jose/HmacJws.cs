using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// JWS authenticated by a key that two sides share: HS256, HS384, HS512. Apart from <see cref="Jws"/>, and
/// with keys of another type, so that a public key is never taken for a shared one. The algorithm is the
/// caller's choice, never the message's. <b>Source:</b> RFC 7518 section 3.2 (a key at least as long as the
/// digest), RFC 8725 section 3.1.
/// </summary>
public static class HmacJws
{
    /// <summary>Authenticates in the compact serialisation.</summary>
    /// <param name="algorithm">HS256, HS384 or HS512.</param>
    /// <param name="type"><c>typ</c>; null for none.</param>
    /// <param name="payload">The bytes that are authenticated.</param>
    /// <param name="key">The shared key, at least as long as the digest.</param>
    /// <param name="extraHeader">Writes further members of the protected header; null for none.</param>
    /// <exception cref="ArgumentException">The algorithm is another one, or the key is too short.</exception>
    public static string SignCompact(
        string algorithm, string? type, ReadOnlySpan<byte> payload, SymmetricKey key,
        Action<Utf8JsonWriter>? extraHeader = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (HashOf(algorithm) is not { } hash || key.Size < HashSize(hash))
            throw new ArgumentException(
                "An HS algorithm needs a key as long as its digest.", nameof(algorithm));
        var header = Jws.ProtectedHeader(algorithm, type, extraHeader);
        return Encoding.ASCII.GetString(
            Jws.Assemble(header, payload, data => CryptographicOperations.HmacData(hash, key.Span, data)));
    }

    /// <summary>
    /// Reads and verifies the compact serialisation. Refusals in order: unsupported algorithm (of the
    /// caller), key too short, those of
    /// <see cref="Jws.ParseCompact(ReadOnlyMemory{byte}, JwsExpectation?)"/>, invalid signature.
    /// </summary>
    /// <param name="algorithm">The only algorithm taken: HS256, HS384 or HS512.</param>
    /// <param name="bytes">The JWS.</param>
    /// <param name="key">The shared key.</param>
    /// <param name="expectation">
    /// What else is expected (its algorithms are not looked at); null for nothing.
    /// </param>
    public static JoseResult<CompactJws> VerifyCompact(
        string algorithm, ReadOnlyMemory<byte> bytes, SymmetricKey key, JwsExpectation? expectation = null) =>
        Verify(algorithm, bytes, key, expectation, null);

    /// <summary>
    /// The same with a payload that came by another way; the compact form has nothing between its dots.
    /// </summary>
    /// <param name="algorithm">The only algorithm taken: HS256, HS384 or HS512.</param>
    /// <param name="bytes">The JWS.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="key">The shared key.</param>
    /// <param name="expectation">
    /// What else is expected (its algorithms are not looked at); null for nothing.
    /// </param>
    public static JoseResult<CompactJws> VerifyDetached(
        string algorithm, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> payload, SymmetricKey key,
        JwsExpectation? expectation = null) =>
        Verify(algorithm, bytes, key, expectation, payload);

    /// <summary>
    /// Reads the general or flattened serialisation and verifies that at least one of its signatures is this
    /// key's; others, of whatever algorithm, are left alone. Refusals as for the compact one.
    /// </summary>
    /// <param name="algorithm">The only algorithm taken: HS256, HS384 or HS512.</param>
    /// <param name="json">The JWS.</param>
    /// <param name="key">The shared key.</param>
    /// <param name="expectation">
    /// What else is expected of the signature that counts (its algorithms are not looked at); null for
    /// nothing.
    /// </param>
    public static JoseResult<GeneralJws> VerifyGeneral(
        string algorithm, ReadOnlyMemory<byte> json, SymmetricKey key, JwsExpectation? expectation = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (HashOf(algorithm) is not { } hash)
            return JoseRefusal.UnsupportedAlgorithm;
        if (key.Size < HashSize(hash))
            return JoseRefusal.KeyTooShort;
        var parsed = JwsSyntax.ParseJson(json, With(expectation, null));
        if (!parsed.TryGet(out var jws))
            return parsed;
        var expected = With(expectation, [algorithm]);
        JoseRefusal refusal = JoseRefusal.UnsupportedAlgorithm;
        foreach (var signature in jws.Signatures)
        {
            if (signature.Header.Algorithm != algorithm)
                continue;
            if (expected.Check(signature.Header) is { } unexpected)
                refusal = unexpected;
            else if (IsValid(hash, key, signature.SigningInput(), signature.Signature.Span))
                return parsed;
            else
                refusal = JoseRefusal.InvalidSignature;
        }
        return refusal;
    }

    private static JoseResult<CompactJws> Verify(
        string algorithm, ReadOnlyMemory<byte> bytes, SymmetricKey key, JwsExpectation? expectation,
        ReadOnlyMemory<byte>? detachedPayload)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (HashOf(algorithm) is not { } hash)
            return JoseRefusal.UnsupportedAlgorithm;
        if (key.Size < HashSize(hash))
            return JoseRefusal.KeyTooShort;
        var parsed = JwsSyntax.ParseCompact(bytes, With(expectation, [algorithm]), detachedPayload);
        return parsed.TryGet(out var jws) && !IsValid(hash, key, jws.SigningInput.Span, jws.Signature.Span)
            ? JoseRefusal.InvalidSignature : parsed;
    }

    private static bool IsValid(
        HashAlgorithmName hash, SymmetricKey key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        CryptographicOperations.FixedTimeEquals(
            CryptographicOperations.HmacData(hash, key.Span, data), signature);

    private static JwsExpectation With(
        JwsExpectation? expectation, IReadOnlyList<string>? algorithms) => new()
    {
        Algorithms = algorithms ?? [],
        TakesAnything = algorithms is null,
        Type = expectation?.Type,
        Critical = expectation?.Critical ?? [],
        AllowUnencodedPayload = expectation?.AllowUnencodedPayload ?? false,
        MaximumBytes = expectation?.MaximumBytes ?? JwsExpectation.DefaultMaximumBytes,
    };

    private static HashAlgorithmName? HashOf(string algorithm) => algorithm switch
    {
        JoseAlgorithms.Hs256 => HashAlgorithmName.SHA256,
        JoseAlgorithms.Hs384 => HashAlgorithmName.SHA384,
        JoseAlgorithms.Hs512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static int HashSize(HashAlgorithmName hash) =>
        hash == HashAlgorithmName.SHA256 ? SHA256.HashSizeInBytes
        : hash == HashAlgorithmName.SHA384 ? SHA384.HashSizeInBytes
        : SHA512.HashSizeInBytes;
}
