using System.Diagnostics.CodeAnalysis;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// The certified blocks in their log. In the log of a ledger that was followed from genesis, record n is the block of height n + 1. One that began from a
/// snapshot of others has the two blocks around it in the file <c>chain-base</c>, and the log goes on after them. One writer, many readers.
/// </summary>
internal sealed class Chain : IDisposable
{
    private const string BaseName = "chain-base";

    private readonly IDisk disk;
    private readonly RecordLog log;
    private volatile ChainBase? origin;

    public Chain(IDisk disk)
    {
        this.disk = disk;
        log = RecordLog.Open(disk, "blocks");
        origin = disk.List().Contains(BaseName) ? ChainBase.Read(disk) : null;
        if (origin is not null && log.Count > 0 && StoredBlock.Read(log.Read(0)).Header.Height != BeforeLog + 1)
            log.TruncateTo(0);
    }

    /// <summary>The height of the last block.</summary>
    public long Height => BeforeLog + log.Count;

    /// <summary>The height of the first block that is here.</summary>
    public long FirstHeight => origin?.Last.Header.Height ?? 1;

    private long BeforeLog => origin?.Next.Header.Height ?? 0;

    /// <summary>Appends a certified block; when it returns the block survives a crash.</summary>
    /// <exception cref="LogWriteException">The disk did not take it; the log is as before.</exception>
    public void Append(StoredBlock block)
    {
        if (block.Header.Height != Height + 1)
            throw new InvalidOperationException($"Block {block.Header.Height} does not follow block {Height}.");
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
    /// <returns>False if it is not here.</returns>
    public bool TryRead(long height, [NotNullWhen(true)] out StoredBlock? block)
    {
        block = null;
        if (height < FirstHeight || height > Height)
            return false;
        var index = height - BeforeLog - 1;
        block = index >= 0 ? StoredBlock.Read(log.Read(index)) : height == FirstHeight ? origin!.Last : origin!.Next;
        return true;
    }

    /// <summary>
    /// Lets go of all blocks and begins with these two, around a snapshot that is durable already. A crash before leaves all, a crash in between is
    /// completed at the next start.
    /// </summary>
    public void RestartAt(StoredBlock last, StoredBlock next)
    {
        var begun = new ChainBase(last, next);
        disk.Replace(BaseName, begun.Write);
        log.TruncateTo(0);
        origin = begun;
    }

    public void Dispose() => log.Dispose();

    /// <summary>The blocks around the snapshot from which a chain begins. File: the two blocks as Bytes.</summary>
    private sealed record ChainBase(StoredBlock Last, StoredBlock Next)
    {
        public void Write(Stream stream)
        {
            var writer = new StateWriter();
            try
            {
                writer.Bytes(Last.ToBytes());
                writer.Bytes(Next.ToBytes());
                stream.Write(writer.Written);
            }
            finally
            {
                writer.Dispose();
            }
        }

        public static ChainBase Read(IDisk disk)
        {
            using var stream = disk.OpenRead(BaseName);
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            try
            {
                var reader = new StateReader(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
                var begun = new ChainBase(StoredBlock.Read(reader.Bytes()), StoredBlock.Read(reader.Bytes()));
                reader.End();
                return begun;
            }
            catch (StateFormatException fault)
            {
                throw new LedgerDamagedException($"The file {BaseName} is damaged: {fault.Message}", 0);
            }
        }
    }
}
