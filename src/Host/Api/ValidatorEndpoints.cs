using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>The certified changes of validators, by which a client that trusts genesis verifies blocks of any height.</summary>
internal sealed class ValidatorEndpoints(Ledger.Ledger ledger)
{
    /// <summary>The most changes of one list.</summary>
    public const int MaximumListed = 100;

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/validators/changes", ListAsync).WithPolicy(Policy.Public)
            .Describe(ListAsync, "Blocks", "Changes of validators in the order of their heights, each certified by the validators before it",
                "after: the height of the last change that is known, 0 unless told. At most 100; ask on with after = next.")
            .Query("after")
            .Produces<ValidatorChangeListDocument>(StatusCodes.Status200OK, "application/json").ProducesProblems(400);

    private Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        long after = 0;
        if (query.Keys.Any(name => name is not "after")
            || query.TryGetValue("after", out var text) && !EndpointDescriptions.TryReadNumber(text, long.MaxValue, out after))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        var changes = ledger.ValidatorChanges(after, MaximumListed);
        long? next = changes.Count == MaximumListed && BlockHeader.TryParse(changes[^1].Header, out var last) ? last.Height : null;
        return context.AnswerAsync(new ValidatorChangeListDocument(
            [.. changes.Select(change => new ValidatorChangeDocument(
                Base64Url.Encode(change.Header), BlockEndpoints.Element(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(change.Certificate)),
                Base64Url.Encode(change.NextValidators)))],
            next));
    }
}
