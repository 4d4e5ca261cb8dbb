using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Jose.Vectors;

/// <summary>
/// The examples in the appendices of RFC 7515, 7516, 7517 and 7638: files of one name, the key and what it is
/// used on.
/// </summary>
internal static class AppendixCases
{
    private const string Folder = "jose-appendices";

    public static IEnumerable<VectorCase> All()
    {
        if (Shared.Find($"vectors/{Folder}") is not { } path)
            yield break;
        foreach (var file in Directory.GetFiles(path).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            var text = File.ReadAllText(file).Trim();
            var keyFile = Path.ChangeExtension(file, ".jwk");
            var key = File.Exists(keyFile) ? Json(File.ReadAllText(keyFile)) : (JsonElement?)null;
            switch (Path.GetExtension(file))
            {
                case ".jwk":
                    var single = Json(text);
                    yield return new VectorCase(
                        $"{Folder}/{name}", "key", IsValid: true, JoseTrial.IsOffered([], single),
                        () => CookbookCases.TryKey(single));
                    break;
                case ".jwkset":
                    yield return new VectorCase($"{Folder}/{name}", "set", IsValid: true, IsOffered: true, () => JwkSet.Parse(Encoding.UTF8.GetBytes(text)).Refusal);
                    break;
                case ".jwsc":
                    yield return new VectorCase($"{Folder}/{name}", "compact", IsValid: true, JoseTrial.IsOffered(JoseTrial.HeadersOf(text), key),
                        () => key is null
                            ? Jws.ParseCompact(text).Refusal
                            : JoseTrial.VerifyCompact(text, key.Value));
                    break;
                case ".jwsf":
                    var flattened = Json(text);
                    Base64Url.TryDecode(flattened.GetProperty("payload").GetString(), out var payload);
                    yield return new VectorCase($"{Folder}/{name}", "flattened", IsValid: true, IsOffered: true, () => JoseTrial.VerifyJson(flattened, key!.Value, payload!));
                    break;
                case ".thp":
                    yield return new VectorCase($"{Folder}/{name}", "thumbprint", IsValid: true, IsOffered: true, () =>
                        Base64Url.Encode(Jwk.Parse(key!.Value).Value.Thumbprint(HashAlgorithmName.SHA256).Value) == text ? null : VectorCase.OtherResult);
                    break;
                case ".md":
                    break;
                default:
                    yield return new VectorCase(
                        $"{Folder}/{name}", "unknown kind of file", IsValid: true, IsOffered: true,
                        () => VectorCase.OtherResult);
                    break;
            }
        }
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
