namespace Counterfoil.Schemes;

/// <summary>The family that a scheme belongs to; also the name of its assembly's folder.</summary>
public enum SchemeFamily
{
    /// <summary>No family; no scheme has it.</summary>
    Unset = 0,

    /// <summary>Payment tokens, cryptograms, codes and keys in people's hands (A).</summary>
    Credentials = 1,

    /// <summary>Terminals, kiosks, machines and readers (B).</summary>
    Devices = 2,

    /// <summary>Things, rights and values that change hands (C).</summary>
    Assets = 3,

    /// <summary>Energy, resources and carbon (D).</summary>
    Markets = 4,

    /// <summary>The ledger itself, its members and other ledgers (E).</summary>
    Network = 5,

    /// <summary>Identity, eligibility and product certificates (F).</summary>
    Identity = 6,
}

/// <summary>What a scheme is, for lists and pages.</summary>
/// <param name="Id">A letter for the family and a number: <c>D1</c>.</param>
/// <param name="Slug">The name in addresses and commands: <c>power-brokerage</c>.</param>
/// <param name="Name">The name for people.</param>
/// <param name="Family">The family.</param>
/// <param name="Publications">The published documents that describe it, by number.</param>
/// <param name="Summary">One sentence: what it is.</param>
public sealed record SchemeCard(
    string Id, string Slug, string Name, SchemeFamily Family, IReadOnlyList<string> Publications, string Summary)
{
    /// <summary>The family as it is written in JSON and on the command line.</summary>
    public string FamilyName => Family.ToString().ToLowerInvariant();
}
