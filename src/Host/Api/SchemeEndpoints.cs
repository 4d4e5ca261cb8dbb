using Counterfoil.Host.Roles;
using Counterfoil.Ledger;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>The catalogue of schemes, with the roles that this node plays.</summary>
internal sealed class SchemeEndpoints(IReadOnlyList<IScheme> schemes, SchemeRoles roles, Uri node)
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/schemes", ListAsync).WithPolicy(Policy.Public)
            .Describe(ListAsync, "Schemes", "All schemes, built or planned, with the roles that this node plays")
            .Produces<IReadOnlyList<SchemeDocument>>(StatusCodes.Status200OK, "application/json");

    private Task ListAsync(HttpContext context) => context.AnswerAsync<IReadOnlyList<SchemeDocument>>(
        [.. Catalogue.With(schemes).Select(entry => new SchemeDocument(
            entry.Card.Id, entry.Card.Slug, entry.Card.Name, entry.Card.FamilyName, entry.Card.Publications, entry.StatusName, entry.Card.Summary,
            [.. roles.All.Where(role => role.Scheme == entry.Scheme).Select(role => new RoleDocument(
                role.Role.Name, role.Role.Title, AccountId.Of(role.AccountKey).ToString(), SchemeAddress.Of(node, entry.Card, role.Role.Name).ToString()))]))]);
}
