using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Http;

/// <summary>
/// A verified DPoP proof: its bearer holds a key, and made the proof for one request. <b>Source:</b> RFC 9449
/// section 4.
/// </summary>
/// <param name="PublicKey">The key that signed; its thumbprint is what an access token is bound to (<c>jkt</c>).</param>
/// <param name="Identifier">The proof's unique identifier, <c>jti</c>.</param>
/// <param name="IssuedAt">When it was made, by its maker's clock; whole seconds.</param>
public sealed record DpopProof(PublicKey PublicKey, string Identifier, DateTimeOffset IssuedAt)
{
    /// <summary>The <c>typ</c> of a proof.</summary>
    public const string Type = "dpop+jwt";

    /// <summary>The longest proof in characters.</summary>
    public const int MaximumLength = 8192;

    private const int MaximumIdentifierLength = 256;
    private const int IdentifierBytes = 16;
    private const long LastSecond = 253_402_300_799; // 9999-12-31

    /// <summary>Makes a proof.</summary>
    /// <param name="key">The key that the access token is, or will be, bound to.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="target">The request's target; its query is left out.</param>
    /// <param name="now">The maker's time.</param>
    /// <param name="accessToken">The access token that goes with the request; null for a request to the token endpoint.</param>
    /// <param name="nonce">The nonce that the server gave, if it gave one.</param>
    public static string Create(
        ISigningKey key, string method, HttpTarget target, DateTimeOffset now, string? accessToken = null, string? nonce = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        var payload = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(payload))
        {
            writer.WriteStartObject();
            writer.WriteString("jti"u8, Base64Url.Encode(RandomNumberGenerator.GetBytes(IdentifierBytes)));
            writer.WriteString("htm"u8, method);
            writer.WriteString("htu"u8, target.WithoutQuery);
            writer.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
            if (accessToken is not null)
                writer.WriteString("ath"u8, AccessTokenHash(accessToken));
            if (nonce is not null)
                writer.WriteString("nonce"u8, nonce);
            writer.WriteEndObject();
        }
        return Jws.SignCompact(Type, payload.WrittenSpan, key, reference: KeyReference.Key);
    }

    /// <summary>Verifies a proof; the numbers in the code are those of RFC 9449 section 4.3.</summary>
    /// <param name="proof">The value of the only DPoP field (1: that there is only one is the host's to see).</param>
    /// <param name="expectation">The request that it must be for.</param>
    /// <param name="now">The verifier's time.</param>
    /// <returns>
    /// Refused, in this order, as <c>malformed_proof</c>, <c>unsupported_algorithm</c>,
    /// <c>invalid_signature</c>, <c>method_mismatch</c>, <c>target_mismatch</c>, <c>use_dpop_nonce</c>,
    /// <c>not_yet_valid</c>, <c>expired</c>, <c>token_mismatch</c>, <c>key_mismatch</c>, <c>replayed</c>. The
    /// header has exactly typ, alg and jwk; further claims are left aside, as RFC 7519 has it.
    /// </returns>
    public static HttpResult<DpopProof> Verify(string proof, DpopExpectation expectation, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(proof);
        ArgumentNullException.ThrowIfNull(expectation);
        if (proof.Length > MaximumLength)
            return HttpRefusal.MalformedProof;

        // 2, 4, 5: a well-formed JWT of the type and algorithm.
        var parsed = Jws.ParseCompact(proof, JwsExpectation);
        if (!parsed.TryGet(out var jws))
        {
            return parsed.Refusal == JoseRefusal.UnsupportedAlgorithm.Code
                ? HttpRefusal.UnsupportedAlgorithm
                : HttpRefusal.MalformedProof;
        }
        // 7: the key is there, without private members.
        if (!jws.Header.HasOnlyProtected("typ", "alg", "jwk") || !jws.Header.Key().TryGet(out var key))
            return HttpRefusal.MalformedProof;
        // 3: the claims.
        if (!StrictJson.TryParseObject(jws.Payload.Span, out var element))
            return HttpRefusal.MalformedProof;
        var members = new JsonMembers(element);
        var identifier = members.Text("jti", MaximumIdentifierLength);
        var method = members.Text("htm");
        var target = members.Text("htu");
        var issued = members.Integer("iat", 0, LastSecond);
        var tokenHash = members.OptionalText("ath");
        var nonce = members.OptionalText("nonce");
        if (!members.AreComplete || identifier.Length == 0)
            return HttpRefusal.MalformedProof;
        // 6
        if (jws.Verify(key) is not null)
            return HttpRefusal.InvalidSignature;

        // 8 to 12
        if (method != expectation.Method)
            return HttpRefusal.MethodMismatch;
        if (!HttpTarget.TryParse(WithoutFragment(target), out var given) || given.WithoutQuery != expectation.Target.WithoutQuery)
            return HttpRefusal.TargetMismatch;
        if (expectation.AcceptsNonce is { } acceptsNonce && (nonce is null || !acceptsNonce(nonce)))
            return HttpRefusal.NonceMismatch;
        var issuedAt = DateTimeOffset.FromUnixTimeSeconds(issued);
        if (issuedAt > now + expectation.ClockSkew)
            return HttpRefusal.NotYetValid;
        if (issuedAt < now - expectation.MaximumAge - expectation.ClockSkew)
            return HttpRefusal.Expired;
        if (expectation.AccessToken is { } token && tokenHash != AccessTokenHash(token))
            return HttpRefusal.TokenMismatch;
        if (expectation.KeyThumbprint is { } bound && key.Thumbprint != bound)
            return HttpRefusal.KeyMismatch;
        // Section 11.1
        var end = now + expectation.MaximumAge + expectation.ClockSkew + expectation.ClockSkew;
        if (expectation.TryUseIdentifier is { } tryUse && !tryUse(key.Thumbprint, identifier, end))
            return HttpRefusal.Replayed;
        return new DpopProof(key, identifier, issuedAt);
    }

    /// <summary>The hash of an access token: <c>ath</c>.</summary>
    public static string AccessTokenHash(string accessToken) =>
        Base64Url.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)));

    private static readonly JwsExpectation JwsExpectation = new() { Type = Type, MaximumBytes = MaximumLength };

    private static string WithoutFragment(string uri)
    {
        var hash = uri.IndexOf('#', StringComparison.Ordinal);
        return hash < 0 ? uri : uri[..hash];
    }
}
