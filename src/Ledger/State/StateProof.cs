using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>
/// Verifies that a checkpoint root holds a value, or does not hold a key. Needs the root from a certified header and nothing else.
/// </summary>
public static class StateProof
{
    /// <summary>The digest under which a key of a table stands; its first 16 bits are the bucket to ask for.</summary>
    public static Digest<StateKey> KeyDigest<TKey>(string table, TKey key) where TKey : struct, IStateKey<TKey>
    {
        var writer = new StateWriter(stackalloc byte[256]);
        try
        {
            writer.Text(table);
            key.Write(ref writer);
            return ShortHash.Of<StateKey>(writer.Written);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>The same for a key's bytes.</summary>
    public static Digest<StateKey> KeyDigest(string table, ReadOnlySpan<byte> key)
    {
        var writer = new StateWriter(stackalloc byte[256]);
        try
        {
            writer.Text(table);
            writer.Raw(key);
            return ShortHash.Of<StateKey>(writer.Written);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>The digest of a row's value.</summary>
    public static Digest<StateValue> ValueDigest<TRow>(TRow row) where TRow : IStateRow<TRow>
    {
        var writer = new StateWriter(stackalloc byte[512]);
        try
        {
            row.Write(ref writer);
            return ShortHash.Of<StateValue>(writer.Written);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>True if the proof shows that under this root the table has exactly this row under the key.</summary>
    public static bool VerifyValue<TKey, TRow>(Digest<LedgerState> root, string table, TKey key, TRow row, BucketProof proof)
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow> => Holds(root, KeyDigest(table, key), ValueDigest(row), proof);

    /// <summary>The same for the key's and the value's bytes.</summary>
    public static bool VerifyValue(
        Digest<LedgerState> root, string table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, BucketProof proof) =>
        Holds(root, KeyDigest(table, key), ShortHash.Of<StateValue>(value), proof);

    /// <summary>True if the proof shows that under this root the table has no row under the key.</summary>
    public static bool VerifyAbsence<TKey>(Digest<LedgerState> root, string table, TKey key, BucketProof proof)
        where TKey : struct, IStateKey<TKey> => IsAbsent(root, KeyDigest(table, key), proof);

    /// <summary>The same for the key's bytes.</summary>
    public static bool VerifyAbsence(Digest<LedgerState> root, string table, ReadOnlySpan<byte> key, BucketProof proof) =>
        IsAbsent(root, KeyDigest(table, key), proof);

    private static bool Holds(Digest<LedgerState> root, Digest<StateKey> key, Digest<StateValue> value, BucketProof proof) =>
        LeadsTo(root, proof) && proof.Entries.Contains(new BucketEntry(key, value));

    private static bool IsAbsent(Digest<LedgerState> root, Digest<StateKey> key, BucketProof proof) =>
        LeadsTo(root, proof) && proof.Bucket == key.Prefix16 && proof.Entries.All(entry => entry.Key != key);

    private static bool LeadsTo(Digest<LedgerState> root, BucketProof proof) =>
        !root.IsUnset && proof.ComputeRoot() is { } computed && computed == root;
}
