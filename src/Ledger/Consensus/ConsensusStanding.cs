using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>How the agreement on the next height stands on a node.</summary>
/// <param name="Validators">Who decides.</param>
/// <param name="Self">The node's own account if it is one of them, else null.</param>
/// <param name="Round">The round, from 0; a height begins at 0 and most heights end there.</param>
/// <param name="IsSigningStopped">True once this validator's key may not sign any more (<c>wal_behind</c>).</param>
public sealed record ConsensusStanding(ValidatorSet Validators, AccountId? Self, int Round, bool IsSigningStopped)
{
    /// <summary>True if the nodes that it can reach, with itself, weigh enough to decide.</summary>
    /// <param name="reachable">The nodes that can be reached.</param>
    public bool HasQuorum(IReadOnlyCollection<AccountId> reachable)
    {
        ArgumentNullException.ThrowIfNull(reachable);
        var weight = Validators.Validators.Where(validator => validator.Account == Self || reachable.Contains(validator.Account)).Sum(validator => validator.Weight);
        return weight >= Validators.Quorum;
    }
}
