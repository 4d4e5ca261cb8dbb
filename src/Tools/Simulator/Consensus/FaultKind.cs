namespace Counterfoil.Simulator.Consensus;

/// <summary>What a schedule did to the validators.</summary>
public enum FaultKind
{
    None = 0,

    /// <summary>A message was lost.</summary>
    Loss,

    /// <summary>A message took far longer than usual.</summary>
    Delay,

    /// <summary>A message came twice.</summary>
    Duplicate,

    /// <summary>A message came before one that was sent earlier on the same way.</summary>
    Reorder,

    /// <summary>The network fell apart in two.</summary>
    Partition,

    /// <summary>A crash at no particular point.</summary>
    Crash,

    /// <summary>A crash when an entry was about to be logged.</summary>
    CrashBeforeWrite,

    /// <summary>A crash with the entry logged and nothing signed.</summary>
    CrashAfterWrite,

    /// <summary>A crash with the message signed and not sent.</summary>
    CrashBeforeSend,

    /// <summary>A crash with the message sent to some.</summary>
    CrashDuringSend,

    /// <summary>A crash with the height decided and not stored.</summary>
    CrashBeforeFinal,

    /// <summary>A crash with the height stored and the next one not begun.</summary>
    CrashAfterFinal,

    /// <summary>A clock far from the others'.</summary>
    ClockSkew,

    /// <summary>Timeouts half or twice as long as they should be.</summary>
    TimeoutSkew,

    /// <summary>A liar's second, different message for one height, round and phase.</summary>
    Equivocation,

    /// <summary>A vote that a liar kept from somebody.</summary>
    WithheldVote,

    /// <summary>A block whose bodies a liar kept from somebody.</summary>
    WithheldBody,

    /// <summary>An old message sent again.</summary>
    Stale,

    /// <summary>A message under somebody else's name.</summary>
    Forgery,

    /// <summary>A proposal of a block that breaks a rule.</summary>
    InvalidBlock,

    /// <summary>A proposal of a block with a wrong time.</summary>
    UntimelyBlock,
}
