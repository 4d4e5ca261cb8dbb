namespace Counterfoil.Tools;

/// <summary>What <see cref="Fsck.Run"/> found.</summary>
public sealed record FsckReport
{
    /// <summary>True if nothing was found.</summary>
    public bool Ok => Findings.Count == 0;

    /// <summary>The ledger's name, from the genesis bytes; empty if they are no genesis document.</summary>
    public required string Net { get; init; }

    /// <summary>The height of the last block that could be read; 0 for none.</summary>
    public required long Height { get; init; }

    /// <summary>
    /// Its id in hexadecimal; empty for none. Compare it with another copy's: a log cut at its end shows
    /// nothing else.
    /// </summary>
    public required string Block { get; init; }

    /// <summary>How many transactions stand in the blocks.</summary>
    public required long Transactions { get; init; }

    /// <summary>How many pieces of due work.</summary>
    public required long DueWork { get; init; }

    /// <summary>How many signatures of transactions and validators were verified.</summary>
    public required long SignaturesVerified { get; init; }

    /// <summary>How many signatures are by keys that the chain never gave to their signer.</summary>
    public required long SignaturesUnattributed { get; init; }

    /// <summary>How many VRF proofs were verified.</summary>
    public required long ProofsVerified { get; init; }

    /// <summary>How many snapshots were hashed to the root that a block certifies.</summary>
    public required int SnapshotsConfirmed { get; init; }

    /// <summary>How many changes of validators were followed.</summary>
    public required int ValidatorChanges { get; init; }

    /// <summary>
    /// The last height up to which keys and balances were followed: below <see cref="Height"/> if a
    /// transaction did something to accounts that Fsck does not know.
    /// </summary>
    public required long AccountsFollowedTo { get; init; }

    /// <summary>
    /// The last height up to which the rules that genesis gives hold: below <see cref="Height"/> if governance
    /// changed a parameter or the rules. Checkpoint intervals, sizes, validity and rules are not checked after it.
    /// </summary>
    public required long RulesFollowedTo { get; init; }

    /// <summary>
    /// What is wrong, in the order in which it was found; at most <see cref="Fsck.MaximumFindings"/>.
    /// </summary>
    public required IReadOnlyList<FsckFinding> Findings { get; init; }
}

/// <summary>Something that is not as the rules have it.</summary>
/// <param name="Code">A stable code of <see cref="FindingCode"/>.</param>
/// <param name="Height">The block; 0 where it is none.</param>
/// <param name="Sentence">Where exactly, and what, for people.</param>
public sealed record FsckFinding(string Code, long Height, string Sentence);
