using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// A key that two sides share, cleared when it is disposed of. <b>Source:</b> RFC 7518 section 6.4.
/// </summary>
public sealed class SymmetricKey : IDisposable
{
    /// <summary>The longest key in bytes that is read.</summary>
    public const int MaximumSize = 1024;

    private readonly byte[] bytes;
    private bool disposed;

    /// <summary>A copy of these bytes, in memory that the garbage collector does not move.</summary>
    /// <exception cref="ArgumentException">No bytes, or more than <see cref="MaximumSize"/>.</exception>
    public SymmetricKey(ReadOnlySpan<byte> key)
    {
        if (key.Length is 0 or > MaximumSize)
            throw new ArgumentException($"A symmetric key has 1 to {MaximumSize} bytes.", nameof(key));
        bytes = GC.AllocateUninitializedArray<byte>(key.Length, pinned: true);
        key.CopyTo(bytes);
    }

    /// <summary>The length in bytes.</summary>
    public int Size => bytes.Length;

    /// <summary>The key itself, valid until disposal.</summary>
    /// <exception cref="ObjectDisposedException">The key has been disposed of.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return bytes;
        }
    }

    /// <summary>
    /// Reads an <c>oct</c> JWK, for import: the text that held it is the caller's to clear.
    /// </summary>
    public static JoseResult<SymmetricKey> Parse(ReadOnlySpan<byte> json) =>
        StrictJson.TryParseObject(json, out var element, Jwk.MaximumBytes)
            ? Parse(element)
            : JoseRefusal.Malformed;

    /// <summary>The same of an element of a document which <see cref="StrictJson"/> accepted.</summary>
    public static JoseResult<SymmetricKey> Parse(JsonElement json)
    {
        if (!Jwk.Parse(json).TryGet(out var description))
            return JoseRefusal.Malformed;
        if (!description.IsSymmetric)
            return JoseRefusal.UnsupportedAlgorithm;
        if (!json.TryGetProperty("k", out var value) || value.ValueKind != JsonValueKind.String
            || !Base64Url.TryDecode(value.GetString(), out var key) || key.Length > MaximumSize)
            return JoseRefusal.Malformed;
        try
        {
            return key.Length == 0 ? JoseRefusal.KeyTooShort : new SymmetricKey(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Clears the key.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(bytes);
        disposed = true;
    }
}
