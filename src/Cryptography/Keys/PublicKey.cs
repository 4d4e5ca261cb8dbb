using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// A P-256 public key as the 64 bytes of its affine coordinates (x, y; big-endian). A value of this type has the right length only;
/// whoever uses it checks that the point is on the curve (verification and key agreement do). P-256 has cofactor 1, so the
/// on-curve check with infinity refused is the full check. <b>Source:</b> RFC 7518 section 6.2.1, SEC 1 section 2.3.
/// </summary>
[JsonConverter(typeof(PublicKeyJsonConverter))]
public readonly struct PublicKey : IEquatable<PublicKey>
{
    /// <summary>The length in bytes.</summary>
    public const int Size = 64;

    private readonly Digest<PublicKey> x, y;

    /// <summary>A key of exactly 64 bytes, x then y.</summary>
    public PublicKey(ReadOnlySpan<byte> xy)
    {
        if (xy.Length != Size)
            throw new ArgumentException("A P-256 public key has 64 bytes.", nameof(xy));
        x = new Digest<PublicKey>(xy[..32]);
        y = new Digest<PublicKey>(xy[32..]);
    }

    /// <summary>The public half of a .NET key object of the curve P-256.</summary>
    public static PublicKey Of(ECParameters parameters)
    {
        Span<byte> xy = stackalloc byte[Size];
        parameters.Q.X.CopyTo(xy);
        parameters.Q.Y.CopyTo(xy[32..]);
        return new PublicKey(xy);
    }

    /// <summary>True for <c>default</c>: no key at all.</summary>
    public bool IsUnset => x.IsUnset && y.IsUnset;

    /// <summary>The RFC 7638 SHA-256 thumbprint: the key's name, <c>kid</c>, and for an account's first key the account's id.</summary>
    public Digest<PublicKey> Thumbprint
    {
        get
        {
            // The canonical JWK of RFC 7638 section 3.2, members in lexicographic order.
            Span<byte> json = stackalloc byte[126];
            "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\""u8.CopyTo(json);
            Span<byte> half = stackalloc byte[32];
            x.CopyTo(half);
            System.Buffers.Text.Base64Url.EncodeToUtf8(half, json[31..]);
            "\",\"y\":\""u8.CopyTo(json[74..]);
            y.CopyTo(half);
            System.Buffers.Text.Base64Url.EncodeToUtf8(half, json[81..]);
            "\"}"u8.CopyTo(json[124..]);
            return Digest<PublicKey>.Of(json);
        }
    }

    /// <summary>The x coordinate in base64url, as a JWK has it.</summary>
    public string X => Base64Url.Encode(x.ToArray());

    /// <summary>The y coordinate in base64url, as a JWK has it.</summary>
    public string Y => Base64Url.Encode(y.ToArray());

    /// <summary>Writes the 64 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        x.CopyTo(destination);
        y.CopyTo(destination[32..]);
    }

    /// <summary>The 64 bytes in an array of their own.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The parameters for a .NET key object.</summary>
    public ECParameters ToParameters() => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = x.ToArray(), Y = y.ToArray() },
    };

    /// <inheritdoc/>
    public bool Equals(PublicKey other) => x == other.x && y == other.y;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PublicKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => x.GetHashCode();

    /// <summary>The thumbprint in base64url; empty for the unset key.</summary>
    public override string ToString() => IsUnset ? "" : Base64Url.Encode(Thumbprint.ToArray());

    /// <summary>True if the coordinates are equal.</summary>
    public static bool operator ==(PublicKey left, PublicKey right) => left.Equals(right);

    /// <summary>True if a coordinate differs.</summary>
    public static bool operator !=(PublicKey left, PublicKey right) => !left.Equals(right);
}
