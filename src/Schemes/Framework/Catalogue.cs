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

/// <summary>The 46 schemes that are specified, built or planned.</summary>
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

    /// <summary>
    /// All schemes with what is built of them, by family and number. A scheme that brings a card of its own stands among them: it needs no line here.
    /// </summary>
    /// <param name="built">The schemes that are composed.</param>
    /// <exception cref="InvalidOperationException">Two schemes have one id or slug, or a card differs from the catalogue's.</exception>
    public static IReadOnlyList<CatalogueEntry> With(IReadOnlyList<IScheme> built)
    {
        SchemeCard[] cards = [.. CatalogueCards.All.Union(built.Select(scheme => scheme.Card), ReferenceEqualityComparer.Instance).Cast<SchemeCard>()];
        if (cards.DistinctBy(card => card.Id).Count() != cards.Length || cards.DistinctBy(card => card.Slug).Count() != cards.Length
            || built.DistinctBy(scheme => scheme.Card.Id).Count() != built.Count)
            throw new InvalidOperationException("Two schemes have one id or one slug, or a card is not the catalogue's own.");
        return
        [
            .. cards.OrderBy(card => card.Family).ThenBy(card => card.Id.Length).ThenBy(card => card.Id, StringComparer.Ordinal)
                .Select(card => new CatalogueEntry(card, built.FirstOrDefault(scheme => ReferenceEquals(scheme.Card, card)))),
        ];
    }
}
