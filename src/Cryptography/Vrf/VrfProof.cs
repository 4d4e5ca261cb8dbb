using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Cryptography.Vrf;

/// <summary>
/// A VRF proof (pi): 33 bytes of the point Gamma, 16 bytes of challenge, 32 bytes of answer. A value of this type has the right length
/// only; verification checks the rest. <c>default</c> is "unset". <b>Source:</b> RFC 9381 section 5.1 step 8.
/// </summary>
public readonly struct VrfProof : IEquatable<VrfProof>
{
    /// <summary>The length in bytes.</summary>
    public const int Size = 81;

    private readonly byte[]? bytes;

    /// <summary>A proof of exactly 81 bytes.</summary>
    /// <exception cref="ArgumentException">The span is of another length.</exception>
    public VrfProof(ReadOnlySpan<byte> proof)
    {
        if (proof.Length != Size)
            throw new ArgumentException("A VRF proof has 81 bytes.", nameof(proof));
        bytes = proof.ToArray();
    }

    /// <summary>True for <c>default</c>: no proof at all.</summary>
    public bool IsUnset => bytes is null;

    /// <summary>The bytes; empty for the unset proof.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Parses base64url of exactly 81 bytes.</summary>
    /// <returns>False for anything else.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out VrfProof proof)
    {
        proof = default;
        if (text is null || text.Length != Base64Url.EncodedLength(Size) || !Base64Url.TryDecode(text.AsSpan(), out var decoded))
            return false;
        proof = new VrfProof(decoded);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(VrfProof other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is VrfProof other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>The proof in base64url; empty for the unset proof.</summary>
    public override string ToString() => Base64Url.Encode(Bytes);

    /// <summary>True if all bytes are equal.</summary>
    public static bool operator ==(VrfProof left, VrfProof right) => left.Equals(right);

    /// <summary>True if any byte differs.</summary>
    public static bool operator !=(VrfProof left, VrfProof right) => !left.Equals(right);
}
