namespace Counterfoil.Ledger.Storage;

/// <summary>A fault: bytes of a log that were durable are not as they were written. The log is left as it is, for a person to look at.</summary>
public sealed class LogDamagedException : Exception
{
    internal LogDamagedException(string segment, long offset, string what)
        : base($"{segment} is damaged at byte {offset}: {what}.")
    {
        Segment = segment;
        Offset = offset;
    }

    /// <summary>The file's name.</summary>
    public string Segment { get; }

    /// <summary>Where the damaged frame begins, in bytes.</summary>
    public long Offset { get; }
}

/// <summary>
/// A fault of the medium, such as a full disk: nothing that was appended since the last flush is in the log. The log can be used again.
/// </summary>
public sealed class LogWriteException : Exception
{
    internal LogWriteException(string log, Exception cause) : base($"The log {log} could not be written: {cause.Message}", cause)
    {
    }
}
