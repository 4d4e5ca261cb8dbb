using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Vault.Records;

namespace Counterfoil.Vault.Tests.Records;

public sealed class RecordOriginalTests : IDisposable
{
    private readonly RecordWorld world = new();

    [Fact]
    public void Create_ThenParse_GivesTheSameOriginal()
    {
        var draft = world.Draft("""{ "z": 1, "a": ["é", {"y":2,"x":1.50}] }""");
        var made = RecordOriginal.Create(draft).Value;
        var read = RecordOriginal.Parse(made.Bytes).Value;
        Assert.Equal(made.Digest, read.Digest);
        Assert.Equal(Digest<RecordOriginal>.Of(read.Bytes.Span), read.Digest);
        Assert.Equal((draft.Rid, "bid", 1L, "northern", "2026-03-01", draft.Iat), (read.Rid, read.Rtype, read.Ver, read.Market, read.Session, read.Iat));
        Assert.Equal(draft.Iss, read.Iss);
        Assert.Equal(draft.Aud, read.Aud);
        Assert.True(read.Prev.IsUnset);
        Assert.Equal("""{"a":["é",{"x":1.5,"y":2}],"z":1}""", read.Body.GetRawText());
    }

    [Fact]
    public void Create_OfTheSameDraftTwice_HasOtherSaltAndDigest()
    {
        var draft = world.Draft();
        Assert.NotEqual(RecordOriginal.Create(draft).Value.Digest, RecordOriginal.Create(draft).Value.Digest);
    }

    [Fact]
    public void Create_OfNextVersion_NamesThePrevious()
    {
        var first = RecordOriginal.Create(world.Draft()).Value;
        var second = RecordOriginal.Create(RecordWorld.Next(first, "{}")).Value;
        Assert.Equal((2L, first.Digest), (second.Ver, second.Prev));
        Assert.Equal(second.Digest, RecordOriginal.Parse(second.Bytes).Value.Digest);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{")]
    [InlineData("{} ,")]
    [InlineData("")]
    [InlineData("{\"amount\":9007199254740993}")]
    [InlineData("{\"deep\":[{\"amount\":0.12345678901234567891}]}")]
    [InlineData("{\"amount\":1e400}")]
    public void Create_OfBodyThatIsNoStrictObjectOrWouldBeRounded_IsRefused(string body) =>
        Assert.Equal(RecordRefusal.Malformed, RecordOriginal.Create(world.Draft(body)).Refusal);

    [Theory]
    [InlineData("\"ver\":1", "\"ver\":0")]
    [InlineData("\"ver\":1", "\"ver\":2")]
    [InlineData("\"ver\":1", "\"ver\":1.5")]
    [InlineData("\"ver\":1", "\"ver\":\"1\"")]
    [InlineData(",\"ver\":1", "")]
    [InlineData(",\"ver\":1", ",\"ver\":1,\"zz\":1")]
    [InlineData(",\"ver\":1", ",\"ver\":1 ")]
    [InlineData("{\"aud\"", " {\"aud\"")]
    [InlineData("\"rtype\":\"bid\"", "\"rtype\":\"Bid\"")]
    [InlineData("\"rtype\":\"bid\"", "\"rtype\":\"\"")]
    [InlineData("\"market\":\"northern\"", "\"market\":\"\"")]
    [InlineData("\"session\":\"2026-03-01\"", "\"session\":\"\"")]
    [InlineData("\"session\":\"2026-03-01\"", "\"session\":null")]
    [InlineData("\"body\":{", "\"body\":[{")]
    [InlineData("\"iat\":1772000000", "\"iat\":-1")]
    [InlineData("\"iss\":[", "\"iss\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",")]
    [InlineData("\"iss\":[", "\"iss\":[\"short\",")]
    [InlineData("\"salt\":\"", "\"salt\":\"AA")]
    [InlineData("\"rid\":\"", "\"rid\":\"G")]
    [InlineData("\"market\":\"northern\",", "\"market\":\"northern\",\"prev\":\"1111111111111111111111111111111111111111111111111111111111111111\",")]
    public void Parse_OfAnythingElse_IsRefused(string from, string to)
    {
        var text = Encoding.UTF8.GetString(RecordOriginal.Create(world.Draft()).Value.Bytes.Span);
        Assert.Contains(from, text, StringComparison.Ordinal);
        Assert.Equal(RecordRefusal.Malformed, RecordOriginal.Parse(Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal))).Refusal);
    }

    [Fact]
    public void Parse_OfAnAccountTwice_IsRefused()
    {
        var draft = world.Draft();
        var twice = new RecordDraft
        {
            Rid = draft.Rid, Rtype = draft.Rtype, Ver = 1, Market = draft.Market, Iss = draft.Iss, Iat = 1, Body = draft.Body,
            Aud = [draft.Aud[0], draft.Aud[0]],
        };
        Assert.Equal(RecordRefusal.Malformed, RecordOriginal.Create(twice).Refusal);
    }

    [Fact]
    public void Parse_OfAnyTruncation_IsRefused()
    {
        var bytes = RecordOriginal.Create(world.Draft()).Value.Bytes;
        for (var length = 0; length < bytes.Length; length++)
            Assert.Equal(RecordRefusal.Malformed, RecordOriginal.Parse(bytes[..length]).Refusal);
        Assert.Equal(bytes.ToArray(), Jcs.Canonicalize(bytes.Span));
    }

    public void Dispose() => world.Dispose();
}
