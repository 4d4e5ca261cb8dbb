using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Jose;

namespace Counterfoil.Cryptography.Tests.Jose.Vectors;

/// <summary>
/// Tries a published JWS or JWE with a published JWK or JWK set, as an application would: the key says which
/// way is taken.
/// </summary>
internal static class JoseTrial
{
    private static readonly string[] OfferedAlgorithms =
    [
        "ES256", "HS256", "HS384", "HS512", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "dir", "A128KW", "A256KW", "A128GCMKW", "A256GCMKW",
    ];

    /// <summary>
    /// False if the text's header, or the key, is of a kind that we do not offer. Reads the header on its own
    /// account.
    /// </summary>
    public static bool IsOffered(IEnumerable<JsonElement> headers, JsonElement? key)
    {
        foreach (var header in headers)
        {
            if (header.TryGetProperty("alg", out var algorithm)
                && !OfferedAlgorithms.Contains(algorithm.GetString())
                || header.TryGetProperty("enc", out var encryption) && ContentEncryption.Find(encryption.GetString()!) is null
                || header.TryGetProperty("zip", out _)
                || header.TryGetProperty("epk", out var ephemeral) && !IsOfferedKey(ephemeral))
                return false;
        }
        return key is not { } element
            || (element.TryGetProperty("keys", out var keys) ? keys.EnumerateArray().All(IsOfferedKey) : IsOfferedKey(element));
    }

    /// <summary>The header in the first part of a compact text, if it is one.</summary>
    public static IEnumerable<JsonElement> HeadersOf(string compact)
    {
        var dot = compact.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || !Base64Url.TryDecode(compact.AsSpan(0, dot), out var bytes))
            return [];
        try
        {
            return [JsonDocument.Parse(bytes).RootElement];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    public static string? VerifyCompact(
        string text, JsonElement keys, byte[]? payload = null, bool detached = false) =>
        WithKeys(keys, key => VerifyCompactWith(Encoding.UTF8.GetBytes(text), key, payload, detached));

    public static string? VerifyJson(JsonElement json, JsonElement key, byte[] payload)
    {
        var bytes = Encoding.UTF8.GetBytes(json.GetRawText());
        var description = Jwk.Parse(key).Value;
        var expectation = new JwsExpectation { AllowUnencodedPayload = true };
        JoseResult<GeneralJws> result;
        if (description.IsSymmetric)
        {
            using var shared = SymmetricKey.Parse(key).Value;
            result = HmacJws.VerifyGeneral(description.Algorithm ?? "HS256", bytes, shared, expectation);
        }
        else
        {
            result = Jws.ParseGeneral(bytes, expectation);
            if (result.TryGet(out var parsed))
            {
                var publicKey = description.PublicKey();
                if (!publicKey.IsAccepted)
                    return publicKey.Refusal;
                if (parsed.Signatures[0].Verify(publicKey.Value) is { } refusal)
                    return refusal.Code;
            }
        }
        return result.Refusal ?? (result.Value.Payload.Span.SequenceEqual(payload)
            ? null
            : VectorCase.OtherResult);
    }

    public static string? Decrypt(string compact, JsonElement keys, byte[]? plaintext) =>
        Decrypt(Jwe.ParseCompact(compact), keys, plaintext);

    public static string? DecryptJson(JsonElement json, JsonElement keys, byte[]? plaintext) =>
        Decrypt(Jwe.ParseJson(Encoding.UTF8.GetBytes(json.GetRawText())), keys, plaintext);

    private static string? Decrypt(JoseResult<JweDocument> parsed, JsonElement keys, byte[]? plaintext) =>
        !parsed.TryGet(out var document)
            ? parsed.Refusal
            : WithKeys(keys, key =>
            {
                var result = DecryptWith(document, key);
                return result.Refusal ?? (plaintext is null
                    || result.Value.AsSpan().SequenceEqual(plaintext) ? null : VectorCase.OtherResult);
            });

    private static JoseResult<byte[]> DecryptWith(JweDocument document, Jwk key)
    {
        var algorithm = document.Recipients[0].Header.Algorithm;
        // A key "for A128GCM" is one for direct encryption.
        var declared = key.Algorithm == document.Encryption.Name
            ? JoseAlgorithms.Direct
            : key.Algorithm ?? algorithm;
        if (key.IsSymmetric)
        {
            var shared = SymmetricKey.Parse(key.Json);
            if (!shared.TryGet(out var secret))
                return shared.As<byte[]>();
            using (secret)
                return SymmetricJwe.Decrypt(declared, document, secret);
        }
        var parsed = EcPrivateKey.Parse(key.Json);
        if (!parsed.TryGet(out var privateKey))
            return parsed.As<byte[]>();
        using (privateKey)
        using (var agreement = privateKey.OpenAgreementKey())
            return declared == algorithm ? Jwe.Decrypt(document, agreement) : JoseRefusal.UnexpectedAlgorithm;
    }

    private static string? VerifyCompactWith(byte[] bytes, Jwk key, byte[]? payload, bool detached)
    {
        var expectation = new JwsExpectation { AllowUnencodedPayload = true };
        JoseResult<CompactJws> result;
        if (key.IsSymmetric)
        {
            var shared = SymmetricKey.Parse(key.Json);
            if (!shared.TryGet(out var secret))
                return shared.Refusal;
            using (secret)
                result = detached
                    ? HmacJws.VerifyDetached(key.Algorithm ?? "HS256", bytes, payload, secret, expectation)
                    : HmacJws.VerifyCompact(key.Algorithm ?? "HS256", bytes, secret, expectation);
        }
        else
        {
            result = detached
                ? Jws.ParseDetached(bytes, payload, expectation)
                : Jws.ParseCompact(bytes, expectation);
            if (result.TryGet(out var parsed))
            {
                var publicKey = key.PublicKey();
                if (!publicKey.IsAccepted)
                    return publicKey.Refusal;
                if (parsed.Verify(publicKey.Value) is { } refusal)
                    return refusal.Code;
            }
        }
        if (!result.TryGet(out var jws))
            return result.Refusal;
        if (!key.Permits("verify", jws.Header.Algorithm))
            return "unexpected_algorithm";
        return payload is null || jws.Payload.Span.SequenceEqual(payload) ? null : VectorCase.OtherResult;
    }

    private static string? WithKeys(JsonElement keys, Func<Jwk, string?> use)
    {
        if (!keys.TryGetProperty("keys", out _))
            return Jwk.Parse(keys) is { IsAccepted: true } single
                ? use(single.Value)
                : Jwk.Parse(keys).Refusal;
        var set = JwkSet.Parse(Encoding.UTF8.GetBytes(keys.GetRawText()));
        if (!set.TryGet(out var all))
            return set.Refusal;
        var refusals = all.Keys.Select(use).ToArray();
        return refusals.Contains(null) ? null : refusals[0];
    }

    private static bool IsOfferedKey(JsonElement key) => key.GetProperty("kty").GetString() switch
    {
        "EC" => key.GetProperty("crv").GetString() == "P-256",
        "oct" => true,
        _ => false,
    };
}
