using System.Text.Json;
using Counterfoil.Contracts;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>
/// What the kernel's contracts hold as of the last block. Nothing here is proved: see the proofs for that.
/// </summary>
internal sealed class StateEndpoints(Ledger.Ledger ledger, KernelContracts contracts)
{
    private const string Json = "application/json";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/anchors/{record}", CurrentAnchorAsync).WithPolicy(Policy.Public)
            .Describe(CurrentAnchorAsync, "Anchors", "The present version of an anchored record", "record: {author}.{rid}.")
            .Produces<AnchorDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400, 404);
        routes.MapGet("/anchors/{record}/{version}", PastAnchorAsync).WithPolicy(Policy.Public)
            .Describe(PastAnchorAsync, "Anchors", "One version of an anchored record", "record: {author}.{rid}. version: from 1.")
            .Produces<AnchorDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400, 404);
        routes.MapGet("/rights/{right}", RightAsync).WithPolicy(Policy.Public)
            .Describe(RightAsync, "Rights", "A right as it stands", "right: {issuer}.{id}.")
            .Produces<RightDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400, 404);
        routes.MapGet("/items/{item}", ItemAsync).WithPolicy(Policy.Public)
            .Describe(ItemAsync, "Registry", "An item of the registry", "item: {registrar}.{id}.")
            .Produces<ItemDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400, 404);
        routes.MapGet("/certificates/{account}", CertificatesAsync).WithPolicy(Policy.Public)
            .Describe(CertificatesAsync, "Certificates", "The certificates registered for an organisation")
            .Produces<CertificateListDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400);
    }

    private Task CurrentAnchorAsync(HttpContext context) => AnchorAsync(context, version: 0);

    private Task PastAnchorAsync(HttpContext context) =>
        EndpointDescriptions.TryReadNumber(context.Request.RouteValues["version"] as string, long.MaxValue, out var version) && version > 0
            ? AnchorAsync(context, version)
            : Malformed(context);

    private Task AnchorAsync(HttpContext context, long version)
    {
        if (!StateNames.TryRead<AnchoredRecord>(context.Request.RouteValues["record"] as string, out var author, out var rid))
            return Malformed(context);
        var row = ledger.Read(() => version == 0
            ? contracts.Anchors.TryGetCurrent(author, rid, out var current) ? current : null
            : contracts.Anchors.TryGet(author, rid, version, out var past) ? past : null);
        return row is null
            ? Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownAnchor)
            : context.AnswerAsync(new AnchorDocument(
                author.ToString(), rid.ToString(), row.Version, row.Digest.ToString(), row.CiphertextDigest.OrNull(),
                row.CiphertextDigest.IsUnset ? null : row.CiphertextBytes,
                [.. row.Signers.Select(signer => new AnchorSignerDocument(signer.Account.ToString(), signer.KeyId.ToString()))],
                row.Height, row.Time.UnixMilliseconds));
    }

    private Task RightAsync(HttpContext context)
    {
        if (!StateNames.TryRead<Right>(context.Request.RouteValues["right"] as string, out var issuer, out var id))
            return Malformed(context);
        var right = ledger.Read(() => contracts.Rights.TryGet(new RightKey(issuer, id), out var row) ? row : null);
        return right is null
            ? Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownItem)
            : context.AnswerAsync(Document(issuer.ToString(), id.ToString(), right));
    }

    private RightDocument Document(string issuer, string id, RightRow right)
    {
        var hasLimit = right.Limit.Units > 0;
        return new RightDocument(
            issuer, id, right.StateAt(ledger.Tip.Time).ToString().ToLowerInvariant(), right.Holder.OrNull(), right.Commitment.OrNull(),
            right.Redeemer.OrNull(), right.IsTransferable, right.Uses, right.UsesMade,
            hasLimit ? right.Limit.Asset.ToString() : null, hasLimit ? right.Limit.Units.ToString() : null, hasLimit ? right.UnitsUsed.ToString() : null,
            right.ReuseWindowSeconds, right.NotBefore.OrNull(), right.Expires.OrNull(), right.LastUsed.OrNull(), right.Terms.OrNull(), right.Height);
    }

    private Task ItemAsync(HttpContext context)
    {
        if (!StateNames.TryRead<Item>(context.Request.RouteValues["item"] as string, out var registrar, out var id))
            return Malformed(context);
        var item = ledger.Read(() => contracts.Registry.TryGet(new ItemKey(registrar, id), out var row) ? row : null);
        return item is null
            ? Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownItem)
            : context.AnswerAsync(new ItemDocument(
                registrar.ToString(), id.ToString(), item.Kind, item.Owner.ToString(), item.Document.OrNull(), item.IsRuledByContract, item.IsRetired,
                item.Height));
    }

    private Task CertificatesAsync(HttpContext context)
    {
        if (!AccountId.TryParse(context.Request.RouteValues["account"] as string, out var account))
            return Malformed(context);
        var time = ledger.Tip.Time;
        var certificates = new List<CertificateDocument>();
        foreach (var purpose in Enum.GetValues<CertificatePurpose>())
        {
            if (ledger.Read(() => contracts.Certificates.TryGet(account, purpose, out var row) ? row : null) is { } certificate)
                certificates.Add(new CertificateDocument(
                    purpose.ToString().ToLowerInvariant(), certificate.Thumbprint.ToString(), JwkOf(certificate.Key), certificate.NotBefore.UnixMilliseconds,
                    certificate.NotAfter.UnixMilliseconds, certificate.IsActiveAt(time), certificate.IsRevoked, certificate.Registrar.ToString()));
        }
        return context.AnswerAsync(new CertificateListDocument(account.ToString(), certificates));
    }

    internal static JsonElement JwkOf(PublicKey key) => JsonSerializer.SerializeToElement(key);

    private static Task Malformed(HttpContext context) => Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
}
