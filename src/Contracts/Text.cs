using System.Globalization;

namespace Counterfoil.Contracts;

/// <summary>Numbers as they stand in facts: invariant decimal digits.</summary>
internal static class Text
{
    public static string Of<T>(T number) where T : IFormattable =>
        number.ToString(null, CultureInfo.InvariantCulture);
}
