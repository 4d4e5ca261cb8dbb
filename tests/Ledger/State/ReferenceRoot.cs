using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Tests.State;

/// <summary>The root from scratch, straight from the text of LedgerState's documentation; shares no code with it.</summary>
internal static class ReferenceRoot
{
    public static Digest<LedgerState> Of(IEnumerable<(string Table, byte[] Key, byte[] Value)> rows)
    {
        var buckets = new SortedDictionary<string, byte[]>[65_536];
        foreach (var (table, key, value) in rows)
        {
            var name = Encoding.UTF8.GetBytes(table);
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, name.Length);
            var keyDigest = SHA256.HashData([.. length, .. name, .. key]);
            var row = SHA256.HashData([.. "cf-row\0"u8, .. keyDigest, .. SHA256.HashData(value)]);
            var bucket = buckets[keyDigest[0] * 256 + keyDigest[1]] ??= new(StringComparer.Ordinal);
            bucket.Add(Convert.ToHexString(keyDigest), row);
        }
        var empty = SHA256.HashData([0]);
        var level = Array.ConvertAll(buckets, bucket => bucket is null ? empty : SHA256.HashData([0, .. bucket.Values.SelectMany(row => row)]));
        while (level.Length > 1)
        {
            // Most of the tree is empty: its subtrees are hashed once a level.
            var emptyAbove = SHA256.HashData([1, .. empty, .. empty]);
            var above = new byte[level.Length / 2][];
            for (var i = 0; i < above.Length; i++)
                above[i] = level[2 * i] == empty && level[2 * i + 1] == empty ? emptyAbove : SHA256.HashData([1, .. level[2 * i], .. level[2 * i + 1]]);
            (level, empty) = (above, emptyAbove);
        }
        return new Digest<LedgerState>(level[0]);
    }

    public static byte[] KeyBytes<TKey>(TKey key) where TKey : struct, IStateKey<TKey>
    {
        var writer = new StateWriter();
        key.Write(ref writer);
        var bytes = writer.Written.ToArray();
        writer.Dispose();
        return bytes;
    }

    public static byte[] RowBytes<TRow>(TRow row) where TRow : IStateRow<TRow>
    {
        var writer = new StateWriter();
        row.Write(ref writer);
        var bytes = writer.Written.ToArray();
        writer.Dispose();
        return bytes;
    }
}
