using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Execution;

/// <summary>
/// By which rules, and by whom, the next block is made: from the state where a contract keeps it, else from genesis. Read between blocks.
/// </summary>
internal sealed class RulesInForce(Genesis genesis, ContractSet contracts)
{
    /// <summary>The kernel's parameters.</summary>
    public LedgerParameters Parameters => contracts.Rules?.Parameters ?? genesis.Document.Parameters;

    /// <summary>The version of the rules at the next block's height.</summary>
    public int At(long height) => contracts.Rules?.RulesAt(height) ?? genesis.Document.Rules;

    /// <summary>Who certifies the next block.</summary>
    public ValidatorSet Validators => contracts.System.Validators.TryGet(ValidatorsRow.Key, out var row) ? row.Set : genesis.Validators;

    /// <summary>Who certified the block of that height, or will; null if that is not decided yet.</summary>
    public ValidatorSet? ValidatorsAt(long height) =>
        height > contracts.State.Height + 1 ? null
        : contracts.System.Validators.TryGetAt(ValidatorsRow.Key, height - 1, out var row) ? row.Set : null;

    /// <summary>The heights of the blocks that announced other validators than the one before, in order.</summary>
    public IEnumerable<long> AnnouncementHeights()
    {
        if (!contracts.System.Validators.Current.TryGet(ValidatorsRow.Key, out var current))
            yield break;
        for (var number = 2u; number < current.Number; number++)
            if (contracts.System.Validators.Past.TryGet(new VersionKey<HeightKey>(ValidatorsRow.Key, number), out var past))
                yield return past.From;
        if (current.Number > 1)
            yield return current.From;
    }

    /// <summary>The heights above one of the blocks whose headers announce other validators, in order.</summary>
    /// <param name="after">The height after which to begin, 0 for all.</param>
    /// <param name="limit">The most that are wanted, at least 1.</param>
    public List<long> ValidatorChangesAfter(long after, int limit)
    {
        var heights = new List<long>();
        var table = contracts.System.Validators;
        if (!table.Current.TryGet(ValidatorsRow.Key, out var current))
            return heights;
        // Versions are numbered from 1, the one of genesis; the first that begins above the height is looked for by halving.
        var (low, high) = (2u, current.Number + 1);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (BeginOf(middle) > after)
                high = middle;
            else
                low = middle + 1;
        }
        for (var number = low; number <= current.Number && heights.Count < limit; number++)
            heights.Add(BeginOf(number));
        return heights;

        long BeginOf(uint number) => number == current.Number ? current.From
            : table.Past.TryGet(new VersionKey<HeightKey>(ValidatorsRow.Key, number), out var version) ? version.From
            : throw new StateFormatException($"Version {number} of the validators is missing.");
    }

    /// <summary>Who certifies the block after the next one: what the next block's header announces.</summary>
    public ValidatorSet NextValidators
    {
        get
        {
            var present = Validators;
            var wanted = contracts.Validators?.Validators;
            return wanted is null || present.IsOf(wanted) ? present : new ValidatorSet(wanted);
        }
    }
}

/// <summary>The validators of the block after: history table <c>ledger.validators</c>, one key. Bytes: the list as JSON, as its digest is taken.</summary>
internal sealed record ValidatorsRow(ValidatorSet Set) : IStateRow<ValidatorsRow>
{
    /// <summary>The only key.</summary>
    public static HeightKey Key => new(0);

    public void Write(ref StateWriter writer) => writer.Bytes(Set.Bytes);

    public static ValidatorsRow Read(ref StateReader reader) => new(
        ValidatorSet.TryParse(reader.Bytes(), out var set) ? set : throw new StateFormatException("A row of ledger.validators holds no validators."));
}
