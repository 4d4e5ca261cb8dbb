using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>How far a validator is within a round. <b>Source:</b> arXiv 1807.04938, Algorithm 1, <c>step</c>.</summary>
internal enum Step
{
    /// <summary>Not started.</summary>
    None = 0,

    /// <summary>Waits for the round's proposal.</summary>
    Propose = 1,

    /// <summary>Has prevoted.</summary>
    Prevote = 2,

    /// <summary>Has precommitted.</summary>
    Precommit = 3,
}

/// <summary>The two kinds of vote.</summary>
internal enum VotePhase
{
    /// <summary>No vote.</summary>
    None = 0,

    /// <summary>The first vote of a round.</summary>
    Prevote = 1,

    /// <summary>The vote that decides.</summary>
    Precommit = 2,
}

/// <summary>The paper's valid(v), as far as it can be told now.</summary>
internal enum BlockValidity
{
    /// <summary>Bodies are missing: to be asked again after <see cref="Agreement.OnValueAvailable"/>.</summary>
    Unknown = 0,

    /// <summary>Every rule holds.</summary>
    Valid = 1,

    /// <summary>A rule is broken, for ever.</summary>
    Invalid = 2,
}

/// <summary>⟨PROPOSAL, h, r, v, vr⟩, authenticated.</summary>
/// <param name="Height">The height h.</param>
/// <param name="Round">The round r, from 0.</param>
/// <param name="Block">The id of the value v.</param>
/// <param name="ValidRound">The round vr whose prevotes justify it, below r; −1 for a new value.</param>
/// <param name="Signer">Who signed it.</param>
internal sealed record ProposalMessage(long Height, int Round, Digest<Block> Block, int ValidRound, AccountId Signer);

/// <summary>⟨PREVOTE | PRECOMMIT, h, r, id(v)⟩, authenticated.</summary>
/// <param name="Phase">Which of the two votes.</param>
/// <param name="Height">The height h.</param>
/// <param name="Round">The round r, from 0.</param>
/// <param name="Block">The id of the value; null for nil.</param>
/// <param name="Signer">Who signed it.</param>
internal sealed record VoteMessage(VotePhase Phase, long Height, int Round, Digest<Block>? Block, AccountId Signer);

/// <summary>A timeout that was started, and later ends.</summary>
/// <param name="Height">The height.</param>
/// <param name="Round">The round: the timeout's length is its first value + round · its growth.</param>
/// <param name="Step">timeoutPropose, timeoutPrevote or timeoutPrecommit.</param>
internal readonly record struct AgreementTimeout(long Height, int Round, Step Step);
