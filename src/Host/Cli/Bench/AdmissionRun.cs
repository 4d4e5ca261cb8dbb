namespace Counterfoil.Host.Cli.Bench;

/// <summary>
/// What a run with some servers showed. Processor times are microseconds a transaction inside the window, of servers, client and database; the last is the share
/// of the machine that other programs took meanwhile, null where the system does not say.
/// </summary>
internal sealed record AdmissionRun(
    int Servers, long Transfers, double Seconds, double MedianMilliseconds, double ServerMicroseconds, double ClientMicroseconds, double DatabaseMicroseconds,
    double? OthersShare)
{
    public double PerSecond => Transfers / Seconds;

    /// <summary>What database and load cost, as a share of what a server does itself.</summary>
    public double Overhead => (ClientMicroseconds + DatabaseMicroseconds) / ServerMicroseconds;

    /// <summary>
    /// How many times as much as one such server these take by their processor times, on a machine that does nothing else: each server has one processor, and
    /// servers, client and database share all of them.
    /// </summary>
    public double RatioByCpu(int processors) => Math.Min(Servers, processors / (1 + Overhead)) / Math.Min(1, processors / (1 + Overhead));
}
