namespace Counterfoil.Ledger;

/// <summary>What a ledger counts since it was opened.</summary>
/// <param name="SignaturesChecked">Signatures verified at admission.</param>
/// <param name="Pool">Transactions that wait.</param>
/// <param name="BlocksMade">Blocks that this node built.</param>
/// <param name="Fault">Why the node cannot make blocks at present; null if it can.</param>
public sealed record LedgerCounters(long SignaturesChecked, int Pool, long BlocksMade, string? Fault);

/// <summary>What lies on the disk contradicts itself or the rules: the node stops rather than go on from it.</summary>
public sealed class LedgerDamagedException(string message, long height) : Exception(message)
{
    /// <summary>The block where it shows.</summary>
    public long Height { get; } = height;
}
