using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>
/// Verifies the HTTP message signature of a request whose endpoint asks for one, and tells the endpoint who
/// signed. The key is named by its thumbprint, <c>keyid="{thumbprint}"</c> or
/// <c>"{account}.{thumbprint}"</c>; a reader unknown to the ledger brings it in the header
/// <c>cf-reader-key</c>. <b>Source:</b> RFC 9421 section 3.2, RFC 9530.
/// </summary>
internal sealed class SignedRequests(Ledger.Ledger ledger, AccountsContract accounts, TimeProvider clock)
{
    /// <summary>
    /// The header with the JWK of a reader whom the ledger may not know: base64url of its JSON.
    /// </summary>
    public const string KeyHeader = "cf-reader-key";

    /// <summary>The largest content of a signed request, in bytes.</summary>
    public const int MaximumContentBytes = 4 * 1024 * 1024;

    private readonly NonceMemory nonces = new();

    /// <summary>Verifies the request.</summary>
    /// <returns>Null once <see cref="Caller"/> is set; else why not.</returns>
    public async Task<RefusalCode?> VerifyAsync(HttpContext context)
    {
        if (MessageOf(context.Request) is not { } message)
            return Refused(HttpRefusal.InvalidTarget);
        var content = await ReadContentAsync(context);
        if (content is null)
            return ApiRefusals.TooLarge;
        var now = clock.GetUtcNow();
        var policy = (content.Length > 0 ? SignaturePolicy.RequestWithContent : SignaturePolicy.Request) with
        {
            // What acts must act once; what only reads may be asked for again.
            RequireNonce = !HttpMethods.IsGet(context.Request.Method),
            TryUseNonce = (keyId, nonce, until) => nonces.TryUse(keyId, nonce, until, now),
        };
        Caller? caller = null;
        var result = HttpSignatureVerifier.Verify(
            message, policy, keyId => (caller = Resolve(context.Request, keyId)) is { } found ? HttpVerificationKey.Of(found.Key) : null, now);
        if (!result.TryGet(out var signature, out var refusal))
            return Refused(refusal);
        if (content.Length > 0 && DigestFields.Check(message, content) is { } mismatch)
            return Refused(mismatch);
        context.Features.Set(caller!);
        context.Features.Set(signature);
        return null;
    }

    /// <summary>
    /// The request as its signer saw it: the host answers without a proxy, so Host is the authority.
    /// </summary>
    internal static HttpMessage? MessageOf(HttpRequest request)
    {
        var target = request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        if (!target.StartsWith('/') || !HttpTarget.TryParse($"{request.Scheme}://{request.Host.Value}{target}", out var parsed))
            return null;
        return HttpMessage.OfRequest(request.Method, parsed, [.. FieldsOf(request.Headers)]);
    }

    internal static IEnumerable<HttpField> FieldsOf(IHeaderDictionary headers) =>
        headers.SelectMany(header => header.Value.Select(value => new HttpField(header.Key, value ?? "")));

    private Caller? Resolve(HttpRequest request, string? keyId)
    {
        var parts = (keyId ?? "").Split('.');
        if (parts.Length > 2 || !TryReadThumbprint(parts[^1], out var thumbprint))
            return null;
        if (request.Headers.TryGetValue(KeyHeader, out var header))
        {
            return Base64Url.TryDecode(header.ToString(), out var json) && Jwk.Parse(json).TryGet(out var jwk)
                && jwk.PublicKey().TryGet(out var given) && given.Thumbprint == thumbprint
                ? new Caller(given, AccountOf(given))
                : null;
        }
        // A key's own name is enough where it is the account's first.
        var account = new AccountId(thumbprint);
        if (parts.Length == 2 && !AccountId.TryParse(parts[0], out account))
            return null;
        var key = ledger.Read(() => accounts.TryGetActiveKey(account, thumbprint, out var found) ? found : default);
        return key.IsUnset ? null : new Caller(key, account);
    }

    private AccountId AccountOf(PublicKey key)
    {
        var account = AccountId.Of(key);
        return ledger.Read(() => accounts.TryGetActiveKey(account, key.Thumbprint, out _)) ? account : default;
    }

    private static bool TryReadThumbprint(string text, out Digest<PublicKey> thumbprint)
    {
        var isThumbprint = AccountId.TryParse(text, out var account);
        thumbprint = account.Thumbprint;
        return isThumbprint;
    }

    /// <summary>Reads the content and leaves it for the endpoint to read again.</summary>
    private static async Task<byte[]?> ReadContentAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MaximumContentBytes)
            return null;
        using var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
        {
            kept.Write(buffer, 0, read);
            if (kept.Length > MaximumContentBytes)
                return null;
        }
        var content = kept.ToArray();
        context.Request.Body = new MemoryStream(content, writable: false);
        return content;
    }

    private static RefusalCode Refused(HttpRefusal refusal) => new(refusal.Code, ApiRefusals.InvalidSignature.Meaning);
}
