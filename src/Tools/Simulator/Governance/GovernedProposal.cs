using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;

namespace Counterfoil.Simulator.Governance;

/// <summary>A proposal as the blocks alone say that it must stand.</summary>
/// <param name="Id">The proposal.</param>
/// <param name="Proposer">Who proposed.</param>
/// <param name="Scene">The scene.</param>
/// <param name="Percent">The share of the supply that passes it.</param>
/// <param name="Stop">The end of voting.</param>
/// <param name="Trigger">When it is done.</param>
/// <param name="Parameter">The parameter that it sets; null for a resolution.</param>
/// <param name="Value">To what.</param>
/// <param name="Precondition">What the parameter was when it was proposed.</param>
internal sealed record GovernedProposal(
    ProposalId Id, AccountId Proposer, string Scene, int Percent, Timestamp Stop, Timestamp Trigger, string? Parameter, long Value, long Precondition)
{
    private readonly List<(long Height, BallotRow Row)> history = [];

    /// <summary>Each owner's last vote, until they are counted.</summary>
    public SortedDictionary<AccountId, (VoteOption Option, UInt128 Units)> Votes { get; } = [];

    /// <summary>The lock records that there were.</summary>
    public HashSet<LockKey> Locks { get; } = [];

    public long CountedAt { get; set; }

    public long ClearedAt { get; set; }

    public int Executions { get; set; }

    public bool HasPassed { get; set; }

    /// <summary>How it stands.</summary>
    public required BallotRow Row { get; set; }

    public bool IsOpen => Row.State == ProposalState.Voting;

    public bool IsCancelled => Row.State == ProposalState.Cancelled;

    /// <summary>Nothing more becomes of it but a requeue.</summary>
    public bool IsOver => IsCancelled || ClearedAt > 0 && Row.State is not (ProposalState.Voting or ProposalState.Passed);

    /// <summary>Remembers how it stands at the end of that block.</summary>
    public void Keep(long height)
    {
        if (history.Count == 0 || history[^1].Row != Row)
            history.Add((height, Row));
    }

    /// <summary>How it stood at the end of that block.</summary>
    public BallotRow RowAt(long height) => history.Last(entry => entry.Height <= height).Row;

    /// <summary>The ballot with these votes, counted anew.</summary>
    public BallotRow Recount()
    {
        var row = Row with { Yes = 0, No = 0, Abstain = 0, Spam = 0, Entries = (uint)Votes.Count };
        foreach (var (option, units) in Votes.Values)
            row = row.Plus(option, units);
        return row;
    }
}

/// <summary>What happened to a proposal, for who acts upon it.</summary>
internal enum ProposalEvent
{
    None = 0,
    Proposed,
    Passed,
    Failed,
}
