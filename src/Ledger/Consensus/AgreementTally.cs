using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// The votes of one phase of one round. A liar's votes for several values count for each of them, as in the paper: two quorums share an
/// honest validator all the same. Its first two values are kept, and a further one only if more than f voted for it: an honest one did,
/// so that memory is bounded and no quorum that somebody saw is missed here.
/// </summary>
internal sealed class AgreementTally(AgreementCommittee committee)
{
    private const int FreeValues = 2;

    private readonly List<Entry> entries = new(2);
    private readonly byte[] valuesOf = new byte[committee.Count];

    /// <summary>The weight that voted for anything.</summary>
    public long AnyWeight { get; private set; }

    /// <summary>Takes a vote.</summary>
    /// <param name="voter">The validator's position.</param>
    /// <param name="block">The value; null for nil.</param>
    /// <param name="other">Another value of the same validator where this is its second: evidence.</param>
    public Intake Add(int voter, Digest<Block>? block, out Digest<Block>? other)
    {
        other = null;
        var entry = Find(block);
        if (entry is not null && entry.Voters[voter])
            return Intake.Known;
        if (valuesOf[voter] >= FreeValues && (entry is null || entry.Weight <= committee.Faulty || valuesOf[voter] == byte.MaxValue))
            return Intake.Refused;
        var weight = committee.Weight(voter);
        var intake = Intake.New;
        if (valuesOf[voter] == 0)
            AnyWeight += weight;
        else if (valuesOf[voter] == 1)
        {
            other = entries.Find(candidate => candidate.Voters[voter])!.Block;
            intake = Intake.Contradiction;
        }
        if (entry is null)
            entries.Add(entry = new Entry(block, committee.Count));
        entry.Voters[voter] = true;
        entry.Weight += weight;
        valuesOf[voter]++;
        return intake;
    }

    /// <summary>Forgets a validator's votes.</summary>
    public void Remove(int voter)
    {
        if (valuesOf[voter] == 0)
            return;
        valuesOf[voter] = 0;
        AnyWeight -= committee.Weight(voter);
        foreach (var entry in entries)
        {
            if (!entry.Voters[voter])
                continue;
            entry.Voters[voter] = false;
            entry.Weight -= committee.Weight(voter);
        }
        entries.RemoveAll(entry => entry.Weight == 0);
    }

    /// <summary>The weight that voted for a value; null for nil.</summary>
    public long Weight(Digest<Block>? block) => Find(block)?.Weight ?? 0;

    /// <summary>Whether a validator voted for a value; null for nil.</summary>
    public bool Has(int voter, Digest<Block>? block) => Find(block)?.Voters[voter] ?? false;

    /// <summary>The positions of those that voted for a value, in order.</summary>
    public IEnumerable<int> Voters(Digest<Block>? block) =>
        Find(block) is { } entry ? Enumerable.Range(0, committee.Count).Where(voter => entry.Voters[voter]) : [];

    private Entry? Find(Digest<Block>? block)
    {
        foreach (var entry in entries)
            if (entry.Block == block)
                return entry;
        return null;
    }

    private sealed class Entry(Digest<Block>? block, int validators)
    {
        public Digest<Block>? Block { get; } = block;

        public bool[] Voters { get; } = new bool[validators];

        public long Weight { get; set; }
    }
}

/// <summary>What became of a message.</summary>
internal enum Intake
{
    /// <summary>Not kept: there is no room for it now.</summary>
    Refused = 0,

    /// <summary>It was there.</summary>
    Known = 1,

    /// <summary>It is kept.</summary>
    New = 2,

    /// <summary>It is kept, and contradicts the one that its sender sent first.</summary>
    Contradiction = 3,
}
