using Counterfoil.Cryptography.Json;

namespace Counterfoil.Tools;

/// <summary>A leaf of a block as its bytes have it.</summary>
/// <param name="Id">The id under which it stands.</param>
/// <param name="Due">The due work, or null.</param>
/// <param name="Transaction">The signed bytes; empty for due work.</param>
/// <param name="Outcome">The outcome's bytes.</param>
internal sealed record StoredLeaf(Hash Id, StoredDueWork? Due, byte[] Transaction, byte[] Outcome);

/// <summary>Due work as its leaf has it.</summary>
internal sealed record StoredDueWork(string Contract, string Timer, long Due, byte[] Id);

/// <summary>A block cut into its fields; nothing is checked but the layout.</summary>
internal sealed record StoredBlock(
    byte[] Header, byte[] VrfProof, byte[] Certificate, byte[] NextValidators, IReadOnlyList<StoredLeaf> Leaves)
{
    private const int LongestDueId = 64;

    /// <summary>Reads a record of the log of blocks; null if it is no block.</summary>
    public static StoredBlock? Read(ReadOnlySpan<byte> record)
    {
        var reader = new ByteReader(record);
        var version = reader.Byte();
        if (version is not (1 or 2))
            return null;
        var (header, proof, certificate) = (reader.Bytes().ToArray(), reader.Bytes().ToArray(), reader.Bytes().ToArray());
        var nextValidators = version == 2 ? reader.Bytes().ToArray() : [];
        var leaves = new List<StoredLeaf>();
        for (var left = reader.UInt32(); left > 0 && !reader.IsFailed; left--)
        {
            var id = reader.Hash();
            var due = reader.Flag()
                ? new StoredDueWork(reader.Text(), reader.Text(), reader.Int64(), reader.Bytes().ToArray())
                : null;
            var transaction = due is null ? reader.Bytes().ToArray() : [];
            leaves.Add(new StoredLeaf(id, due, transaction, reader.Bytes().ToArray()));
        }
        return reader.IsDone && (version == 2) == (nextValidators.Length > 0) && leaves.TrueForAll(leaf => leaf.Due is not { Id.Length: > LongestDueId })
            ? new StoredBlock(header, proof, certificate, nextValidators, leaves) : null;
    }
}

/// <summary>The members of a block's header.</summary>
internal sealed record StoredHeader(
    Hash Net, long Rules, long Height, long BuiltRound, Hash? Parent, long Time, Hash TransactionsRoot, Hash? CheckpointRoot, Hash Validators,
    Hash NextValidators, Hash Builder, Hash Randomness)
{
    private const int LargestHeader = 4096;

    /// <summary>Reads a header; null if it has not exactly the members of one.</summary>
    public static StoredHeader? Read(byte[] bytes)
    {
        if (!StrictJson.TryParseObject(bytes, out var document, LargestHeader))
            return null;
        var members = new StrictMembers(document);
        members.Integer("format", 1, 1);
        var header = new StoredHeader(
            members.Hash("net"),
            members.Integer("rules", 1, int.MaxValue),
            members.Integer("height", 1, long.MaxValue),
            members.Integer("built_round", 0, int.MaxValue),
            members.OptionalHash("parent"),
            members.Integer("time", 1, long.MaxValue),
            members.Hash("transactions_root"),
            members.OptionalHash("checkpoint_root"),
            members.Hash("validators"),
            members.Hash("next_validators"),
            members.Account("builder"),
            members.Hash("randomness"));
        return members.AreExact && header.Parent is null == (header.Height == 1) ? header : null;
    }
}
