using System.Globalization;
using System.Numerics;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Contracts.Accounts;

/// <summary>
/// So many of an asset's smallest units. There is no division: <see cref="Split"/> shares without
/// losing a unit and <see cref="MulDiv"/> names its rounding. Arithmetic with another asset, beyond
/// 2^128 − 1 or below zero is a fault.
/// </summary>
/// <param name="Asset">The asset.</param>
/// <param name="Units">Smallest units, 0 to 2^128 − 1; on the wire a string of decimal
/// digits.</param>
[method: JsonConstructor]
public readonly record struct Amount(
    Digest<Asset> Asset,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Units) : IComparable<Amount>
{
    /// <summary>The most parts of <see cref="Split"/>.</summary>
    public const int MaximumParts = 1_000_000;

    /// <summary>True for no units.</summary>
    [JsonIgnore]
    public bool IsZero => Units == 0;

    /// <summary>Both together.</summary>
    public static Amount operator +(Amount left, Amount right) =>
        left with { Units = checked(left.Units + left.Same(right)) };

    /// <summary>What is left.</summary>
    public static Amount operator -(Amount left, Amount right) =>
        left with { Units = checked(left.Units - left.Same(right)) };

    /// <summary>True if less of the same asset.</summary>
    public static bool operator <(Amount left, Amount right) => left.CompareTo(right) < 0;

    /// <summary>True if more of the same asset.</summary>
    public static bool operator >(Amount left, Amount right) => left.CompareTo(right) > 0;

    /// <summary>True if not more of the same asset.</summary>
    public static bool operator <=(Amount left, Amount right) => left.CompareTo(right) <= 0;

    /// <summary>True if not less of the same asset.</summary>
    public static bool operator >=(Amount left, Amount right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(Amount other) => Units.CompareTo(Same(other));

    /// <summary>
    /// Equal parts; the units that do not divide go to the first parts, one each, so that the sum
    /// is this amount.
    /// </summary>
    /// <param name="parts">1 to <see cref="MaximumParts"/>.</param>
    public Amount[] Split(int parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, MaximumParts);
        var (share, left) = UInt128.DivRem(Units, (UInt128)(uint)parts);
        var shares = new Amount[parts];
        for (var part = 0; part < parts; part++)
            shares[part] = this with { Units = (UInt128)(uint)part < left ? share + 1 : share };
        return shares;
    }

    /// <summary>This amount times a fraction, exact until the rounding at the end.</summary>
    /// <param name="numerator">Any.</param>
    /// <param name="denominator">At least 1.</param>
    /// <param name="rounding">What becomes of a fraction of a unit.</param>
    /// <exception cref="OverflowException">The result is beyond 2^128 − 1.</exception>
    public Amount MulDiv(UInt128 numerator, UInt128 denominator, Rounding rounding)
    {
        ArgumentOutOfRangeException.ThrowIfZero(denominator);
        var whole = BigInteger.DivRem((BigInteger)Units * (BigInteger)numerator, (BigInteger)denominator,
            out var rest);
        var half = (rest << 1).CompareTo((BigInteger)denominator);
        var roundsUp = rounding switch
        {
            Rounding.Down => false,
            Rounding.Up => !rest.IsZero,
            Rounding.HalfEven => half > 0 || (half == 0 && !whole.IsEven),
            Rounding.HalfUp => half >= 0,
            _ => throw new ArgumentOutOfRangeException(nameof(rounding)),
        };
        return this with { Units = (UInt128)(roundsUp ? whole + 1 : whole) };
    }

    /// <summary>The units and the asset.</summary>
    public override string ToString() =>
        $"{Units.ToString(CultureInfo.InvariantCulture)} of {Asset}";

    private UInt128 Same(Amount other) =>
        Asset == other.Asset
            ? other.Units
            : throw new InvalidOperationException("Amounts of different assets do not mix.");
}
