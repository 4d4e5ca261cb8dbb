using System.Buffers;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Vault.Records;

namespace Counterfoil.Vault.Tests.Records;

public sealed class AnchorContentTests : IDisposable
{
    private readonly RecordWorld world = new();

    [Fact]
    public void Write_ThenParse_GivesTheSameContent()
    {
        var first = world.Anchor(world.Draft());
        var second = world.Anchor(RecordWorld.Next(first.Signed.Original, "{}"));
        foreach (var content in new[] { first.Content, second.Content, first.Content with { Session = null } })
            Assert.Equal(content, Parse(TextOf(content)).Value);
        Assert.Equal(first.Signed.Original.Digest, second.Content.Prev);
    }

    [Theory]
    [InlineData("\"ver\":1", "\"ver\":0")]
    [InlineData("\"ver\":1", "\"ver\":2")]
    [InlineData("\"ver\":1", "\"ver\":1,\"extra\":1")]
    [InlineData("\"ct_len\":24576", "\"ct_len\":0")]
    [InlineData("\"ct_len\":24576", "\"ct_len\":\"24576\"")]
    [InlineData("\"ct_len\":24576", "\"ct_len\":1048577")]
    [InlineData("\"session\":\"2026-03-01\"", "\"session\":\"\"")]
    [InlineData("\"rtype\":\"bid\"", "\"rtype\":\"b d\"")]
    [InlineData("\"sig\":[", "\"sig\":[1,")]
    [InlineData("\"digest\":\"", "\"digest\":\"0")]
    [InlineData(",\"ct_digest\":\"", ",\"ct_digest\":\"A")]
    public void Parse_OfAnythingElse_IsRefused(string from, string to)
    {
        var text = TextOf(world.Anchor(world.Draft()).Content);
        Assert.Contains(from, text, StringComparison.Ordinal);
        Assert.Equal(RecordRefusal.Malformed, Parse(text.Replace(from, to, StringComparison.Ordinal)).Refusal);
    }

    [Fact]
    public void CheckSignatures_OfOwnContent_GivesTheKeys()
    {
        var bid = world.Anchor(world.Draft());
        Assert.Equal([world.Broker.Signing.PublicKey], bid.Content.CheckSignatures(RecordWorld.Net).Value);
        var both = AnchorContent.Create(RecordWorld.Net, bid.Signed.Original, bid.Sealed, [world.Owner.Signing, world.Broker.Signing]);
        Assert.Equal([world.Owner.Signing.PublicKey, world.Broker.Signing.PublicKey], both.CheckSignatures(RecordWorld.Net).Value);
    }

    [Fact]
    public void CheckSignatures_OverOtherContentOrLedger_IsRefused()
    {
        var content = world.Anchor(world.Draft()).Content;
        var other = world.Anchor(world.Draft()).Content;
        Assert.Equal(RecordRefusal.SignatureInvalid, content.CheckSignatures(Digest<Net>.Of("another genesis"u8)).Refusal);
        Assert.All(
            new[]
            {
                content with { Ver = 2 },
                content with { Rid = other.Rid },
                content with { Digest = other.Digest },
                content with { Sig = other.Sig },
                content with { Sig = [] },
                content with { Sig = [content.Sig[0], content.Sig[0]] },
                content with { Sig = [content.Sig[0], AnchorContent.Sign(RecordWorld.Net, content.Rid, content.Ver, content.Digest, world.Broker.Signing)] },
                content with { Sig = [content.Sig[0][..^4] + "AAAA"] },
                content with { Sig = ["x"] },
            },
            altered => Assert.Equal(RecordRefusal.SignatureInvalid, altered.CheckSignatures(RecordWorld.Net).Refusal));
    }

    [Fact]
    public void CheckCiphertext_OfAnotherOrAlteredOne_IsRefused()
    {
        var bid = world.Anchor(world.Draft());
        var other = world.Anchor(world.Draft());
        Assert.Null(bid.Content.CheckCiphertext(bid.Sealed.Bytes));
        Assert.Equal(RecordRefusal.EnvelopeMismatch, bid.Content.CheckCiphertext(other.Sealed.Bytes));
        Assert.Equal(RecordRefusal.EnvelopeMismatch, (bid.Content with { CtDigest = other.Sealed.CtDigest }).CheckCiphertext(other.Sealed.Bytes));
        Assert.Equal(RecordRefusal.EnvelopeMismatch, (bid.Content with { CtLen = 24_575 }).CheckCiphertext(bid.Sealed.Bytes));
        Assert.Equal(RecordRefusal.EnvelopeMismatch, (bid.Content with { Rtype = "award" }).CheckCiphertext(bid.Sealed.Bytes));
    }

    public void Dispose() => world.Dispose();

    private static string TextOf(AnchorContent content)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
            content.Write(writer);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private static RecordResult<AnchorContent> Parse(string text) =>
        StrictJson.TryParseObject(Encoding.UTF8.GetBytes(text), out var element) ? AnchorContent.Parse(element) : RecordRefusal.Malformed;
}
