using System.Text.Json.Serialization;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>A share of a whole, compared by multiplication, never by division. <c>default</c> is unset.</summary>
/// <param name="Numerator">0 to 1,000,000, at most the denominator.</param>
/// <param name="Denominator">1 to 1,000,000.</param>
public readonly record struct Fraction(int Numerator, int Denominator)
{
    /// <summary>The largest denominator.</summary>
    public const int MaximumDenominator = 1_000_000;

    /// <summary>True for <c>default</c>.</summary>
    [JsonIgnore]
    public bool IsUnset => Denominator == 0;

    /// <summary>True if both numbers are within their ranges.</summary>
    [JsonIgnore]
    public bool IsValid => Denominator is >= 1 and <= MaximumDenominator && Numerator >= 0 && Numerator <= Denominator;

    /// <summary>The share of a whole, rounded down.</summary>
    public long Of(long whole) => (long)((Int128)whole * Numerator / Denominator);

    /// <summary>True if part ÷ whole is greater.</summary>
    public bool IsExceededBy(long part, long whole) => (Int128)part * Denominator > (Int128)whole * Numerator;

    /// <summary>True if part ÷ whole is at least this, and there is something.</summary>
    public bool IsReachedBy(long part, long whole) => part > 0 && (Int128)part * Denominator >= (Int128)whole * Numerator;

    /// <summary>True if this is at least the other.</summary>
    public bool IsAtLeast(Fraction other) => (long)Numerator * other.Denominator >= (long)other.Numerator * Denominator;
}
