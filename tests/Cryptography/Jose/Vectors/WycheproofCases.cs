using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Jose.Vectors;

/// <summary>Project Wycheproof's files of JOSE and of the ciphers under it.</summary>
internal static class WycheproofCases
{
    // Labelled valid, but their texts hold a question mark inside base64url, with the signature of the text
    // without it: to accept them, a reader must drop characters, which RFC 7515 section 5.2 (steps 2, 6, 7)
    // forbids. The same fault is labelled invalid in 361 and 371. Upstream knows of other contradictions in
    // this group: github.com/C2SP/wycheproof/issues/236.
    private static readonly string[] MislabelledValid = ["372 InvalidCharacterInsertedInHeader", "373 InvalidCharacterInsertedInPayload"];

    public static IEnumerable<VectorCase> All() =>
    [
        .. Jose("json_web_crypto"), .. Jose("json_web_encryption"), .. Jose("json_web_key"), .. Jose(
            "json_web_signature"),
        .. Ciphers("a128cbc_hs256", _ => ContentEncryption.A128CbcHs256),
        .. Ciphers("a256cbc_hs512", _ => ContentEncryption.A256CbcHs512),
        .. Ciphers("aes_gcm", bits => bits switch { 128 => ContentEncryption.A128Gcm, 256 => ContentEncryption.A256Gcm, _ => null }),
        .. KeyWrap("aes_wrap"),
    ];

    private static IEnumerable<VectorCase> Jose(string name)
    {
        foreach (var (file, group, test) in Tests(name))
        {
            // What verifies has the public key; what decrypts, or shares a key, has the private one.
            var isJwe = test.TryGetProperty("jwe", out var jwe);
            var key = !isJwe && group.TryGetProperty("public", out var publicKey) ? publicKey
                : group.GetProperty("private");
            var value = isJwe ? jwe : test.GetProperty("jws");
            var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            var plaintext = test.TryGetProperty("pt", out var pt) ? Convert.FromHexString(pt.GetString()!)
                : null;
            var isValid = IsValid(test) && !(name == "json_web_signature"
                && MislabelledValid.Contains(Id(test)));
            yield return new VectorCase(file, Id(test), isValid, JoseTrial.IsOffered(
                JoseTrial.HeadersOf(text), key),
                () => isJwe ? JoseTrial.Decrypt(text, key, plaintext) : JoseTrial.VerifyCompact(text, key));
        }
    }

    private static IEnumerable<VectorCase> Ciphers(string name, Func<int, ContentEncryption?> find)
    {
        foreach (var (file, group, test) in Tests(name))
        {
            var cipher = find(group.GetProperty("keySize").GetInt32());
            var ivSize = group.GetProperty("ivSize").GetInt32() / 8;
            yield return new VectorCase(file, Id(test), IsValid(test), cipher is not null
                && ivSize == cipher.IvSize,
                () => cipher is null || ivSize != cipher.IvSize ? Refused(cipher, test) : TryCipher(
                    cipher, test));
        }
    }

    // A length that is not offered is refused by the same code path, never computed.
    private static string? Refused(ContentEncryption? cipher, JsonElement test) =>
        (cipher ?? ContentEncryption.A256Gcm).Decrypt(Hex(test, "key"), Hex(test, "iv"), Hex(test, "aad"), Hex(test, "ct"), Hex(test, "tag")) is null
            ? "unsupported_algorithm"
            : VectorCase.OtherResult;

    private static string? TryCipher(ContentEncryption cipher, JsonElement test)
    {
        byte[] key = Hex(test, "key"), iv = Hex(test, "iv"), aad = Hex(test, "aad"), message = Hex(
            test, "msg");
        if (cipher.Decrypt(key, iv, aad, Hex(test, "ct"), Hex(test, "tag")) is not { } opened)
            return "decryption_failed";
        var ciphertext = new byte[cipher.CiphertextSize(message.Length)];
        var tag = new byte[cipher.TagSize];
        cipher.Encrypt(key, iv, aad, message, ciphertext, tag);
        return opened.AsSpan().SequenceEqual(message) && ciphertext.AsSpan().SequenceEqual(Hex(test, "ct"))
            && tag.AsSpan().SequenceEqual(Hex(test, "tag"))
            ? null
            : VectorCase.OtherResult;
    }

    private static IEnumerable<VectorCase> KeyWrap(string name)
    {
        foreach (var (file, _, test) in Tests(name))
        {
            // "acceptable": keys of 8 bytes, which RFC 3394 knows and SP 800-38F and we do not.
            var isOffered = test.GetProperty("result").GetString() != "acceptable";
            yield return new VectorCase(file, Id(test), !isOffered || IsValid(test), isOffered, () =>
            {
                byte[] key = Hex(test, "key"), message = Hex(test, "msg"), wrapped = Hex(test, "ct");
                if (AesKeyWrap.Unwrap(key, wrapped) is not { } unwrapped)
                    return isOffered ? "decryption_failed" : "unsupported_algorithm";
                return unwrapped.AsSpan().SequenceEqual(message)
                    && AesKeyWrap.Wrap(key, message).AsSpan().SequenceEqual(wrapped)
                    ? null
                    : VectorCase.OtherResult;
            });
        }
    }

    private static IEnumerable<(string File, JsonElement Group, JsonElement Test)> Tests(string name)
    {
        var file = $"wycheproof/{name}_test.json";
        if (Shared.Find("vectors/" + file) is not { } path)
            yield break;
        foreach (var group in JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.GetProperty("testGroups").EnumerateArray())
            foreach (var test in group.GetProperty("tests").EnumerateArray())
                yield return (file, group, test);
    }

    private static string Id(
        JsonElement test) =>
        $"{test.GetProperty("tcId").GetInt32()} {test.GetProperty("comment").GetString()}".TrimEnd();

    private static bool IsValid(JsonElement test) => test.GetProperty("result").GetString() switch
    {
        "valid" => true,
        "invalid" => false,
        var other => throw new InvalidDataException($"A result {other} is not known."),
    };

    private static byte[] Hex(JsonElement test, string name) =>
        Convert.FromHexString(test.GetProperty(name).GetString()!);
}
