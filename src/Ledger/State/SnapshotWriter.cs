using System.Security.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>Writes a snapshot's bytes through one buffer and one running hash.</summary>
internal sealed class SnapshotWriter : IDisposable
{
    internal const int Version = 1;
    private const int BufferSize = 1 << 18;

    private readonly Stream stream;
    private readonly byte[] buffer = new byte[BufferSize];
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int length;

    public SnapshotWriter(Stream stream) => this.stream = stream;

    internal static ReadOnlySpan<byte> Magic => "cf-state"u8;

    public void Header(int tableCount)
    {
        var writer = new StateWriter(stackalloc byte[16]);
        writer.Raw(Magic);
        writer.UInt16(Version);
        writer.UInt32((uint)tableCount);
        Append(writer.Written);
        writer.Dispose();
    }

    public void Table(string name, int rowCount)
    {
        var writer = new StateWriter(stackalloc byte[256]);
        writer.Text(name);
        writer.UInt32((uint)rowCount);
        Append(writer.Written);
        writer.Dispose();
    }

    public void Row<TKey, TRow>(TKey key, TRow row)
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow>
    {
        var writer = new StateWriter(stackalloc byte[512]);
        try
        {
            key.Write(ref writer);
            var keyLength = writer.Written.Length;
            row.Write(ref writer);
            Span<byte> lengths = stackalloc byte[8];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(lengths, keyLength);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(lengths[4..], writer.Written.Length - keyLength);
            Append(lengths);
            Append(writer.Written);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Writes the digest of all before it, and returns it.</summary>
    public byte[] End()
    {
        FlushBuffer();
        var digest = hash.GetHashAndReset();
        stream.Write(digest);
        stream.Flush();
        return digest;
    }

    public void Dispose() => hash.Dispose();

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > buffer.Length - length)
            FlushBuffer();
        if (bytes.Length > buffer.Length)
        {
            hash.AppendData(bytes);
            stream.Write(bytes);
            return;
        }
        bytes.CopyTo(buffer.AsSpan(length));
        length += bytes.Length;
    }

    private void FlushBuffer()
    {
        hash.AppendData(buffer.AsSpan(0, length));
        stream.Write(buffer.AsSpan(0, length));
        length = 0;
    }
}
