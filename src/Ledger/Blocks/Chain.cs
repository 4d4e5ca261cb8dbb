using System.Diagnostics.CodeAnalysis;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// The certified blocks in their log: record n is the block of height n + 1. One writer, many readers.
/// </summary>
internal sealed class Chain : IDisposable
{
    private readonly RecordLog log;

    public Chain(IDisk disk) => log = RecordLog.Open(disk, "blocks");

    /// <summary>The height of the last block in the log.</summary>
    public long Height => log.Count;

    /// <summary>Appends a certified block; when it returns the block survives a crash.</summary>
    /// <exception cref="LogWriteException">The disk did not take it; the log is as before.</exception>
    public void Append(StoredBlock block)
    {
        if (block.Header.Height != log.Count + 1)
            throw new InvalidOperationException($"Block {block.Header.Height} does not follow block {log.Count}.");
        var writer = new StateWriter();
        try
        {
            block.Write(ref writer);
            log.Append(writer.Written);
            log.Flush();
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Reads the block of a height.</summary>
    public bool TryRead(long height, [NotNullWhen(true)] out StoredBlock? block)
    {
        block = height >= 1 && height <= log.Count ? StoredBlock.Read(log.Read(height - 1)) : null;
        return block is not null;
    }

    public void Dispose() => log.Dispose();
}
