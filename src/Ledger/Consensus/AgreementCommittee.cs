using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>A validator set as the agreement counts it: positions and weights.</summary>
internal sealed class AgreementCommittee
{
    private const int LargestTable = 4096;

    private readonly AccountId[] accounts;
    private readonly long[] weights;
    private readonly int[]? proposers;

    /// <summary>Prepares a set.</summary>
    public AgreementCommittee(ValidatorSet validators)
    {
        accounts = [.. validators.Validators.Select(validator => validator.Account)];
        weights = [.. validators.Validators.Select(validator => validator.Weight)];
        TotalWeight = validators.TotalWeight;
        Quorum = validators.Quorum;
        Faulty = (TotalWeight - 1) / 3;
        if (TotalWeight <= LargestTable)
        {
            proposers = new int[TotalWeight];
            Array.Fill(proposers, -1);
        }
    }

    /// <summary>How many validators.</summary>
    public int Count => accounts.Length;

    /// <summary>The paper's n, by weight.</summary>
    public long TotalWeight { get; }

    /// <summary>The paper's 2f + 1, read as floor(2W/3) + 1.</summary>
    public long Quorum { get; }

    /// <summary>The paper's f, by weight: floor((W − 1) / 3).</summary>
    public long Faulty { get; }

    /// <summary>A validator's account.</summary>
    public AccountId this[int index] => accounts[index];

    /// <summary>A validator's weight.</summary>
    public long Weight(int index) => weights[index];

    /// <summary>A validator's position, or −1.</summary>
    public int IndexOf(AccountId account)
    {
        // Validators are ordered by account.
        var index = Array.BinarySearch(accounts, account);
        return index < 0 ? -1 : index;
    }

    /// <summary>The position of proposer(h, r).</summary>
    public int Proposer(long height, int round)
    {
        var position = ProposerRotation.Position(TotalWeight, height, round);
        if (proposers is null)
            return ProposerRotation.IndexAt(weights, position);
        // Threads that share a committee write the same number.
        ref var known = ref proposers[position];
        return known >= 0 ? known : known = ProposerRotation.IndexAt(weights, position);
    }
}
