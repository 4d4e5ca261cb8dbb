using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// A P-256 private key on its way from a JWK into custody; cleared when it is disposed of. It signs nothing
/// itself: hand it to a key store. <b>Source:</b> RFC 7518 section 6.2.2.
/// </summary>
public sealed class EcPrivateKey : IDisposable
{
    private const int ScalarSize = 32;

    private readonly byte[] scalar = GC.AllocateUninitializedArray<byte>(ScalarSize, pinned: true);
    private bool disposed;

    private EcPrivateKey(PublicKey publicKey, ReadOnlySpan<byte> d)
    {
        PublicKey = publicKey;
        d.CopyTo(scalar);
    }

    /// <summary>The public half.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>The private scalar d, 32 bytes big-endian, valid until disposal.</summary>
    /// <exception cref="ObjectDisposedException">The key has been disposed of.</exception>
    public ReadOnlySpan<byte> Scalar
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return scalar;
        }
    }

    /// <summary>
    /// Reads an EC P-256 JWK with <c>d</c>, for import: the text that held it is the caller's to clear.
    /// Malformed; unsupported algorithm for another kind or curve; invalid key if the point is off the curve
    /// or is not the scalar's.
    /// </summary>
    public static JoseResult<EcPrivateKey> Parse(ReadOnlySpan<byte> json) =>
        StrictJson.TryParseObject(json, out var element, Jwk.MaximumBytes)
            ? Parse(element)
            : JoseRefusal.Malformed;

    /// <summary>The same of an element of a document which <see cref="StrictJson"/> accepted.</summary>
    public static JoseResult<EcPrivateKey> Parse(JsonElement json)
    {
        var description = Jwk.Parse(json);
        if (!description.TryGet(out var jwk))
            return description.As<EcPrivateKey>();
        var publicKey = jwk.PublicKey();
        if (!publicKey.IsAccepted)
            return publicKey.As<EcPrivateKey>();
        if (!json.TryGetProperty("d", out var value) || value.ValueKind != JsonValueKind.String
            || !Base64Url.TryDecode(value.GetString(), out var d))
            return JoseRefusal.Malformed;
        try
        {
            if (d.Length != ScalarSize)
                return JoseRefusal.Malformed;
            return Matches(publicKey.Value, d)
                ? new EcPrivateKey(publicKey.Value, d)
                : JoseRefusal.InvalidKey;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(d);
        }
    }

    /// <summary>A signing key in memory; signing and encryption keys are never the same.</summary>
    public EphemeralSigningKey OpenSigningKey() => EphemeralSigningKey.Import(Scalar);

    /// <summary>An agreement key in memory; signing and encryption keys are never the same.</summary>
    public EphemeralAgreementKey OpenAgreementKey() => EphemeralAgreementKey.Import(Scalar);

    /// <summary>Clears the key.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(scalar);
        disposed = true;
    }

    private static bool Matches(PublicKey publicKey, byte[] d)
    {
        try
        {
            using var key = EphemeralSigningKey.Import(d);
            return key.PublicKey == publicKey;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
