using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Schemes;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Host.Api;

/// <summary>
/// Documents off the ledger, for their readers. Absent and forbidden look the same. The answer carries the
/// node's signature, so that a reader can show what it was given.
/// </summary>
internal sealed class VaultEndpoints(DocumentVault vault, ISigningKey nodeKey, TimeProvider clock)
{
    /// <summary>The header with the reader's salt, 64 hexadecimal digits; covered by the signature.</summary>
    public const string SaltHeader = "cf-reader-salt";

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/vault/documents/{digest}", FindAsync).WithPolicy(Policy.SignedRequest)
            .Describe(FindAsync, "Vault", "A document, for one of its readers",
                "An HTTP message signature (RFC 9421) by the reader's key over @method, @target-uri and cf-reader-salt. cf-reader-key: base64url of the reader's "
                + "JWK. cf-reader-salt: the salt that the reader was told, 64 hexadecimal digits. The answer is signed by the node.")
            .Produces<string>(StatusCodes.Status200OK, "application/jose+json", "application/octet-stream").ProducesProblems(400, 401, 404);

    private async Task FindAsync(HttpContext context)
    {
        if (!Digest<VaultDocument>.TryParse(context.Request.RouteValues["digest"] as string, out var digest))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
            return;
        }
        // The salt decides what is read, so a signature that leaves it open is worth nothing here.
        var request = SignedRequests.MessageOf(context.Request)!;
        var salt = Digest<VaultReader>.TryParse(context.Request.Headers[SaltHeader].ToString(), out var given) ? given.ToArray() : [];
        if (salt.Length > 0 && !Covers(context, SaltHeader))
        {
            await Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, ApiRefusals.InvalidSignature);
            return;
        }
        var reading = vault.Get(digest, context.RequireCaller().Key.Thumbprint, salt);
        if (!reading.TryGet(out var document))
        {
            await (reading.Refusal == VaultRefusal.DamagedDocument
                ? Problem.WriteAsync(context, StatusCodes.Status500InternalServerError, ApiRefusals.DamagedDocument)
                : Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.Forbidden));
            return;
        }
        Sign(context.Response, request, document);
        await context.AnswerBytesAsync(document is [(byte)'{', ..] ? "application/jose+json" : "application/octet-stream", document);
    }

    private static bool Covers(HttpContext context, string field) =>
        context.Features.Get<HttpSignature>()!.Parameters.Components.Any(component => component.Value is BareItem.Text name && name.Value == field);

    /// <summary>RFC 9421 section 2.4: the answer's signature names the request that it answers.</summary>
    private void Sign(HttpResponse response, HttpMessage request, byte[] document)
    {
        response.Headers[DigestFields.ContentDigest] = DigestFields.Of(document).ToString();
        var message = HttpMessage.OfResponse(StatusCodes.Status200OK, [.. SignedRequests.FieldsOf(response.Headers)], request);
        var parameters = new SignatureParameters(
            [SignatureComponents.Status, SignatureComponents.ContentDigest, SignatureComponents.OfRequest(SignatureComponents.Method),
                SignatureComponents.OfRequest(SignatureComponents.TargetUri)],
            clock.GetUtcNow(), keyId: nodeKey.PublicKey.ToString(), algorithm: SignatureAlgorithms.EcdsaP256Sha256);
        foreach (var field in HttpSignature.Sign(message, "node", parameters, nodeKey).Value)
            response.Headers[field.Name] = field.Value;
    }
}
