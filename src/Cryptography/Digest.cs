using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography;

/// <summary>
/// A SHA-256 digest of something of kind <typeparamref name="T"/>: a type of its own for each kind, so that a block's digest is
/// never taken for a transaction's. Written as 64 lower-case hexadecimal digits. <c>default</c> is "unset" and is not written.
/// Ordered by its bytes. <b>Source:</b> FIPS 180-4.
/// </summary>
/// <typeparam name="T">A marker: the kind of thing that was hashed.</typeparam>
[JsonConverter(typeof(DigestJsonConverterFactory))]
public readonly struct Digest<T> : IEquatable<Digest<T>>, IComparable<Digest<T>>
{
    /// <summary>The length of a digest in bytes.</summary>
    public const int Size = 32;

    private readonly ulong a, b, c, d;

    /// <summary>A digest of exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">The span is of another length.</exception>
    public Digest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException("A digest has 32 bytes.", nameof(bytes));
        a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>True for <c>default</c>: no digest at all.</summary>
    public bool IsUnset => (a | b | c | d) == 0;

    /// <summary>The SHA-256 of the data.</summary>
    public static Digest<T> Of(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Size];
        Sha256.Hash(data, hash);
        return new Digest<T>(hash);
    }

    /// <summary>The SHA-256 of the two parts, one after the other: a domain label and the data.</summary>
    public static Digest<T> Of(ReadOnlySpan<byte> label, ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Size];
        Sha256.Hash(label, data, hash);
        return new Digest<T>(hash);
    }

    /// <summary>Parses exactly 64 lower-case hexadecimal digits.</summary>
    /// <returns>False for anything else, and for all zeros, which means "unset".</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest<T> digest)
    {
        digest = default;
        if (text is not { Length: 2 * Size } || text.AsSpan().ContainsAnyExceptInRange('0', 'f') || text.AsSpan().ContainsAnyInRange(':', '`'))
            return false;
        digest = new Digest<T>(Convert.FromHexString(text));
        return !digest.IsUnset;
    }

    /// <summary>Parses exactly 64 lower-case hexadecimal digits.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public static Digest<T> Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException("A digest is 64 lower-case hexadecimal digits.");

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], d);
    }

    /// <summary>The 32 bytes in an array of their own.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The same digest as one of another kind, where one thing plays two roles.</summary>
    public Digest<TOther> As<TOther>() => MemoryMarshal.Cast<Digest<T>, Digest<TOther>>(new ReadOnlySpan<Digest<T>>(in this))[0];

    /// <summary>The first 16 bits, big-endian.</summary>
    public ushort Prefix16 => (ushort)(a >> 48);

    /// <inheritdoc/>
    public bool Equals(Digest<T> other) => a == other.a && b == other.b && c == other.c && d == other.d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Digest<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((int)(d ^ (d >> 32)));

    /// <inheritdoc/>
    public int CompareTo(Digest<T> other)
    {
        var order = a.CompareTo(other.a);
        if (order == 0) order = b.CompareTo(other.b);
        if (order == 0) order = c.CompareTo(other.c);
        return order != 0 ? order : d.CompareTo(other.d);
    }

    /// <summary>The 64 lower-case hexadecimal digits; empty for the unset digest.</summary>
    public override string ToString()
    {
        if (IsUnset)
            return "";
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>True if all 32 bytes are equal.</summary>
    public static bool operator ==(Digest<T> left, Digest<T> right) => left.Equals(right);

    /// <summary>True if any byte differs.</summary>
    public static bool operator !=(Digest<T> left, Digest<T> right) => !left.Equals(right);
}
