using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// Snapshots of the state in the ledger's disk, each of the state after the block before a checkpoint block, whose certified root confirms it.
/// </summary>
internal sealed class SnapshotStore(IDisk disk)
{
    /// <summary>How many are kept.</summary>
    public const int Kept = 2;

    private const string Prefix = "snapshot-";

    /// <summary>The heights after which snapshots were taken, latest first.</summary>
    public IReadOnlyList<long> Heights =>
        [.. disk.List().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(HeightOf).Where(height => height > 0).OrderDescending()];

    /// <summary>Writes the state after a block and drops old snapshots; when it returns the snapshot survives a crash.</summary>
    public void Write(long height, LedgerState state)
    {
        disk.Replace(NameOf(height), state.WriteSnapshot);
        foreach (var old in Heights.Skip(Kept))
            disk.Delete(NameOf(old));
    }

    /// <summary>Makes a file of the disk the snapshot of a height, and drops old ones.</summary>
    public void Adopt(long height, string name)
    {
        disk.Replace(NameOf(height), stream =>
        {
            using var source = disk.OpenRead(name);
            source.CopyTo(stream);
        });
        foreach (var old in Heights.Skip(Kept))
            disk.Delete(NameOf(old));
    }

    /// <summary>Opens a snapshot for reading.</summary>
    public Stream OpenRead(long height) => disk.OpenRead(NameOf(height));

    /// <summary>Reads a snapshot into an empty state.</summary>
    /// <returns>False if it is damaged; the state is empty then.</returns>
    public bool TryRead(long height, LedgerState state)
    {
        try
        {
            using var stream = disk.OpenRead(NameOf(height));
            state.ReadSnapshot(stream, height);
            return true;
        }
        catch (SnapshotException)
        {
            return false;
        }
    }

    private static string NameOf(long height) => $"{Prefix}{height:D12}";

    private static long HeightOf(string name) =>
        long.TryParse(name.AsSpan(Prefix.Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var height) ? height : 0;
}
