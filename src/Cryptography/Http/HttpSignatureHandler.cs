using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Http;

/// <summary>
/// Signs every request of an <see cref="HttpClient"/>, with the digest of its content, and if asked verifies
/// that the response is signed and its content is that of its digest. Fields of an earlier signature of the
/// same request (a retry) are replaced. <b>Source:</b> RFC 9421, RFC 9530.
/// </summary>
public sealed class HttpSignatureHandler : DelegatingHandler
{
    private const int NonceBytes = 16;

    private readonly HttpSignatureOptions options;
    private readonly string keyId;

    /// <summary>A handler in front of the one that sends.</summary>
    public HttpSignatureHandler(HttpSignatureOptions options, HttpMessageHandler inner)
        : base(inner)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.ResponsePolicy is not null && options.ResponseKeys is null)
            throw new ArgumentException("A policy for responses needs keys.", nameof(options));
        this.options = options;
        keyId = options.KeyId ?? options.Key.PublicKey.ToString();
    }

    /// <inheritdoc/>
    /// <exception cref="HttpSignatureException">The response is refused.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var signed = await SignAsync(request, cancellationToken).ConfigureAwait(false);
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (options.ResponsePolicy is not { } policy)
            return response;
        try
        {
            if (await CheckAsync(response, signed, policy, cancellationToken).ConfigureAwait(false) is { } refusal)
                throw new HttpSignatureException(refusal);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<HttpMessage> SignAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Remove("Signature-Input");
        request.Headers.Remove("Signature");
        request.Headers.Remove(DigestFields.ContentDigest);
        request.Content?.Headers.Remove(DigestFields.ContentDigest);
        var components = options.Components;
        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
            var bytes = await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            content.Headers.TryAddWithoutValidation(DigestFields.ContentDigest, DigestFields.Of(bytes).ToString());
            components = [.. components, SignatureComponents.ContentDigest];
        }
        var message = MessageOf(request);
        var parameters = new SignatureParameters(
            components, options.Clock.GetUtcNow(), keyId: keyId, algorithm: SignatureAlgorithms.EcdsaP256Sha256,
            nonce: Base64Url.Encode(RandomNumberGenerator.GetBytes(NonceBytes)), tag: options.Tag);
        // What cannot be covered is a mistake in the options, not a peer's refusal.
        var fields = HttpSignature.Sign(message, options.Label, parameters, options.Key).Value;
        foreach (var field in fields)
            request.Headers.TryAddWithoutValidation(field.Name, field.Value);
        return message.With(fields);
    }

    private async Task<HttpRefusal?> CheckAsync(
        HttpResponseMessage response, HttpMessage request, SignaturePolicy policy, CancellationToken cancellationToken)
    {
        if ((int)response.StatusCode is < 100 or > 599)
            return HttpRefusal.InvalidComponent;
        var message = HttpMessage.OfResponse(
            (int)response.StatusCode, [.. FieldsOf(response.Headers), .. FieldsOf(response.Content.Headers)], request);
        var result = HttpSignatureVerifier.Verify(message, policy, options.ResponseKeys!, options.Clock.GetUtcNow());
        if (!result.TryGet(out var signature, out var refusal))
            return refusal;
        if (response.Content.Headers.ContentLength > options.MaximumResponseBytes)
            return HttpRefusal.ContentTooLarge;
        try
        {
            await response.Content.LoadIntoBufferAsync(options.MaximumResponseBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return HttpRefusal.ContentTooLarge;
        }
        var content = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var covered = signature.Parameters.Components.Any(
            component => SignatureComponents.Identity(component) == SignatureComponents.Identity(SignatureComponents.ContentDigest));
        // A signature that leaves the content open proves nothing of it.
        if (content.Length > 0 && !covered)
            return HttpRefusal.UncoveredComponent;
        return covered ? DigestFields.Check(message, content) : null;
    }

    private static HttpMessage MessageOf(HttpRequestMessage request)
    {
        var uri = request.RequestUri!;
        var host = uri.HostNameType == UriHostNameType.IPv6 ? $"[{uri.IdnHost}]" : uri.IdnHost;
        var authority = request.Headers.Host ?? (uri.IsDefaultPort ? host : $"{host}:{uri.Port}");
        if (!HttpTarget.TryParse($"{uri.Scheme}://{authority}{uri.PathAndQuery}", out var target))
            throw new InvalidOperationException("Only http and https requests are signed.");
        var fields = new List<HttpField>();
        if (request.Headers.Host is null)
            fields.Add(new("Host", target.Authority));
        fields.AddRange(FieldsOf(request.Headers));
        if (request.Content is { } content)
            fields.AddRange(FieldsOf(content.Headers));
        return HttpMessage.OfRequest(request.Method.Method, target, fields);
    }

    // As they travel, before any parsing by .NET.
    private static IEnumerable<HttpField> FieldsOf(System.Net.Http.Headers.HttpHeaders headers) =>
        headers.NonValidated.SelectMany(field => field.Value.Select(value => new HttpField(field.Key, value)));
}
