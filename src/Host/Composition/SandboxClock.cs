using System.Globalization;
using Counterfoil.Host.Api;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Composition;

/// <summary>
/// A sandbox's clock: begins at a chosen time, goes on with real time, and is moved forward by
/// walkthroughs. What it is ahead or behind real time is kept in a file, so that it goes on after a
/// restart.
/// </summary>
public sealed class SandboxClock : TimeProvider
{
    /// <summary>The furthest that one call moves it: ten years.</summary>
    public const long MaximumAdvanceSeconds = 10L * 366 * 24 * 3600;

    /// <summary>The end of a sandbox's time: year 9000, well within what dates can hold.</summary>
    private const long LatestMilliseconds = 221_845_392_000_000;

    private readonly Lock gate = new();
    private readonly string path;
    private long offsetMilliseconds;

    /// <summary>The clock of a home: as its file says, else beginning now at this time.</summary>
    /// <param name="path">The file of the offset.</param>
    /// <param name="start">The time at which a new sandbox begins.</param>
    public SandboxClock(string path, Timestamp start)
    {
        this.path = path;
        if (File.Exists(path))
        {
            offsetMilliseconds = long.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture);
            return;
        }
        offsetMilliseconds = start.UnixMilliseconds - RealMilliseconds;
        Keep();
    }

    /// <summary>Raised after the clock was moved, so that the ledger looks at once for what is due.</summary>
    public event Action? Moved;

    private static long RealMilliseconds => System.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddMilliseconds(Interlocked.Read(ref offsetMilliseconds));

    /// <summary>Moves it forward by whole seconds.</summary>
    /// <returns>Null, or <c>clock_backwards</c> or <c>clock_too_far</c>.</returns>
    public Refusal? Advance(long seconds)
    {
        if (seconds < 0)
            return ApiRefusals.ClockBackwards;
        if (seconds > MaximumAdvanceSeconds)
            return ApiRefusals.ClockTooFar;
        lock (gate)
        {
            var offset = offsetMilliseconds + seconds * 1000;
            if (RealMilliseconds + offset > LatestMilliseconds)
                return ApiRefusals.ClockTooFar;
            Move(offset);
        }
        Moved?.Invoke();
        return null;
    }

    /// <summary>Moves it forward to a time.</summary>
    /// <returns>Null, or <c>clock_backwards</c> or <c>clock_too_far</c>.</returns>
    public Refusal? AdvanceTo(long unixMilliseconds)
    {
        lock (gate)
        {
            var now = RealMilliseconds + offsetMilliseconds;
            if (unixMilliseconds < now)
                return ApiRefusals.ClockBackwards;
            if (unixMilliseconds - now > MaximumAdvanceSeconds * 1000 || unixMilliseconds > LatestMilliseconds)
                return ApiRefusals.ClockTooFar;
            Move(unixMilliseconds - RealMilliseconds);
        }
        Moved?.Invoke();
        return null;
    }

    private void Move(long offset)
    {
        Interlocked.Exchange(ref offsetMilliseconds, offset);
        Keep();
    }

    private void Keep()
    {
        var unfinished = path + ".new";
        File.WriteAllText(unfinished, offsetMilliseconds.ToString(CultureInfo.InvariantCulture));
        File.Move(unfinished, path, overwrite: true);
    }
}
