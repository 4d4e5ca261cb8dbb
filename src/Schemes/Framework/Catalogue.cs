using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Schemes;

/// <summary>Whether a scheme can be had here.</summary>
public enum SchemeStatus
{
    /// <summary>Specified, not yet written.</summary>
    Planned = 0,

    /// <summary>Composed into this node and walkable.</summary>
    Built = 1,
}

/// <summary>A scheme with its status, as lists show it.</summary>
/// <param name="Card">What it is.</param>
/// <param name="Scheme">The scheme, where it is built; else null.</param>
public sealed record CatalogueEntry(SchemeCard Card, IScheme? Scheme)
{
    /// <summary>Built or planned.</summary>
    public SchemeStatus Status => Scheme is null ? SchemeStatus.Planned : SchemeStatus.Built;

    /// <summary>The status as it is written in JSON and on the command line.</summary>
    public string StatusName => Status.ToString().ToLowerInvariant();
}

/// <summary>All 46 schemes, built or planned.</summary>
public static class Catalogue
{
    /// <summary>The cards of all schemes, by family and number.</summary>
    public static IReadOnlyList<SchemeCard> All => CatalogueCards.All;

    /// <summary>The card of a scheme by its id, such as <c>D1</c>.</summary>
    /// <exception cref="KeyNotFoundException">No scheme has this id.</exception>
    public static SchemeCard Of(string id) =>
        CatalogueCards.All.FirstOrDefault(card => card.Id == id) ?? throw new KeyNotFoundException($"No scheme has the id {id}.");

    /// <summary>The card of a scheme by its slug or its id.</summary>
    /// <returns>False if no scheme has it.</returns>
    public static bool TryFind(string slugOrId, [NotNullWhen(true)] out SchemeCard? card)
    {
        card = CatalogueCards.All.FirstOrDefault(
            candidate => candidate.Slug == slugOrId || candidate.Id.Equals(slugOrId, StringComparison.OrdinalIgnoreCase));
        return card is not null;
    }

    /// <summary>All schemes with what is built of them.</summary>
    /// <param name="built">The schemes that are composed.</param>
    /// <exception cref="InvalidOperationException">A scheme is composed twice, or has a card that is not in the catalogue.</exception>
    public static IReadOnlyList<CatalogueEntry> With(IReadOnlyList<IScheme> built)
    {
        foreach (var scheme in built)
        {
            if (!CatalogueCards.All.Contains(scheme.Card) || built.Count(other => other.Card.Id == scheme.Card.Id) != 1)
                throw new InvalidOperationException($"The scheme {scheme.Card.Id} is composed twice or is not the catalogue's.");
        }
        return [.. CatalogueCards.All.Select(card => new CatalogueEntry(card, built.FirstOrDefault(scheme => scheme.Card.Id == card.Id)))];
    }
}
