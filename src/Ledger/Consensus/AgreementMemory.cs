using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// What a validator must not forget within a height. The write-ahead log takes it with every own message, before the signature; after a
/// restart the last entry's values, with all own messages of the height in <see cref="Sent"/>, go to <see cref="Agreement.Restore"/>.
/// </summary>
/// <param name="Height">The height.</param>
/// <param name="Round">The present round.</param>
/// <param name="Step">The step that the logged message completes.</param>
/// <param name="LockedRound">The round of the lock, or −1.</param>
/// <param name="LockedValue">The locked block, or null.</param>
/// <param name="ValidRound">The last round in which a quorum of prevotes for a valid block was seen, or −1.</param>
/// <param name="ValidValue">That block, or null.</param>
internal sealed record AgreementMemory(
    long Height, int Round, Step Step, int LockedRound, Digest<Block>? LockedValue, int ValidRound, Digest<Block>? ValidValue)
{
    /// <summary>
    /// Own messages of this height that the log holds, in any order. Empty in what the agreement hands out, since the log has them as
    /// entries of their own. After a restart the host signs and sends them again: they may never have left.
    /// </summary>
    public IReadOnlyList<SentMessage> Sent { get; init; } = [];
}

/// <summary>An own message that was logged, and perhaps sent.</summary>
/// <param name="Step">Propose for a proposal, else the phase of the vote.</param>
/// <param name="Round">Its round.</param>
/// <param name="Block">The block; null for nil.</param>
/// <param name="ValidRound">The valid round of a proposal; −1 for a vote.</param>
internal readonly record struct SentMessage(Step Step, int Round, Digest<Block>? Block, int ValidRound = -1);
