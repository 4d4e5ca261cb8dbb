using System.Globalization;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>One line of a file, which knows where it stands, so that whatever is wrong with it is
/// named.</summary>
internal sealed record DataLine(string File, int Number, string Text)
{
    internal MarketDataException Damaged(string reason) => new(MarketDataException.DamagedFile, File, Number, reason);

    /// <summary>The fields of a separated line, exactly <paramref name="count"/>. No format here
    /// quotes.</summary>
    internal string[] Fields(char separator, int count)
    {
        var fields = Text.Split(separator);
        return fields.Length == count ? fields : throw Damaged($"{fields.Length} fields instead of {count}");
    }

    /// <summary>A whole number, digits only.</summary>
    internal int Integer(string text, int least, int most, string what) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Damaged($"{what} is not a number from {least} to {most}");

    /// <summary>A decimal number with a point, as a count of ticks of 10^-<paramref name="decimals"/>; it
    /// must be a whole number of them.</summary>
    internal long Ticks(string text, int decimals, long least, long most, string what)
    {
        if (!TryTicks(text, decimals, out var ticks)) throw Damaged($"{what} is not a decimal number of whole ticks");
        return ticks >= least && ticks <= most ? ticks : throw Damaged($"{what} is outside its range");
    }

    /// <summary>As <see cref="Ticks"/>, but with a decimal comma and points between thousands.</summary>
    internal long CommaTicks(string text, int decimals, long least, long most, string what)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var groups = (comma < 0 ? text : text[..comma]).TrimStart('-').Split('.');
        if (groups.Length > 1 && (groups[0].Length is 0 or > 3 || groups.Skip(1).Any(group => group.Length != 3)))
            throw Damaged($"{what} has a point that does not part thousands");
        return Ticks(text.Replace(".", "", StringComparison.Ordinal).Replace(',', '.'), decimals, least, most, what);
    }

    private static bool TryTicks(string text, int decimals, out long ticks)
    {
        ticks = 0;
        var negative = text.StartsWith('-');
        var digits = negative ? text.AsSpan(1) : text.AsSpan();
        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? [] : digits[(point + 1)..];
        if (whole.Length is 0 or > 12 || (point >= 0 && fraction.Length is 0 or > 6)) return false;
        if (whole.ContainsAnyExceptInRange('0', '9') || fraction.ContainsAnyExceptInRange('0', '9')) return false;
        foreach (var digit in whole) ticks = (ticks * 10) + (digit - '0');
        for (var index = 0; index < Math.Max(decimals, fraction.Length); index++)
        {
            var digit = index < fraction.Length ? fraction[index] - '0' : 0;
            if (index < decimals) ticks = (ticks * 10) + digit;
            else if (digit != 0) return false;
        }
        if (negative) ticks = -ticks;
        return true;
    }
}
