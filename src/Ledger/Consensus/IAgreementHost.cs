using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// What the agreement asks of whoever runs it. All calls come on the thread that called the agreement. Messages may be fed back from
/// within a call; timeouts, <see cref="Agreement.Start"/> and <see cref="Agreement.Restore"/> may not. An exception is a fault: the
/// agreement that it passed through does nothing more.
/// </summary>
internal interface IAgreementHost
{
    /// <summary>
    /// Lines 14 to 19: propose <paramref name="validValue"/> with its valid round or, where it is null, a new block. The host logs, signs
    /// and sends, and feeds its own proposal back, now or later; not at all if it has nothing, and timeoutPropose ends the wait.
    /// </summary>
    void Propose(int round, Digest<Block>? validValue, int validRound);

    /// <summary>valid(v), with the rules of the message that are the host's (built round, list). Asked once unless Unknown.</summary>
    BlockValidity Judge(ProposalMessage proposal);

    /// <summary>
    /// The clock rule, not part of valid(v): asked once, when a proposal without a valid round is first seen, and used by line 22 alone.
    /// </summary>
    bool IsTimely(ProposalMessage proposal);

    /// <summary>
    /// Log the memory with this vote, then sign, then send, and feed the vote back, now or later. At most once for each round and phase.
    /// The precommit of a block is logged together with its proposal and <see cref="Agreement.Votes"/> of the prevotes for it: after a
    /// restart of everybody a lock that nobody else can be shown would block the height. Likewise the first own message of a round is
    /// logged with the precommits known of the round before: others that lack a liar's among them could not leave that round.
    /// </summary>
    /// <param name="phase">Which vote.</param>
    /// <param name="round">The round.</param>
    /// <param name="block">The block; null for nil.</param>
    /// <param name="memory">What the log takes with it.</param>
    void Vote(VotePhase phase, int round, Digest<Block>? block, AgreementMemory memory);

    /// <summary>Call <see cref="Agreement.OnTimeout"/> with this when its time is over. Never cancelled: one that comes late is ignored.</summary>
    void StartTimeout(AgreementTimeout timeout);

    /// <summary>Lines 49 to 54: the height is decided. Called once; <see cref="Agreement.Votes"/> names who precommitted.</summary>
    void Decide(int round, Digest<Block> block);

    /// <summary>Two different votes of one validator for the same height, round and phase. Once for each of these.</summary>
    void Evidence(VoteMessage first, VoteMessage second);

    /// <summary>Two different proposals of one validator for the same height and round. Once for each round.</summary>
    void Evidence(ProposalMessage first, ProposalMessage second);
}
