using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Jose.SdJwt;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Jose.SdJwt;

/// <summary>The published examples of RFC 9901 and of the SD-JWT VC draft, one case a token or disclosure.</summary>
public sealed class SdJwtVectorTests(ITestOutputHelper output)
{
    private const string Absent = "absent";
    private static readonly string[] Folders = ["sd-jwt", "sd-jwt-vc"];

    public static TheoryData<string, int> Tokens() => Cases((kind, _) => kind == "compact");

    public static TheoryData<string, int> Disclosures() => Cases((kind, _) => kind == "disclosure");

    [Theory]
    [MemberData(nameof(Tokens))]
    public void Token_AsPublished_IsVerifiedAndShowsThePublishedClaims(string file, int index)
    {
        if (IsAbsent(file))
            return;
        var items = Items(file);
        var text = items[index].GetProperty("value").GetString()!;
        // The payload alone is published too, before its disclosures are added.
        var token = SdJwtToken.Parse(text.Contains('~', StringComparison.Ordinal) ? text : text + "~").Value;
        Assert.Null(token.Verify(IssuerKey()));
        if (token.KeyBinding is not null)
        {
            var proof = token.KeyBindingClaims;
            Assert.Null(token.VerifyKeyBinding(proof.GetProperty("aud").GetString()!, proof.GetProperty("nonce").GetString()!));
            Assert.Equal("audience_mismatch", token.VerifyKeyBinding("https://elsewhere.example", "1234567890")?.Code);
            Assert.Equal("nonce_mismatch", token.VerifyKeyBinding(proof.GetProperty("aud").GetString()!, "0")?.Code);
        }
        var processed = items.Skip(index + 1).FirstOrDefault(item =>
            item.GetProperty("kind").GetString() == "json" && item.GetProperty("label").GetString()!.Contains("rocessed", StringComparison.Ordinal));
        if (!text.EndsWith('~') && processed.ValueKind == JsonValueKind.Object && token.KeyBinding is not null)
            Assert.True(JsonElement.DeepEquals(processed.GetProperty("value"), token.Claims), token.Claims.GetRawText());
    }

    [Theory]
    [MemberData(nameof(Disclosures))]
    public void Disclosure_AsPublished_HasThePublishedDigestAndContents(string file, int index)
    {
        if (IsAbsent(file))
            return;
        var item = Items(file)[index];
        var disclosure = SdJwtDisclosure.Parse(item.GetProperty("disclosure").GetString()!).Value;
        Assert.Equal(item.GetProperty("digest").GetString(), disclosure.Digest);
        using var contents = JsonDocument.Parse(item.GetProperty("contents").ValueKind == JsonValueKind.String
            ? item.GetProperty("contents").GetString()!
            : item.GetProperty("contents").GetRawText());
        var list = contents.RootElement;
        Assert.Equal(list.GetArrayLength() == 3 ? list[1].GetString() : null, disclosure.Name);
        Assert.True(JsonElement.DeepEquals(list[list.GetArrayLength() - 1], disclosure.Value));
    }

    private bool IsAbsent(string file)
    {
        if (file == Absent)
            output.WriteLine("../shared/vectors/sd-jwt is not here");
        return file == Absent;
    }

    private static PublicKey IssuerKey()
    {
        var key = Items("sd-jwt/A.5_Elliptic-Curve-Key-Used-in-the-Examples.json")[0].GetProperty("value");
        return Jwk.Parse(key).Value.PublicKey().Value;
    }

    private static JsonElement[] Items(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Shared.Find("vectors/" + file)!));
        return [.. document.RootElement.GetProperty("items").Clone().EnumerateArray()];
    }

    private static TheoryData<string, int> Cases(Func<string, JsonElement, bool> isCase)
    {
        var cases = new TheoryData<string, int>();
        foreach (var folder in Folders)
        {
            if (Shared.Find("vectors/" + folder) is not { } path)
                continue;
            foreach (var file in Directory.GetFiles(path, "*.json").Select(name => $"{folder}/{Path.GetFileName(name)}").Order(StringComparer.Ordinal))
            {
                var items = Items(file);
                for (var index = 0; index < items.Length; index++)
                    if (isCase(items[index].GetProperty("kind").GetString()!, items[index]))
                        cases.Add(file, index);
            }
        }
        if (cases.Count == 0)
            cases.Add(Absent, 0);
        return cases;
    }
}
