using System.Text.Json;
using Counterfoil.Cryptography.Http;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Http;

/// <summary>The proofs of RFC 9449: ../shared/vectors/dpop-rfc9449.</summary>
public sealed class DpopVectorTests(ITestOutputHelper output)
{
    private const string Folder = "vectors/dpop-rfc9449";

    private static JsonElement Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Shared.Find($"{Folder}/proofs.json")!));
        return document.RootElement.Clone();
    }

    public static TheoryData<string> Cases() => new(
        Shared.Find(Folder) is null ? ["absent"] : Read().GetProperty("cases").EnumerateArray().Select(row => row.GetProperty("id").GetString()!));

    [SharedTheory(Folder)]
    [MemberData(nameof(Cases))]
    public void Verify_OfTheStandardsProofs_AcceptsForItsRequestOnly(string id)
    {
        var row = Read().GetProperty("cases").EnumerateArray().Single(one => one.GetProperty("id").GetString() == id);
        string Text(string name) => row.GetProperty(name).GetString()!;
        var issued = DateTimeOffset.FromUnixTimeSeconds(row.GetProperty("iat").GetInt64());
        Assert.True(HttpTarget.TryParse(Text("htu"), out var target));
        Assert.True(HttpTarget.TryParse(Text("htu") + "/other", out var otherTarget));
        Assert.True(Base64Url.TryDecode(Read().GetProperty("jkt").GetString()!.AsSpan(), out var thumbprint));
        var expectation = new DpopExpectation
        {
            Method = Text("htm"),
            Target = target,
            AccessToken = row.TryGetProperty("access_token", out var token) ? token.GetString() : null,
            KeyThumbprint = new Digest<Counterfoil.Cryptography.Keys.PublicKey>(thumbprint),
        };
        HttpRefusal Refusal(DpopExpectation expected, DateTimeOffset now) => DpopProof.Verify(Text("proof"), expected, now).Refusal;

        Assert.Equal("", Refusal(expectation, issued).ToString());
        Assert.Equal(issued, DpopProof.Verify(Text("proof"), expectation, issued).Value.IssuedAt);
        Assert.Equal(HttpRefusal.MethodMismatch, Refusal(expectation with { Method = "DELETE" }, issued));
        Assert.Equal(HttpRefusal.TargetMismatch, Refusal(expectation with { Target = otherTarget }, issued));
        Assert.Equal(HttpRefusal.Expired, Refusal(expectation, issued + TimeSpan.FromSeconds(66)));
        Assert.Equal(HttpRefusal.NotYetValid, Refusal(expectation, issued - TimeSpan.FromSeconds(6)));
        Assert.Equal(HttpRefusal.TokenMismatch, Refusal(expectation with { AccessToken = "another" }, issued));
        Assert.Equal(HttpRefusal.KeyMismatch, Refusal(expectation with { KeyThumbprint = default(Digest<Counterfoil.Cryptography.Keys.PublicKey>) }, issued));
        Assert.Equal(HttpRefusal.NonceMismatch, Refusal(expectation with { AcceptsNonce = _ => true }, issued));
        Assert.Equal(HttpRefusal.Replayed, Refusal(expectation with { TryUseIdentifier = (_, _, _) => false }, issued));
    }

    [SharedFact(Folder)]
    public void Verify_OfTheStandardsProofs_Summary()
    {
        var count = Read().GetProperty("cases").GetArrayLength();
        output.WriteLine($"dpop-rfc9449: {count} proofs verified, each refused in nine other circumstances");
        Assert.True(count > 0);
    }
}
