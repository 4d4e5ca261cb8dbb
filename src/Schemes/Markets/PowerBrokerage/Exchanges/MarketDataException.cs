namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>A market day's files cannot be used: nothing is cleared from a part of them.</summary>
public sealed class MarketDataException : Exception
{
    /// <summary>A file that the day needs is not there.</summary>
    public const string MissingFile = "missing_file";

    /// <summary>A file is truncated, or a row is not what the format says.</summary>
    public const string DamagedFile = "damaged_file";

    public MarketDataException(string code, string file, int line, string reason)
        : base(line > 0 ? $"{file}, line {line}: {reason}" : $"{file}: {reason}")
    {
        Code = code;
        File = file;
        Line = line;
    }

    /// <summary>Stable: <see cref="MissingFile"/> or <see cref="DamagedFile"/>.</summary>
    public string Code { get; }

    /// <summary>The name of the file, without its folder.</summary>
    public string File { get; }

    /// <summary>The line from 1; 0 where the file as a whole is meant.</summary>
    public int Line { get; }
}
