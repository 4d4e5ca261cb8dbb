namespace Counterfoil.Simulator.FullStack;

/// <summary>A node's clock: the world's time, somewhat off and somewhat too fast or slow.</summary>
internal sealed class SimulatedClock(Func<long> nowMicroseconds) : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far the time of day is off.</summary>
    public long SkewMicroseconds { get; set; }

    /// <summary>How much faster it runs than the world, in millionths.</summary>
    public int DriftPerMillion { get; init; }

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000;

    /// <summary>The world's time of day.</summary>
    public static DateTimeOffset TimeOfDay(long microseconds) => Beginning.AddMicroseconds(microseconds);

    /// <inheritdoc/>
    public override long GetTimestamp() => nowMicroseconds() + nowMicroseconds() / 1_000_000 * DriftPerMillion;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => TimeOfDay(GetTimestamp() + SkewMicroseconds);
}
