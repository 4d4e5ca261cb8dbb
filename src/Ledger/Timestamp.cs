namespace Counterfoil.Ledger;

/// <summary>
/// A point in time agreed by the ledger: whole milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored. Never negative; <c>default</c>
/// is the epoch. A length of time is a <see cref="TimeSpan"/>.
/// </summary>
/// <param name="UnixMilliseconds">Milliseconds since the Unix epoch, UTC.</param>
public readonly record struct Timestamp(long UnixMilliseconds) : IComparable<Timestamp>
{
    /// <summary>A point in time from whole seconds, as JWT's NumericDate has it.</summary>
    public static Timestamp FromSeconds(long unixSeconds) => new(unixSeconds * 1000);

    /// <summary>The same moment, cut to whole milliseconds.</summary>
    public static Timestamp From(DateTimeOffset moment) => new(moment.ToUnixTimeMilliseconds());

    /// <summary>Whole seconds since the epoch, rounded down.</summary>
    public long UnixSeconds => UnixMilliseconds / 1000;

    /// <summary>The moment as hosts and people use it, UTC.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);

    /// <inheritdoc/>
    public int CompareTo(Timestamp other) => UnixMilliseconds.CompareTo(other.UnixMilliseconds);

    /// <summary>ISO 8601, UTC, with milliseconds.</summary>
    public override string ToString() =>
        ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The point in time that much later.</summary>
    public static Timestamp operator +(Timestamp time, TimeSpan length) => new(time.UnixMilliseconds + (long)length.TotalMilliseconds);

    /// <summary>The length of time between the two.</summary>
    public static TimeSpan operator -(Timestamp left, Timestamp right) => TimeSpan.FromMilliseconds(left.UnixMilliseconds - right.UnixMilliseconds);

    /// <summary>True if earlier.</summary>
    public static bool operator <(Timestamp left, Timestamp right) => left.UnixMilliseconds < right.UnixMilliseconds;

    /// <summary>True if later.</summary>
    public static bool operator >(Timestamp left, Timestamp right) => left.UnixMilliseconds > right.UnixMilliseconds;

    /// <summary>True if not later.</summary>
    public static bool operator <=(Timestamp left, Timestamp right) => left.UnixMilliseconds <= right.UnixMilliseconds;

    /// <summary>True if not earlier.</summary>
    public static bool operator >=(Timestamp left, Timestamp right) => left.UnixMilliseconds >= right.UnixMilliseconds;
}
