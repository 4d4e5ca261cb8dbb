using System.Buffers.Binary;
using System.Text;

namespace Counterfoil.Schemes.Conformance;

/// <summary>Reads a snapshot by its documented layout, apart from the code that wrote it: an auditor of its own.</summary>
public static class SnapshotTables
{
    private const int DigestLength = 32;

    /// <summary>The rows of one table; none where it has none.</summary>
    public static IReadOnlyList<(byte[] Key, byte[] Value)> Rows(ReadOnlySpan<byte> snapshot, string table)
    {
        var rows = new List<(byte[], byte[])>();
        if (!snapshot.StartsWith("cf-state"u8))
            throw new InvalidDataException("The bytes are no snapshot.");
        var at = "cf-state".Length + 2;
        var tables = TakeLength(snapshot, ref at);
        for (var number = 0; number < tables; number++)
        {
            var name = Encoding.UTF8.GetString(Take(snapshot, ref at, TakeLength(snapshot, ref at)));
            var count = TakeLength(snapshot, ref at);
            for (var row = 0; row < count; row++)
            {
                var keyLength = TakeLength(snapshot, ref at);
                var valueLength = TakeLength(snapshot, ref at);
                var key = Take(snapshot, ref at, keyLength).ToArray();
                var value = Take(snapshot, ref at, valueLength).ToArray();
                if (name == table)
                    rows.Add((key, value));
            }
        }
        if (at + DigestLength != snapshot.Length)
            throw new InvalidDataException("The snapshot does not end where its tables end.");
        return rows;
    }

    private static int TakeLength(ReadOnlySpan<byte> bytes, ref int at) => BinaryPrimitives.ReadInt32BigEndian(Take(bytes, ref at, 4));

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes, ref int at, int length)
    {
        var taken = bytes.Slice(at, length);
        at += length;
        return taken;
    }
}
