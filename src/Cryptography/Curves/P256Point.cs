using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Curves;

/// <summary>
/// A point of P-256 that has been checked to lie on the curve, as a value; <c>default</c> is infinity, the group's neutral element.
/// <b>Source:</b> SP 800-186 section 3.2.1.3, SEC 1 section 2.3.
/// </summary>
public readonly struct P256Point : IEquatable<P256Point>
{
    /// <summary>The length of the compressed form in bytes: 02 or 03 by the parity of y, then x.</summary>
    public const int CompressedSize = 33;

    /// <summary>The length of the uncompressed form in bytes: 04, then x, then y.</summary>
    public const int UncompressedSize = 65;

    private readonly PublicKey coordinates;

    private P256Point(PublicKey coordinates) => this.coordinates = coordinates;

    // p of SP 800-186 section 3.2.1.3.
    private static ReadOnlySpan<byte> Prime =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ];

    /// <summary>True for <c>default</c>. Infinity has no encoding here: both encoders throw.</summary>
    public bool IsInfinity => coordinates.IsUnset;

    /// <summary>Decodes exactly 33 bytes (compressed) or 65 bytes (uncompressed); hybrid forms and infinity are refused.</summary>
    /// <returns>False if the bytes are anything else or no point of the curve.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out P256Point point)
    {
        point = default;
        if (encoded.Length == 0 || encoded.Length != (encoded[0] switch { 2 or 3 => CompressedSize, 4 => UncompressedSize, _ => -1 }))
            return false;
        var workspace = P256Workspace.Current;
        if (!workspace.Decode(encoded))
            return false;
        point = encoded[0] == 4 ? OfCoordinates(encoded[1..]) : workspace.Take();
        return true;
    }

    /// <summary>The point of a public key.</summary>
    /// <returns>False if the key is no point of the curve.</returns>
    public static bool TryFrom(PublicKey key, out P256Point point)
    {
        point = Es256.IsOnCurve(key) ? new P256Point(key) : default;
        return !point.IsInfinity;
    }

    /// <summary>The point as a public key; the unset key for infinity.</summary>
    public PublicKey ToPublicKey() => coordinates;

    /// <summary>Writes the 33 bytes of the compressed form.</summary>
    /// <exception cref="InvalidOperationException">The point is infinity.</exception>
    public void EncodeCompressed(Span<byte> destination)
    {
        Span<byte> xy = stackalloc byte[PublicKey.Size];
        Coordinates(xy);
        destination[0] = (byte)(2 | (xy[63] & 1));
        xy[..32].CopyTo(destination[1..]);
    }

    /// <summary>Writes the 65 bytes of the uncompressed form.</summary>
    /// <exception cref="InvalidOperationException">The point is infinity.</exception>
    public void EncodeUncompressed(Span<byte> destination)
    {
        Coordinates(destination[1..]);
        destination[0] = 4;
    }

    /// <summary>The point (x, −y). No point of P-256 has y = 0, since its order is odd.</summary>
    public P256Point Negate()
    {
        if (IsInfinity)
            return this;
        Span<byte> xy = stackalloc byte[PublicKey.Size];
        Coordinates(xy);
        var borrow = 0;
        for (var i = 31; i >= 0; i--)
        {
            var difference = Prime[i] - xy[32 + i] - borrow;
            borrow = (difference >> 31) & 1;
            xy[32 + i] = (byte)(difference & 0xff);
        }
        return OfCoordinates(xy);
    }

    /// <inheritdoc/>
    public bool Equals(P256Point other) => coordinates == other.coordinates;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is P256Point other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => coordinates.GetHashCode();

    /// <summary>The compressed form in hexadecimal digits; "infinity".</summary>
    public override string ToString()
    {
        if (IsInfinity)
            return "infinity";
        Span<byte> encoded = stackalloc byte[CompressedSize];
        EncodeCompressed(encoded);
        return Convert.ToHexStringLower(encoded);
    }

    /// <summary>True if both are the same point.</summary>
    public static bool operator ==(P256Point left, P256Point right) => left.Equals(right);

    /// <summary>True if they are different points.</summary>
    public static bool operator !=(P256Point left, P256Point right) => !left.Equals(right);

    /// <summary>A point whose coordinates libcrypto has checked or made.</summary>
    internal static P256Point OfCoordinates(ReadOnlySpan<byte> xy) => new(new PublicKey(xy));

    private void Coordinates(Span<byte> xy)
    {
        if (IsInfinity)
            throw new InvalidOperationException("Infinity has no affine coordinates.");
        coordinates.CopyTo(xy);
    }
}
