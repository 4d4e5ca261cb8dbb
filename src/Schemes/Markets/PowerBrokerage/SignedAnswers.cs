using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Client;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// Answers that are evidence: content, status, the request that is answered, and the height and block that the server knows are signed, so that a wrong answer
/// can be shown to others. Refusals are signed too. <b>Source:</b> RFC 9421, RFC 9530, D1 step 16.
/// </summary>
internal sealed class SignedAnswers(RoleContext context)
{
    public const string HeightField = "cf-height";
    public const string BlockField = "cf-block";

    /// <summary>The header by which a requester names the key that answers are encrypted to: base64url of its JWK, covered by the signature.</summary>
    public const string EncryptionKeyField = "cf-encryption-key";

    private static readonly TimeSpan StatusAge = TimeSpan.FromSeconds(1);

    private KnownStatus? latest;

    /// <summary>An answer with a document.</summary>
    public Task WriteAsync<T>(HttpContext http, T answer, JsonTypeInfo<T> format) =>
        WriteAsync(http, StatusCodes.Status200OK, "application/json", JsonSerializer.SerializeToUtf8Bytes(answer, format));

    /// <summary>A refusal; absent and forbidden are one answer, to the byte.</summary>
    public Task WriteAsync(HttpContext http, Refusal refusal, int statusCode)
    {
        var problem = new Dictionary<string, object>
        {
            ["type"] = $"urn:counterfoil:refusal:{refusal.Code}", ["title"] = refusal.Code, ["status"] = statusCode, ["detail"] = refusal.Reason.Meaning,
            ["code"] = refusal.Code,
        };
        foreach (var (name, value) in refusal.Facts)
            problem[name] = value;
        return WriteAsync(http, statusCode, Problem.ContentType, JsonSerializer.SerializeToUtf8Bytes(problem));
    }

    /// <summary>An answer of these bytes.</summary>
    public async Task WriteAsync(HttpContext http, int statusCode, string mediaType, ReadOnlyMemory<byte> content)
    {
        var known = await StatusAsync(http.RequestAborted).ConfigureAwait(false);
        var fields = new List<HttpField>
        {
            new(DigestFields.ContentDigest, DigestFields.Of(content.Span).ToString()),
            new(HeightField, known.Height.ToString(CultureInfo.InvariantCulture)),
            new(BlockField, known.Block.IsUnset ? "none" : known.Block.ToString()),
        };
        var request = RequestOf(http.Request);
        var parameters = new SignatureParameters(
            [
                SignatureComponents.Status, SignatureComponents.ContentDigest, SignatureComponents.Of(HeightField), SignatureComponents.Of(BlockField),
                SignatureComponents.OfRequest(SignatureComponents.Method), SignatureComponents.OfRequest(SignatureComponents.TargetUri),
            ],
            context.Clock.GetUtcNow(), keyId: context.Party.SigningKey.PublicKey.ToString(), algorithm: SignatureAlgorithms.EcdsaP256Sha256);
        fields.AddRange(HttpSignature.Sign(HttpMessage.OfResponse(statusCode, fields, request), "sig1", parameters, context.Party.SigningKey).Value);
        http.Response.StatusCode = statusCode;
        http.Response.ContentType = mediaType;
        http.Response.ContentLength = content.Length;
        foreach (var field in fields)
            http.Response.Headers[field.Name] = field.Value;
        await http.Response.Body.WriteAsync(content, http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>The key that the requester wants the answer encrypted to; unset where it names none, or does not cover it by its signature.</summary>
    public static PublicKey EncryptionKeyOf(HttpContext http) =>
        http.Request.Headers.TryGetValue(EncryptionKeyField, out var text) && Base64Url.TryDecode(text.ToString(), out var json)
        && Jwk.ParsePublicKey(json).TryGet(out var key)
        && http.Features.Get<HttpSignature>() is { } signature
        && signature.Parameters.Components.Any(component => component.Value is BareItem.Text name && name.Value == EncryptionKeyField)
            ? key : default;

    /// <summary>What a client demands of an answer's signature.</summary>
    public static SignaturePolicy Policy { get; } = new()
    {
        RequiredComponents =
        [
            SignatureComponents.Status, SignatureComponents.ContentDigest, SignatureComponents.Of(HeightField), SignatureComponents.Of(BlockField),
            SignatureComponents.OfRequest(SignatureComponents.Method), SignatureComponents.OfRequest(SignatureComponents.TargetUri),
        ],
    };

    private async Task<NodeStatus> StatusAsync(CancellationToken cancellation)
    {
        var now = context.Clock.GetUtcNow();
        if (Volatile.Read(ref latest) is { } known && now - known.AskedAt <= StatusAge)
            return known.Status;
        // Two requests at once may both ask: no harm.
        var status = await context.Party.Node.GetStatusAsync(cancellation).ConfigureAwait(false);
        Volatile.Write(ref latest, new KnownStatus(status, now));
        return status;
    }

    private sealed record KnownStatus(NodeStatus Status, DateTimeOffset AskedAt);

    private static HttpMessage RequestOf(HttpRequest request)
    {
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        return HttpTarget.TryParse($"{request.Scheme}://{request.Host.Value}{target}", out var parsed)
            ? HttpMessage.OfRequest(request.Method, parsed, [.. request.Headers.SelectMany(header => header.Value.Select(value => new HttpField(header.Key, value ?? "")))])
            : throw new InvalidOperationException("A request without a target was answered.");
    }
}
