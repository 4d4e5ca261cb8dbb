namespace Counterfoil.Ledger.Storage;

/// <summary>
/// A flat folder of files, as the ledger needs it: the seam at which tests tear writes and fill disks. Names are 1 to 100 of a–z, 0–9,
/// '.', '-', '_', not beginning with '.'. What a method promises to be durable survives a loss of power. Failures of the medium are
/// <see cref="IOException"/>.
/// </summary>
public interface IDisk
{
    /// <summary>The names of all files, ordered by their characters.</summary>
    IReadOnlyList<string> List();

    /// <summary>Opens a file for reading and appending; makes it, durably and empty, if it is not there.</summary>
    IDiskFile Open(string name);

    /// <summary>Opens a file for reading from its beginning.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    Stream OpenRead(string name);

    /// <summary>
    /// Gives a file new content durably, or leaves it as it was: nobody ever sees a part. If <paramref name="write"/> throws, nothing has changed.
    /// </summary>
    void Replace(string name, Action<Stream> write);

    /// <summary>Deletes a file durably; nothing if it is not there.</summary>
    void Delete(string name);
}

/// <summary>An open file of an <see cref="IDisk"/>. One thread appends and truncates; any thread reads.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>The length in bytes.</summary>
    long Length { get; }

    /// <summary>Appends the bytes. Not durable before <see cref="Flush"/>; after a failure any part of them may be in the file.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Makes all that was appended or cut off durable (fsync).</summary>
    void Flush();

    /// <summary>Reads from that offset until the buffer is full or the file ends.</summary>
    /// <returns>The number of bytes read.</returns>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Cuts the file off at that length. Not durable before <see cref="Flush"/>.</summary>
    void Truncate(long length);
}
