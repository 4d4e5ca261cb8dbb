using System.Globalization;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>How long this machine's processors have worked since it started, all programs together. <b>Source:</b> proc(5), /proc/stat.</summary>
internal static class MachineTime
{
    // USER_HZ, which every Linux on our processors has.
    private const double TicksPerSecond = 100;

    // user nice system idle iowait irq softirq steal; what guests use is in user already.
    private const int Idle = 3, WaitingForDisks = 4, Fields = 8;

    /// <summary>Null where the system does not say.</summary>
    public static TimeSpan? Worked()
    {
        const string path = "/proc/stat";
        if (!File.Exists(path))
            return null;
        var fields = File.ReadLines(path).First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(Fields)
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        return TimeSpan.FromSeconds(fields.Where((_, index) => index is not (Idle or WaitingForDisks)).Sum() / TicksPerSecond);
    }
}
