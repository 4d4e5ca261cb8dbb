namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// What the simulator's canaries break on purpose, to show that the checkers would see it. Nothing outside the simulator makes one, and
/// no configuration reaches it.
/// </summary>
internal sealed record AgreementRules
{
    /// <summary>The algorithm as published.</summary>
    public static AgreementRules Published { get; } = new();

    /// <summary>Whether rule 36 locks and remembers a valid value.</summary>
    public bool Lock { get; init; } = true;

    /// <summary>The quorum for a total weight, in place of floor(2W/3) + 1.</summary>
    public Func<long, long>? Quorum { get; init; }
}
