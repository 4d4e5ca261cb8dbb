using System.Globalization;

namespace Counterfoil.Cryptography.Json;

/// <summary>
/// A double as ECMAScript writes it: the shortest digits that give the same double back, the nearest of
/// those, and an exponent only below 10^-6 and from 10^21. <b>Source:</b> ECMA-262 section 6.1.6.1.20
/// (Number::toString, radix 10), RFC 8785 section 3.2.2.3.
/// </summary>
public static class EcmaScriptNumber
{
    /// <summary>The text of a finite number; minus zero is "0".</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The number is infinite or not a number: JSON has neither.
    /// </exception>
    public static string Format(double number)
    {
        if (!double.IsFinite(number))
            throw new ArgumentOutOfRangeException(nameof(number), "JSON has no such number.");
        if (number == 0)
            return "0";
        var text = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture);
        var (digits, exponent) = Split(text);
        return (number < 0 ? "-" : "") + Layout(digits, exponent);
    }

    // The value is 0.d1d2d3... times 10^n: n of the standard, with the digits' leading and trailing zeros
    // gone.
    private static (string Digits, int N) Split(string text)
    {
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = mark < 0
            ? 0
            : int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = mark < 0 ? text : text[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa.Length : point;
        var digits = point < 0 ? mantissa : mantissa.Remove(point, 1);
        var significant = digits.TrimStart('0');
        return (significant.TrimEnd('0'), whole + exponent - (digits.Length - significant.Length));
    }

    private static string Layout(string digits, int n)
    {
        var k = digits.Length;
        if (k <= n && n <= 21)
            return digits.PadRight(n, '0');
        if (0 < n && n <= 21)
            return $"{digits.AsSpan(0, n)}.{digits.AsSpan(n)}";
        if (-6 < n && n <= 0)
            return $"0.{new string('0', -n)}{digits}";
        var exponent = (n - 1).ToString("+0;-0", CultureInfo.InvariantCulture);
        return k == 1 ? $"{digits}e{exponent}" : $"{digits[0]}.{digits.AsSpan(1)}e{exponent}";
    }
}
