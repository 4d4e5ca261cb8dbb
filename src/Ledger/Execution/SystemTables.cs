using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Execution;

/// <summary>The ledger's own tables: they are state like all others, travel in snapshots and stand under the checkpoint root.</summary>
internal sealed class SystemTables(LedgerState state)
{
    /// <summary>VRF outputs older than this many blocks are dropped.</summary>
    public const int RandomnessKeptBlocks = 65_536;

    /// <summary>(iss, jti) of every transaction that could still execute again.</summary>
    public Table<DigestKey<ReplayKey>, ReplayRow> Replay { get; } = state.Define<DigestKey<ReplayKey>, ReplayRow>("ledger.replay");

    /// <summary>Work to be done at a time.</summary>
    public Table<DueKey, Presence> Due { get; } = state.Define<DueKey, Presence>("ledger.due", ordered: true);

    /// <summary>Who certifies the block after; as of any height.</summary>
    public HistoryTable<HeightKey, ValidatorsRow> Validators { get; } = state.DefineHistory<HeightKey, ValidatorsRow>("ledger.validators");

    /// <summary>VRF outputs and times by height.</summary>
    public Table<HeightKey, RandomnessRow> Randomness { get; } = state.Define<HeightKey, RandomnessRow>("ledger.randomness");
}

/// <summary>A row of the replay table.</summary>
internal readonly record struct ReplayRow(Digest<Transaction> Transaction, long ExpiresSeconds, long Height) : IStateRow<ReplayRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Digest(Transaction);
        writer.Int64(ExpiresSeconds);
        writer.Int64(Height);
    }

    public static ReplayRow Read(ref StateReader reader) => new(reader.Digest<Transaction>(), reader.Int64(), reader.Int64());
}

/// <summary>A block's height as a key.</summary>
internal readonly record struct HeightKey(long Height) : IStateKey<HeightKey>
{
    public int CompareTo(HeightKey other) => Height.CompareTo(other.Height);

    public void Write(ref StateWriter writer) => writer.Int64(Height);

    public static HeightKey Read(ref StateReader reader) => new(reader.Int64());
}

/// <summary>A block's VRF output and time.</summary>
internal readonly record struct RandomnessRow(Digest<VrfOutput> Output, Timestamp Time) : IStateRow<RandomnessRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Digest(Output);
        writer.Time(Time);
    }

    public static RandomnessRow Read(ref StateReader reader) => new(reader.Digest<VrfOutput>(), reader.Time());
}
