using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Counterfoil.Tools;

/// <summary>
/// Reads a snapshot (docs/storage.md, Snapshots), computes its root, and compares the rows that the log
/// gives. Holds 64 bytes a row.
/// </summary>
internal sealed class SnapshotChecker(
    string folder, AccountsModel accounts, ReplayModel replay, Findings findings)
{
    private const string Prefix = "snapshot-";
    private const int BucketCount = 65_536;
    private const int LongestName = 88;
    private const int LargestRow = 1 << 27;

    /// <summary>The heights of which there are snapshots, ascending.</summary>
    public IReadOnlyList<long> Heights { get; } =
    [
        .. Directory.EnumerateFiles(folder, Prefix + "*").Select(
            path => Path.GetFileName(path)[Prefix.Length..])
            .Select(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var height) ? height : 0).Where(height => height > 0).Order(),
    ];

    /// <summary>Checks the snapshot after a block; called when the models stand there.</summary>
    /// <param name="height">The block.</param>
    /// <param name="randomness">Its VRF output.</param>
    /// <returns>The root, or null if the snapshot is damaged.</returns>
    public Hash? Check(long height, Hash randomness)
    {
        var rows = new List<(Hash Key, Hash Row)>();
        var compared = new Counts();
        if (Read(height, rows, compared) is { } fault)
        {
            findings.Add(FindingCode.SnapshotDamaged, height, fault);
            return null;
        }
        var isSame = !compared.Differs && compared.Randomness == randomness && compared.Replay == replay.Count
            && (accounts.IsLost || compared.Keys == accounts.Keys.ActiveCount && compared.Balances == accounts.Assets.BalanceCount
                && compared.Supplies == accounts.Assets.AssetCount);
        findings.Require(isSame, FindingCode.SnapshotContradicted, height);
        return RootOf(rows);
    }

    private string? Read(long height, List<(Hash Key, Hash Row)> rows, Counts compared)
    {
        using var file = new FileStream(
            Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{height:D12}")), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new BufferedStream(file, 1 << 18);
        if (Take(14) is not { } head || !head.AsSpan().StartsWith("cf-state"u8)
            || BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(8)) != 1)
            return "It does not begin as one.";
        var previous = "";
        for (var tables = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(10)); tables > 0; tables--)
        {
            if (TakeNumber() is not { } nameLength || nameLength > LongestName
                || Take((int)nameLength) is not { } name || TakeNumber() is not { } count)
                return "A table's head is no such thing.";
            var text = Encoding.ASCII.GetString(name);
            if (count == 0 || string.CompareOrdinal(text, previous) <= 0)
                return "Its tables are out of order.";
            previous = text;
            for (; count > 0; count--)
            {
                if (TakeNumber() is not { } keyLength || TakeNumber() is not { } valueLength
                    || (ulong)keyLength + valueLength > LargestRow
                    || Take((int)keyLength) is not { } key || Take((int)valueLength) is not { } value)
                    return $"A row of {text} is no such thing.";
                rows.Add(Digests(name, key, value));
                Compare(text, height, key, value, compared);
            }
        }
        var computed = hash.GetHashAndReset();
        return Take(32) is { } stored && stored.AsSpan().SequenceEqual(computed) && stream.ReadByte() < 0
            ? null : "Its digest is another.";

        byte[]? Take(int length)
        {
            // A length that the file does not have is not allocated.
            if (length > file.Length)
                return null;
            var bytes = new byte[length];
            if (stream.ReadAtLeast(bytes, length, throwOnEndOfStream: false) < length)
                return null;
            hash.AppendData(bytes);
            return bytes;
        }

        uint? TakeNumber() => Take(4) is { } bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : null;
    }

    private void Compare(string table, long height, byte[] key, byte[] value, Counts compared)
    {
        var keys = new ByteReader(key);
        var row = new ByteReader(value);
        switch (table)
        {
            case "ledger.replay":
                compared.Replay++;
                compared.Differs |= !replay.Has(key, value);
                break;
            case "ledger.randomness":
                if (keys.Int64() == height)
                    compared.Randomness = row.Hash();
                break;
            case "accounts.balances" when !accounts.IsLost:
                compared.Balances++;
                compared.Differs |= accounts.Assets.BalanceOf(keys.Hash(), keys.Hash()) != UnitsOf(value);
                break;
            case "accounts.supply" when !accounts.IsLost:
                compared.Supplies++;
                compared.Differs |= accounts.Assets.Find(keys.Hash())?.Supply != UnitsOf(value);
                break;
            case "accounts.keys" when !accounts.IsLost:
                row.UInt32();
                row.Int64();
                if (!row.Flag())
                    break;
                compared.Keys++;
                compared.Differs |= !accounts.Keys.IsActive(keys.Hash(), keys.Hash());
                break;
        }
    }

    private static UInt128? UnitsOf(
        byte[] value) => value.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(value) : null;

    private static (Hash Key, Hash Row) Digests(byte[] table, byte[] key, byte[] value)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, table.Length);
        var keyDigest = Hash.Of([.. length, .. table, .. key]);
        return (keyDigest, Hash.Of([.. "cf-row\0"u8, .. keyDigest.ToArray(), .. Hash.Of(value).ToArray()]));
    }

    private static Hash RootOf(List<(Hash Key, Hash Row)> rows)
    {
        rows.Sort(static (left, right) => left.Key.CompareTo(right.Key));
        var nodes = new Hash[BucketCount];
        var at = 0;
        for (var bucket = 0; bucket < BucketCount; bucket++)
        {
            var leaf = new List<byte> { 0x00 };
            for (; at < rows.Count && rows[at].Key.Prefix16 == bucket; at++)
                leaf.AddRange(rows[at].Row.ToArray());
            nodes[bucket] = Hash.Of(leaf.ToArray());
        }
        for (var width = BucketCount / 2; width >= 1; width /= 2)
            for (var node = 0; node < width; node++)
                nodes[node] = Hash.Of([0x01, .. nodes[2 * node].ToArray(), .. nodes[2 * node + 1].ToArray()]);
        return nodes[0];
    }

    private sealed class Counts
    {
        public long Replay { get; set; }

        public Hash Randomness { get; set; }

        public long Balances { get; set; }

        public long Supplies { get; set; }

        public long Keys { get; set; }

        public bool Differs { get; set; }
    }
}
