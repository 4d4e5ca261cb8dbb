using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Accounts;

/// <summary>Marker for an asset's id.</summary>
public sealed class Asset
{
    /// <summary>The longest code, in characters; the shortest has 3.</summary>
    public const int MaximumCodeLength = 12;

    /// <summary>The shortest code, in characters.</summary>
    public const int MinimumCodeLength = 3;

    /// <summary>The longest name, in UTF-16 units.</summary>
    public const int MaximumNameLength = 64;

    /// <summary>The most decimals.</summary>
    public const int MaximumDecimals = 18;

    /// <summary>A shieldable asset's cap is below this: range proofs speak about 63 bits.</summary>
    public static readonly UInt128 ShieldableCapLimit = UInt128.One << 63;

    private Asset() { }

    /// <summary>
    /// The id of an issuer's asset: SHA-256("cf-asset\0" ‖ issuer's thumbprint ‖ code).
    /// </summary>
    /// <param name="issuer">Its issuer for ever.</param>
    /// <param name="code">3 to 12 upper-case letters and digits.</param>
    public static Digest<Asset> IdOf(AccountId issuer, string code)
    {
        Span<byte> input = stackalloc byte[Digest<Asset>.Size + MaximumCodeLength];
        issuer.CopyTo(input);
        var length = Encoding.ASCII.GetBytes(code, input[Digest<Asset>.Size..]);
        return Digest<Asset>.Of("cf-asset\0"u8, input[..(Digest<Asset>.Size + length)]);
    }

    /// <summary>True for 3 to 12 upper-case letters and digits.</summary>
    public static bool IsCode(string code)
    {
        if (code.Length is < MinimumCodeLength or > MaximumCodeLength)
            return false;
        foreach (var letter in code)
            if (!char.IsAsciiLetterUpper(letter) && !char.IsAsciiDigit(letter))
                return false;
        return true;
    }
}
