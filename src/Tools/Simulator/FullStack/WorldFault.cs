namespace Counterfoil.Simulator.FullStack;

/// <summary>What a simulated world did to its nodes.</summary>
public enum WorldFault
{
    None = 0,

    /// <summary>A message was lost.</summary>
    Loss,

    /// <summary>A message took far longer than usual.</summary>
    Delay,

    /// <summary>A message came twice.</summary>
    Duplicate,

    /// <summary>A message came before one of the other lane that was sent earlier.</summary>
    Reorder,

    /// <summary>A connection broke with what was under way.</summary>
    BrokenConnection,

    /// <summary>The network fell apart in two.</summary>
    Partition,

    /// <summary>Some no longer heard others, who may have heard them.</summary>
    OneWayCut,

    /// <summary>A crash between two events.</summary>
    Crash,

    /// <summary>A crash when something was about to be written.</summary>
    CrashBeforeAppend,

    /// <summary>A crash with the write made and not durable.</summary>
    CrashBeforeFlush,

    /// <summary>A crash right after something became durable.</summary>
    CrashAfterFlush,

    /// <summary>A crash with a message made and not sent.</summary>
    CrashBeforeSend,

    /// <summary>A crash with a message sent to some.</summary>
    CrashAfterSend,

    /// <summary>A crash while a node was starting.</summary>
    CrashWhileStarting,

    /// <summary>An orderly stop and start.</summary>
    Restart,

    /// <summary>A write that a crash cut off or damaged.</summary>
    TornWrite,

    /// <summary>A flush that the disk answered and did not make; the node counts as faulty.</summary>
    LostFlush,

    /// <summary>A disk without space for a while.</summary>
    FullDisk,

    /// <summary>A clock up to a minute off.</summary>
    ClockSkew,

    /// <summary>A clock that runs too fast or too slow.</summary>
    ClockDrift,

    /// <summary>A liar's second, different vote.</summary>
    EquivocatingVote,

    /// <summary>A liar's second, different proposal.</summary>
    EquivocatingProposal,

    /// <summary>A message that a liar kept from somebody.</summary>
    WithheldMessage,

    /// <summary>Transactions that a liar kept from somebody.</summary>
    WithheldBody,

    /// <summary>A proposal with a lie in a single field.</summary>
    LieInField,

    /// <summary>A vote for something that nobody proposed.</summary>
    VoteForGarbage,

    /// <summary>Bytes that are no message.</summary>
    Garbage,

    /// <summary>An old message sent again.</summary>
    Stale,

    /// <summary>A message under somebody else's name.</summary>
    Forgery,

    /// <summary>Transactions, blocks or progress that a liar changed on the way.</summary>
    Alteration,

    /// <summary>A node far behind took a snapshot of others in place of all blocks.</summary>
    Snapshot,

    /// <summary>A part of a snapshot that a liar changed.</summary>
    SnapshotLie,

    /// <summary>A disk that was empty after a crash; the node counts as faulty.</summary>
    LostDisk,

    /// <summary>A validator joined.</summary>
    Join,

    /// <summary>A validator left.</summary>
    Leave,
}
