using System.Buffers.Binary;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Vault.Tests.Records;

public sealed class RecordSealingTests : IDisposable
{
    private readonly RecordWorld world = new();

    [Fact]
    public void Open_ByEachRecipient_GivesTheSignedOriginal()
    {
        var bid = world.Anchor(world.Draft(RecordWorld.BidBody(3)));
        foreach (var recipient in new[] { world.Opener, world.Broker })
        {
            var opened = RecordOpener.Open(bid.Sealed.Bytes, recipient.Agreement, world.Expect(bid.Content)).Value;
            Assert.Equal(bid.Signed.Bytes.ToArray(), opened.Bytes.ToArray());
        }
    }

    [Fact]
    public void Open_ByAnybodyElse_IsRefused()
    {
        var bid = world.Anchor(world.Draft());
        Assert.Equal(RecordRefusal.EnvelopeMismatch, RecordOpener.Open(bid.Sealed.Bytes, world.Rival.Agreement, world.Expect(bid.Content)).Refusal);
        Assert.Equal(RecordRefusal.EnvelopeMismatch, RecordOpener.UnwrapContentKey(bid.Sealed.Bytes, world.Rival.Agreement).Refusal);
    }

    [Fact]
    public void OpenWithContentKey_HandedOn_OpensThisRecordOnly()
    {
        var bid = world.Anchor(world.Draft());
        var other = world.Anchor(world.Draft());
        using var contentKey = RecordOpener.UnwrapContentKey(bid.Sealed.Bytes, world.Opener.Agreement).Value;
        Assert.Equal(bid.Signed.Original.Digest, RecordOpener.OpenWithContentKey(bid.Sealed.Bytes, contentKey, world.Expect(bid.Content)).Value.Original.Digest);
        Assert.Equal(RecordRefusal.EnvelopeMismatch, RecordOpener.OpenWithContentKey(other.Sealed.Bytes, contentKey, world.Expect(other.Content)).Refusal);
    }

    [Fact]
    public void Seal_OfOneStepAndOf25_HasEqualSizes()
    {
        var one = world.Anchor(world.Draft(RecordWorld.BidBody(1)));
        var many = world.Anchor(world.Draft(RecordWorld.BidBody(25)));
        Assert.NotEqual(one.Signed.Bytes.Length, many.Signed.Bytes.Length);
        Assert.Equal((RecordWorld.BidSize, RecordWorld.BidSize), (one.Sealed.CtLen, many.Sealed.CtLen));
        Assert.Equal(one.Sealed.Bytes.Length, many.Sealed.Bytes.Length);

        var copy = RecordSealer.Seal(one.Signed, [world.Broker.Agreement.PublicKey], RecordPadding.ToSize(RecordWorld.BidSize)).Value;
        Assert.Equal(RecordWorld.BidSize, copy.CtLen);
        Assert.Equal(one.Signed.Original.Digest, RecordOpener.OpenCopy(copy.Bytes, world.Broker.Agreement, world.Expect(one.Content)).Value.Original.Digest);
        Assert.Equal(RecordRefusal.EnvelopeMismatch, RecordOpener.Open(copy.Bytes, world.Broker.Agreement, world.Expect(one.Content)).Refusal);
    }

    [Fact]
    public void Seal_FillsUpToBlocksOrRefusesWhatDoesNotFit()
    {
        var signed = world.Anchor(world.Draft()).Signed;
        var key = world.Opener.Agreement.PublicKey;
        Assert.Equal(RecordPadding.BlockBytes, RecordSealer.Seal(signed, [key], RecordPadding.Blocks).Value.CtLen);
        Assert.Equal(signed.Bytes.Length + 4, RecordSealer.Seal(signed, [key], RecordPadding.ToSize(signed.Bytes.Length + 4)).Value.CtLen);
        Assert.Equal(RecordRefusal.TooLarge, RecordSealer.Seal(signed, [key], RecordPadding.ToSize(signed.Bytes.Length + 3)).Refusal);
        Assert.Equal(RecordRefusal.TooLarge, RecordSealer.Seal(signed, [key], RecordPadding.ToSize(250 * 1024)).Refusal);
        var large = world.Anchor(world.Draft($$"""{"text":"{{new string('x', 5000)}}"}""")).Signed;
        Assert.Equal(2 * RecordPadding.BlockBytes, RecordSealer.Seal(large, [key], RecordPadding.Blocks).Value.CtLen);
    }

