using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Jose.Vectors;

/// <summary>
/// The examples of RFC 7520, RFC 7797 and RFC 8037, each in every serialisation that is published of it.
/// </summary>
internal static class CookbookCases
{
    private const string Folder = "jose-cookbook";

    public static IEnumerable<VectorCase> All() => [.. Keys(), .. Signatures(), .. Encryptions()];

    private static IEnumerable<VectorCase> Keys()
    {
        foreach (var (file, key) in Files("jwk"))
            yield return new VectorCase(
                file, "key", IsValid: true, JoseTrial.IsOffered([], key), () => TryKey(key));
    }

    /// <summary>Reads a key and, if it has a secret, opens it.</summary>
    public static string? TryKey(JsonElement key)
    {
        var description = Jwk.Parse(Encoding.UTF8.GetBytes(key.GetRawText()));
        if (!description.TryGet(out var jwk))
            return description.Refusal;
        if (jwk.IsSymmetric)
        {
            var shared = SymmetricKey.Parse(key);
            using var secret = shared.IsAccepted ? shared.Value : null;
            return shared.Refusal ?? (Base64Url.Encode(secret!.Span) == key.GetProperty("k").GetString()
                ? null : VectorCase.OtherResult);
        }
        var publicKey = jwk.PublicKey();
        if (!publicKey.IsAccepted)
            return publicKey.Refusal;
        if (publicKey.Value.X != key.GetProperty("x").GetString()
            || publicKey.Value.Y != key.GetProperty("y").GetString())
            return VectorCase.OtherResult;
        if (!key.TryGetProperty("d", out var d))
            return null;
        var privateKey = EcPrivateKey.Parse(key);
        if (!privateKey.TryGet(out var opened))
            return privateKey.Refusal;
        using (opened)
            return Base64Url.Encode(opened.Scalar) == d.GetString() ? null : VectorCase.OtherResult;
    }

    private static IEnumerable<VectorCase> Signatures()
    {
        foreach (var (file, example) in Files("jws").Concat(Files("rfc7797")).Concat(Files("curve25519")))
        {
            var input = example.GetProperty("input");
            var payload = Encoding.UTF8.GetBytes(input.GetProperty("payload").GetString()!);
            var keys = input.GetProperty("key") is { ValueKind: JsonValueKind.Array } list
                ? list.EnumerateArray().ToArray() : [input.GetProperty("key")];
            var signing = example.GetProperty("signing") is { ValueKind: JsonValueKind.Array } signings
                ? signings.EnumerateArray().ToArray() : [example.GetProperty("signing")];
            for (var i = 0; i < keys.Length; i++)
            {
                var key = keys[i];
                JsonElement[] headers = [.. Members(signing[i], "protected"), .. Members(signing[i], "unprotected")];
                var isOffered = JoseTrial.IsOffered(headers, key);
                foreach (var form in example.GetProperty("output").EnumerateObject())
                    yield return new VectorCase(
                        file, $"{form.Name}, key {i + 1}", IsValid: true, isOffered,
                        () => TrySignature(form, key, payload));
            }
        }
    }

    private static string? TrySignature(JsonProperty form, JsonElement key, byte[] payload)
    {
        if (form.Name != "compact")
            return JoseTrial.VerifyJson(form.Value, key, payload);
        var text = form.Value.GetString()!;
        return JoseTrial.VerifyCompact(
            text, key, payload, detached: text.Contains("..", StringComparison.Ordinal));
    }

    private static IEnumerable<VectorCase> Encryptions()
    {
        foreach (var (file, example) in Files("jwe"))
        {
            var input = example.GetProperty("input");
            var plaintext = Encoding.UTF8.GetBytes(input.GetProperty("plaintext").GetString()!);
            var key = input.GetProperty("key");
            var content = example.GetProperty("encrypting_content");
            JsonElement[] headers = [.. Members(content, "protected"), .. Members(content, "unprotected")];
            foreach (var form in example.GetProperty("output").EnumerateObject())
                yield return new VectorCase(file, form.Name, IsValid: true, JoseTrial.IsOffered(headers, key), () => form.Name == "compact"
                    ? JoseTrial.Decrypt(form.Value.GetString()!, key, plaintext)
                    : JoseTrial.DecryptJson(form.Value, key, plaintext));
        }
    }

    private static IEnumerable<JsonElement> Members(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? [value] : [];

    private static IEnumerable<(string File, JsonElement Root)> Files(string folder)
    {
        if (Shared.Find($"vectors/{Folder}/{folder}") is not { } path)
            return [];
        return Directory.GetFiles(path, "*.json").Order(StringComparer.Ordinal)
            .Select(file => ($"{Folder}/{folder}/{Path.GetFileName(file)}", JsonDocument.Parse(File.ReadAllBytes(file)).RootElement));
    }
}
