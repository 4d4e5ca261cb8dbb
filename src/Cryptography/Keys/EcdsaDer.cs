namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// ECDSA signatures of P-256 in the form of X.509, CMS and TPMs: a DER sequence of the integers r and s. Strict: one encoding only for
/// each signature, nothing after it. <b>Source:</b> RFC 3279 section 2.2.3 (Ecdsa-Sig-Value), X.690 sections 8.3 and 10.1.
/// </summary>
public static class EcdsaDer
{
    /// <summary>The longest encoding in bytes: two integers of 33 bytes with their headers.</summary>
    public const int MaximumSize = 72;

    private const byte SequenceTag = 0x30;
    private const byte IntegerTag = 0x02;
    private const int IntegerSize = 32;

    /// <summary>Writes r and s as 64 bytes.</summary>
    /// <returns>False if the bytes are not strict DER, or an integer is negative or has more than 256 bits.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> der, Span<byte> signature)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signature.Length, Es256.SignatureSize);
        // The content is below 128 bytes, so DER has the length in one byte.
        if (der.Length is < 8 or > MaximumSize || der[0] != SequenceTag || der[1] != der.Length - 2)
            return false;
        var rest = der[2..];
        return TryInteger(ref rest, signature[..IntegerSize]) && TryInteger(ref rest, signature.Slice(IntegerSize, IntegerSize)) && rest.IsEmpty;
    }

    /// <summary>The DER of 64 bytes of r and s.</summary>
    /// <exception cref="ArgumentException">The signature does not have 64 bytes.</exception>
    public static byte[] Encode(ReadOnlySpan<byte> signature)
    {
        if (signature.Length != Es256.SignatureSize)
            throw new ArgumentException("An ES256 signature has 64 bytes.", nameof(signature));
        Span<byte> der = stackalloc byte[MaximumSize];
        der[0] = SequenceTag;
        var length = 2;
        length += WriteInteger(signature[..IntegerSize], der[length..]);
        length += WriteInteger(signature[IntegerSize..], der[length..]);
        der[1] = (byte)(length - 2);
        return der[..length].ToArray();
    }

    private static bool TryInteger(ref ReadOnlySpan<byte> der, Span<byte> integer)
    {
        if (der.Length < 3 || der[0] != IntegerTag || der[1] == 0 || der[1] > IntegerSize + 1 || der.Length < 2 + der[1])
            return false;
        var content = der.Slice(2, der[1]);
        der = der[(2 + content.Length)..];
        var negative = content[0] >= 0x80;
        var padded = content.Length > 1 && content[0] == 0 && content[1] < 0x80;
        if (negative || padded || (content.Length > IntegerSize && content[0] != 0))
            return false;
        if (content.Length > IntegerSize)
            content = content[1..];
        integer.Clear();
        content.CopyTo(integer[(IntegerSize - content.Length)..]);
        return true;
    }

    private static int WriteInteger(ReadOnlySpan<byte> integer, Span<byte> der)
    {
        while (integer.Length > 1 && integer[0] == 0)
            integer = integer[1..];
        var sign = integer[0] >= 0x80 ? 1 : 0;
        der[0] = IntegerTag;
        der[1] = (byte)(sign + integer.Length);
        der[2] = 0;
        integer.CopyTo(der[(2 + sign)..]);
        return 2 + sign + integer.Length;
    }
}
