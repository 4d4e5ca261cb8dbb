using System.Security.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>Reads what <see cref="SnapshotWriter"/> wrote, and nothing else.</summary>
internal sealed class SnapshotReader : IDisposable
{
    internal const int LargestKeyLength = 1 << 16;
    internal const int LargestValueLength = 1 << 26;

    private readonly BufferedStream stream;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] buffer = new byte[1024];

    public SnapshotReader(Stream stream) => this.stream = new BufferedStream(stream, 1 << 18);

    /// <summary>The number of tables.</summary>
    public int Header()
    {
        var header = new StateReader(Take(14));
        if (!header.Raw(8).SequenceEqual(SnapshotWriter.Magic))
            throw SnapshotException.Damaged("it does not begin as one");
        var version = header.UInt16();
        if (version != SnapshotWriter.Version)
            throw SnapshotException.UnknownVersion(version);
        return Count(header.UInt32());
    }

    public (string Name, int RowCount) Table()
    {
        var name = System.Text.Encoding.ASCII.GetString(Take(Length(4, LedgerState.LargestNameLength + 8)));
        return (name, Count(new StateReader(Take(4)).UInt32()));
    }

    public (TKey Key, TRow Row) Row<TKey, TRow>()
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow>
    {
        var bytes = RowBytes(out var keyLength);
        try
        {
            var keyReader = new StateReader(bytes[..keyLength]);
            var key = TKey.Read(ref keyReader);
            keyReader.End();
            var rowReader = new StateReader(bytes[keyLength..]);
            var row = TRow.Read(ref rowReader);
            rowReader.End();
            return (key, row);
        }
        catch (Exception cause) when (cause is StateFormatException or ArgumentException or FormatException or OverflowException)
        {
            throw SnapshotException.Damaged("a row does not read back", cause);
        }
    }

    /// <summary>The digests of a row of any table.</summary>
    public RowChange RowDigests(string table)
    {
        var bytes = RowBytes(out var keyLength);
        var writer = new StateWriter(stackalloc byte[256]);
        try
        {
            writer.Text(table);
            writer.Raw(bytes[..keyLength]);
            return new RowChange(ShortHash.Of<StateKey>(writer.Written), ShortHash.Of<StateValue>(bytes[keyLength..]), IsPresent: true);
        }
        finally
        {
            writer.Dispose();
        }
    }

    public void SkipRows(int count)
    {
        for (; count > 0; count--)
            RowBytes(out _);
    }

    /// <summary>Compares the trailing hash and asserts the end.</summary>
    public void End()
    {
        var computed = hash.GetHashAndReset();
        if (!Take(32).SequenceEqual(computed))
            throw SnapshotException.Damaged("its hash is another");
        if (stream.ReadByte() >= 0)
            throw SnapshotException.Damaged("bytes are left over");
    }

    public void Dispose() => hash.Dispose();

    private ReadOnlySpan<byte> RowBytes(out int keyLength)
    {
        var lengths = new StateReader(Take(8));
        var (keyCount, valueCount) = (lengths.UInt32(), lengths.UInt32());
        if (keyCount > LargestKeyLength || valueCount > LargestValueLength)
            throw SnapshotException.Damaged("a row is too long");
        keyLength = (int)keyCount;
        return Take((int)(keyCount + valueCount));
    }

    private static int Count(uint count) =>
        count <= int.MaxValue ? (int)count : throw SnapshotException.Damaged("a count is too large");

    private int Length(int width, int largest)
    {
        var length = new StateReader(Take(width)).UInt32();
        return length <= largest ? (int)length : throw SnapshotException.Damaged("a name is too long");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (buffer.Length < count)
            buffer = new byte[Math.Max(count, 2 * buffer.Length)];
        var taken = buffer.AsSpan(0, count);
        if (stream.ReadAtLeast(taken, count, throwOnEndOfStream: false) < count)
            throw SnapshotException.Damaged("it ends too early");
        hash.AppendData(taken);
        return taken;
    }
}
