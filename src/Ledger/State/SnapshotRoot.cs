using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>
/// The root over a snapshot's content, from its bytes alone: a snapshot of others is compared with a certified checkpoint root before anything of it is used.
/// </summary>
internal static class SnapshotRoot
{
    private const int ChangesAtOnce = 1 << 16;

    /// <exception cref="SnapshotException">The bytes are no snapshot.</exception>
    public static Digest<LedgerState> Compute(Stream stream, int threads)
    {
        using var snapshot = new SnapshotReader(stream);
        var tree = StateCheckpoint.Empty;
        var changes = new RowChange[ChangesAtOnce];
        var filled = 0;
        for (var left = snapshot.Header(); left > 0; left--)
        {
            var (name, rowCount) = snapshot.Table();
            for (; rowCount > 0; rowCount--)
            {
                changes[filled++] = snapshot.RowDigests(name);
                if (filled < changes.Length)
                    continue;
                tree = tree.With(changes, threads);
                filled = 0;
            }
        }
        snapshot.End();
        return tree.With(changes[..filled], threads).Root;
    }
}