    [Fact]
    public void Seal_NamesNoRecipient()
    {
        var text = Encoding.ASCII.GetString(world.Anchor(world.Draft()).Sealed.Bytes.Span);
        Assert.DoesNotContain("\"kid\"", text, StringComparison.Ordinal);
        foreach (var party in new[] { world.Opener, world.Broker })
        {
            Assert.DoesNotContain(party.Agreement.PublicKey.X, text, StringComparison.Ordinal);
            Assert.DoesNotContain(party.Agreement.PublicKey.ToString(), text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_OfRivalsRecordUnderOwnName_IsRefused()
    {
        var bid = world.Anchor(world.Draft(RecordWorld.BidBody(3)));
        // The rival takes the ciphertext as it is and anchors it with a signature of its own.
        var pasted = AnchorContent.Create(RecordWorld.Net, bid.Signed.Original, bid.Sealed, [world.Rival.Signing]);
        Assert.NotNull(pasted.CheckSignatures(RecordWorld.Net).Value);
        Assert.Null(pasted.CheckCiphertext(bid.Sealed.Bytes));
        Assert.Equal(RecordRefusal.EnvelopeMismatch,
            RecordOpener.Open(bid.Sealed.Bytes, world.Opener.Agreement, world.Expect(pasted, world.Rival)).Refusal);
        // Under a record id of its own the protected header no longer fits.
        var renamed = pasted with { Rid = VaultRecord.NewId() };
        Assert.Equal(RecordRefusal.EnvelopeMismatch, renamed.CheckCiphertext(bid.Sealed.Bytes));
        Assert.Equal(RecordRefusal.EnvelopeMismatch,
            RecordOpener.Open(bid.Sealed.Bytes, world.Opener.Agreement, world.Expect(renamed, world.Rival)).Refusal);
        // Signing the rival's own statement over the stolen inside would need the inside.
        var resealed = Jwe.Encrypt(new byte[RecordWorld.BidSize], [new RecipientKey(world.Opener.Agreement.PublicKey)], HeaderOf(pasted));
        Assert.Equal(RecordRefusal.EnvelopeMismatch,
            RecordOpener.Open(resealed, world.Opener.Agreement, world.Expect(pasted with { CtDigest = Digest<VaultDocument>.Of(resealed) }, world.Rival)).Refusal);
    }

    [Fact]
    public void Open_WhereAnyMemberDiffersFromTheAnchor_IsRefused()
    {
        var bid = world.Anchor(world.Draft());
        var content = bid.Content;
        AnchorContent[] others =
        [
            content with { Rid = VaultRecord.NewId() },
            content with { Rtype = "award" },
            content with { Ver = 2 },
            content with { Prev = content.Digest },
            content with { Session = "other" },
            content with { Session = null },
            content with { Digest = Digest<RecordOriginal>.Of("other"u8) },
            content with { CtDigest = Digest<VaultDocument>.Of("other"u8) },
            content with { CtLen = content.CtLen + 1 },
        ];
        Assert.All(others, other => Assert.Equal(
            RecordRefusal.EnvelopeMismatch, RecordOpener.Open(bid.Sealed.Bytes, world.Opener.Agreement, world.Expect(other)).Refusal));
    }

    [Fact]
    public void Open_ForReaderOutsideTheAudienceOrOtherMarketOrIssuer_IsRefused()
    {
        var bid = world.Anchor(world.Draft());
        RecordRefusal? OpenWith(Digest<PublicKey> reader, string market, IReadOnlyList<Digest<PublicKey>> issuers, AccountKeyResolver keys) =>
            RecordOpener.Open(bid.Sealed.Bytes, world.Opener.Agreement, new RecordExpectation
            {
                Anchor = bid.Content, Reader = reader, Market = market, Issuers = issuers, Keys = keys,
            }).Refusal;
        var (opener, broker) = (world.Opener.Account, world.Broker.Account);
        Assert.Null(OpenWith(opener, "northern", [broker], world.Keys));
        Assert.Equal(RecordRefusal.EnvelopeMismatch, OpenWith(world.Owner.Account, "northern", [broker], world.Keys));
        Assert.Equal(RecordRefusal.EnvelopeMismatch, OpenWith(opener, "southern", [broker], world.Keys));
        Assert.Equal(RecordRefusal.EnvelopeMismatch, OpenWith(opener, "northern", [world.Rival.Account], world.Keys));
        Assert.Equal(RecordRefusal.EnvelopeMismatch, OpenWith(opener, "northern", [broker, world.Owner.Account], world.Keys));
        Assert.Equal(RecordRefusal.SignatureInvalid, OpenWith(opener, "northern", [broker], (_, _) => null));
    }

    [Theory]
    [InlineData("length")]
    [InlineData("length huge")]
    [InlineData("padding")]
    [InlineData("empty")]
    public void Open_OfWrongPadding_IsRefused(string what)
    {
        var bid = world.Anchor(world.Draft());
        var plain = new byte[what == "empty" ? 3 : RecordWorld.BidSize];
        if (what != "empty")
        {
            BinaryPrimitives.WriteUInt32BigEndian(plain, (uint)bid.Signed.Bytes.Length);
            bid.Signed.Bytes.Span.CopyTo(plain.AsSpan(4));
        }
        if (what == "length")
            BinaryPrimitives.WriteUInt32BigEndian(plain, (uint)bid.Signed.Bytes.Length - 1);
        if (what == "length huge")
            plain[0] = 0xff;
        if (what == "padding")
            plain[^1] = 1;
        var ciphertext = Jwe.Encrypt(plain, [new RecipientKey(world.Opener.Agreement.PublicKey)], HeaderOf(bid.Content));
        var anchor = bid.Content with { CtDigest = Digest<VaultDocument>.Of(ciphertext), CtLen = plain.Length };
        Assert.Equal(RecordRefusal.EnvelopeMismatch, RecordOpener.Open(ciphertext, world.Opener.Agreement, world.Expect(anchor)).Refusal);
    }

    [Fact]
    public void Parse_OfOtherEnvelopes_IsRefused()
    {
        var bid = world.Anchor(world.Draft());
        var header = HeaderOf(bid.Content);
        var key = world.Opener.Agreement.PublicKey;
        byte[][] others =
        [
            [],
            "{}"u8.ToArray(),
            Jwe.Encrypt("x"u8, [new RecipientKey(key, "name")], header),
            Jwe.Encrypt("x"u8, [new RecipientKey(key)], new JweOptions()),
            Jwe.Encrypt("x"u8, [new RecipientKey(key)], new JweOptions { ExtraHeader = header.ExtraHeader, Algorithm = JoseAlgorithms.EcdhEsA128Kw }),
            Jwe.Encrypt("x"u8, [new RecipientKey(key)], new JweOptions { ExtraHeader = header.ExtraHeader, Encryption = ContentEncryption.A256CbcHs512 }),
            Jwe.Encrypt("x"u8, [new RecipientKey(key)], new JweOptions { ExtraHeader = header.ExtraHeader, PartyVInfo = "me"u8.ToArray() }),
            Encoding.ASCII.GetBytes(Jwe.EncryptCompact("x"u8, new RecipientKey(key), header)),
            [.. bid.Sealed.Bytes.Span, (byte)'x'],
        ];
        Assert.All(others, other => Assert.Equal(RecordRefusal.Malformed, RecordEnvelope.Parse(other).Refusal));
        Assert.Null(RecordEnvelope.Parse(Jwe.Encrypt("x"u8, [new RecipientKey(key)], header)).Refusal);
    }

    public void Dispose() => world.Dispose();

    private static JweOptions HeaderOf(AnchorContent content) => new()
    {
        ExtraHeader = writer =>
        {
            writer.WriteString("rid", content.Rid.ToString());
            writer.WriteString("rtype", content.Rtype);
            writer.WriteNumber("ver", content.Ver);
        },
    };
}
