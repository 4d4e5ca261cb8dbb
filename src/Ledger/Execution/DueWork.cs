using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Execution;

/// <summary>Due work as its handler sees it.</summary>
/// <param name="Due">When it was due, block time.</param>
/// <param name="Id">The id that the contract gave it.</param>
public sealed record DueWork(Timestamp Due, ReadOnlyMemory<byte> Id);

/// <summary>What became of due work: never a refusal.</summary>
public sealed class DueOutcome
{
    private DueOutcome(bool isFinished, RefusalCode? failure)
    {
        IsFinished = isFinished;
        Failure = failure;
    }

    /// <summary>It is done.</summary>
    public static DueOutcome Done { get; } = new(true, null);

    /// <summary>A bounded portion is done; the rest goes on in the next block.</summary>
    public static DueOutcome More { get; } = new(false, null);

    /// <summary>It failed for good; what the handler wrote about it stays.</summary>
    public static DueOutcome Failed(RefusalCode code) => new(true, code);

    internal bool IsFinished { get; }

    internal RefusalCode? Failure { get; }
}

/// <summary>Due work in the ledger's table, in the order in which it runs.</summary>
internal readonly record struct DueKey(Timestamp Due, string Contract, string Timer, byte[] Id) : IStateKey<DueKey>
{
    public const int MaximumIdLength = 64;

    /// <summary>The id of its receipt: SHA-256("cf-due\0" ‖ contract.timer ‖ 0 ‖ due, milliseconds as 8 bytes ‖ id).</summary>
    public Digest<Transaction> ReceiptId
    {
        get
        {
            var writer = new StateWriter();
            writer.Raw("cf-due\0"u8);
            writer.Raw(System.Text.Encoding.ASCII.GetBytes($"{Contract}.{Timer}\0"));
            writer.Time(Due);
            writer.Raw(Id);
            var id = Digest<Transaction>.Of(writer.Written);
            writer.Dispose();
            return id;
        }
    }

    public void Write(ref StateWriter writer)
    {
        writer.Time(Due);
        writer.Text(Contract);
        writer.Text(Timer);
        writer.Bytes(Id);
    }

    public static DueKey Read(ref StateReader reader) => new(reader.Time(), reader.Text(), reader.Text(), reader.Bytes().ToArray());

    public int CompareTo(DueKey other)
    {
        var order = Due.CompareTo(other.Due);
        if (order == 0) order = string.CompareOrdinal(Contract, other.Contract);
        if (order == 0) order = string.CompareOrdinal(Timer, other.Timer);
        return order != 0 ? order : Id.AsSpan().SequenceCompareTo(other.Id);
    }

    public bool Equals(DueKey other) => CompareTo(other) == 0;

    public override int GetHashCode() => HashCode.Combine(Due, Contract, Timer);
}

/// <summary>A row without content: that the key is there is all.</summary>
public readonly record struct Presence : IStateRow<Presence>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
    }

    /// <inheritdoc/>
    public static Presence Read(ref StateReader reader) => default;
}
