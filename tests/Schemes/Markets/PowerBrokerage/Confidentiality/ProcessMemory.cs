using System.Globalization;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;

/// <summary>The writable memory of another process of the same user, as Linux shows it in <c>/proc</c>: its heaps, stacks and what was freed and not yet reused.</summary>
internal static class ProcessMemory
{
    private const int PortionBytes = 4 * 1024 * 1024;

    // As long as the longest form that is looked for, so that none is cut in two.
    private const int OverlapBytes = 512;

    /// <summary>Portions of it, which overlap.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(int processId)
    {
        using var memory = File.OpenHandle($"/proc/{processId}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var buffer = new byte[PortionBytes];
        foreach (var (start, end) in Regions(processId))
            for (var at = start; at < end; at += PortionBytes - OverlapBytes)
            {
                var length = (int)Math.Min(PortionBytes, end - at);
                var read = 0;
                try
                {
                    read = RandomAccess.Read(memory, buffer.AsSpan(0, length), at);
                }
                catch (IOException)
                {
                    // Given back to the system since the regions were listed.
                }
                if (read > 0)
                    yield return buffer.AsMemory(0, read);
            }
    }

    private static List<(long Start, long End)> Regions(int processId)
    {
        var regions = new List<(long, long)>();
        foreach (var line in File.ReadLines($"/proc/{processId}/maps"))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var ends = parts[0].Split('-');
            if (parts[1].StartsWith("rw", StringComparison.Ordinal) && ulong.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) <= long.MaxValue)
                regions.Add((
                    long.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), long.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        }
        return regions;
    }
}
