using Counterfoil.Cryptography;
using Counterfoil.Vault.Records;

namespace Counterfoil.Vault.Tests.Records;

public sealed class RecordComparisonTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly RecordWorld world = new();
    private readonly AnchoredBid first;
    private readonly AnchoredBid second;

    public RecordComparisonTests()
    {
        first = world.Anchor(world.Draft(RecordWorld.BidBody(2)));
        second = world.Anchor(RecordWorld.Next(first.Signed.Original, RecordWorld.BidBody(5)));
    }

    [Fact]
    public void Compare_OfWhatAgrees_IsMatch()
    {
        Assert.Equal(ComparisonOutcome.Match, Compare(OriginalAnswer.Signed(second.Signed.Bytes)));
        Assert.Equal(ComparisonOutcome.Match, Compare(OriginalAnswer.Signed(first.Signed.Bytes), asked: 1, ciphertext: Found(first)));
        Assert.Equal(ComparisonOutcome.Match, Compare(OriginalAnswer.Sealed(CopyOf(second)), asked: 2));
        Assert.Equal(ComparisonOutcome.Match, Compare(OriginalAnswer.Signed(second.Signed.Bytes), ciphertext: CiphertextAnswer.NotAsked));
        Assert.Equal(ComparisonOutcome.Match, Compare(OriginalAnswer.Signed(second.Signed.Bytes), ciphertext: CiphertextAnswer.Absent(Now, Now)));
    }

    [Fact]
    public void Compare_OfForbidden_IsOriginalMissing() =>
        Assert.Equal(ComparisonOutcome.OriginalMissing, Compare(OriginalAnswer.Forbidden, ciphertext: Found(first)));

    [Fact]
    public void Compare_WithoutAnchor_IsAnchorMissing()
    {
        Assert.Equal(ComparisonOutcome.AnchorMissing, Compare(OriginalAnswer.Signed(second.Signed.Bytes), current: null, anchors: []));
        Assert.Equal(ComparisonOutcome.AnchorMissing, Compare(OriginalAnswer.Signed(second.Signed.Bytes), asked: 3));
        Assert.Equal(ComparisonOutcome.AnchorMissing, Compare(OriginalAnswer.Forbidden, asked: 3));
        // Authentic, but a version that the author never anchored.
        var third = world.Anchor(RecordWorld.Next(second.Signed.Original, "{}"));
        Assert.Equal(ComparisonOutcome.AnchorMissing, Compare(OriginalAnswer.Signed(third.Signed.Bytes)));
    }

    [Fact]
    public void Compare_OfAnotherVersion_IsStaleVersion()
    {
        Assert.Equal(ComparisonOutcome.StaleVersion, Compare(OriginalAnswer.Signed(first.Signed.Bytes)));
        Assert.Equal(ComparisonOutcome.StaleVersion, Compare(OriginalAnswer.Sealed(CopyOf(first))));
        Assert.Equal(ComparisonOutcome.StaleVersion, Compare(OriginalAnswer.Signed(second.Signed.Bytes), asked: 1, ciphertext: Found(first)));
        Assert.Equal(1, RecordComparison.ReturnedVersion(OriginalAnswer.Signed(first.Signed.Bytes), null));
        Assert.Equal(1, RecordComparison.ReturnedVersion(OriginalAnswer.Sealed(CopyOf(first)), world.Broker.Agreement));
        Assert.Null(RecordComparison.ReturnedVersion(OriginalAnswer.Forbidden, null));
    }

    [Fact]
    public void Compare_OfOtherOriginals_IsOriginalAltered()
    {
        var otherRecord = world.Anchor(world.Draft());
        var sameVersion = world.Anchor(RecordWorld.Next(first.Signed.Original, RecordWorld.BidBody(6)));
        var forged = SignedRecord.Sign(
            RecordOriginal.Create(RecordWorld.Next(second.Signed.Original, "{}")).Value, world.Rival.Signing);
        var forgedFirst = SignedRecord.Sign(
            RecordOriginal.Create(new RecordDraft
            {
                Rid = first.Signed.Original.Rid, Rtype = "bid", Ver = 1, Market = "northern", Iss = first.Signed.Original.Iss,
                Aud = first.Signed.Original.Aud, Iat = 1, Body = "{}"u8.ToArray(),
            }).Value, world.Broker.Signing);
        OriginalAnswer[] answers =
        [
            OriginalAnswer.Signed(otherRecord.Signed.Bytes),
            OriginalAnswer.Signed(sameVersion.Signed.Bytes),
            OriginalAnswer.Signed(forged.Bytes),
            OriginalAnswer.Signed(forgedFirst.Bytes),
            OriginalAnswer.Signed("x"u8.ToArray()),
            OriginalAnswer.Signed(Array.Empty<byte>()),
            OriginalAnswer.Sealed(second.Signed.Bytes),
            OriginalAnswer.Damaged,
            OriginalAnswer.Sealed(RecordSealer.Seal(second.Signed, [world.Rival.Agreement.PublicKey], RecordPadding.Blocks).Value.Bytes),
        ];
        Assert.All(answers, answer => Assert.Equal(ComparisonOutcome.OriginalAltered, Compare(answer)));
    }

    [Fact]
    public void Compare_WithKeysThatWereNotActive_IsSignatureInvalid()
    {
        Assert.Equal(ComparisonOutcome.SignatureInvalid,
            Compare(OriginalAnswer.Signed(second.Signed.Bytes), anchors: [second.Proved with { Keys = (_, _) => null }]));
        // The same original, signed by somebody else.
        var resigned = SignedRecord.Sign(second.Signed.Original, world.Rival.Signing);
        Assert.Equal(ComparisonOutcome.SignatureInvalid, Compare(OriginalAnswer.Signed(resigned.Bytes)));
        // The anchor's own signature is another's, is for another ledger, or lacks an issuer.
        var byRival = AnchorContent.Create(RecordWorld.Net, second.Signed.Original, second.Sealed, [world.Rival.Signing]);
        var elsewhere = AnchorContent.Create(Digest<Net>.Of("elsewhere"u8), second.Signed.Original, second.Sealed, [world.Broker.Signing]);
        foreach (var content in new[] { byRival, elsewhere })
            Assert.Equal(ComparisonOutcome.SignatureInvalid, Compare(OriginalAnswer.Signed(second.Signed.Bytes), anchors: [second.Proved with { Content = content }]));
        Assert.Equal(ComparisonOutcome.SignatureInvalid, Compare(OriginalAnswer.Signed(second.Signed.Bytes),
            anchors: [second.Proved with { Issuers = [world.Broker.Account, world.Owner.Account] }]));
    }

    [Fact]
    public void Compare_WhereAnIssuerDidNotSignTheAnchor_IsSignatureInvalid()
    {
        var draft = world.Draft();
        var original = RecordOriginal.Create(new RecordDraft
        {
            Rid = draft.Rid, Rtype = "contract", Ver = 1, Market = "northern", Iss = [world.Broker.Account, world.Owner.Account],
            Aud = [], Iat = 1, Body = draft.Body,
        }).Value;
        var signed = SignedRecord.Sign(original, [world.Broker.Signing, world.Owner.Signing]);
        var sealedRecord = RecordSealer.Seal(signed, [world.Broker.Agreement.PublicKey], RecordPadding.Blocks).Value;
        ComparisonOutcome CompareAnchoredBy(params RecordParty[] parties) => RecordComparison.Compare(new ComparisonInputs<Net>
        {
            Net = RecordWorld.Net,
            Rid = draft.Rid,
            CurrentVersion = 1,
            Anchors =
            [
                new ProvedAnchor(
                    AnchorContent.Create(RecordWorld.Net, original, sealedRecord, [.. parties.Select(party => party.Signing)]), original.Iss, world.Keys),
            ],
            Original = OriginalAnswer.Signed(signed.Bytes),
            Ciphertext = CiphertextAnswer.Found(sealedRecord.Bytes),
            Key = world.Broker.Agreement,
        });
        Assert.Equal(ComparisonOutcome.Match, CompareAnchoredBy(world.Broker, world.Owner));
        Assert.Equal(ComparisonOutcome.SignatureInvalid, CompareAnchoredBy(world.Broker));
        Assert.Equal(ComparisonOutcome.SignatureInvalid, CompareAnchoredBy(world.Broker, world.Owner, world.Rival));
    }

    [Fact]
    public void Compare_OfWrongCiphertext_IsCiphertextMismatch()
    {
        var signed = OriginalAnswer.Signed(second.Signed.Bytes);
        Assert.Equal(ComparisonOutcome.CiphertextMismatch, Compare(signed, ciphertext: Found(first)));
        Assert.Equal(ComparisonOutcome.CiphertextMismatch, Compare(signed, ciphertext: CiphertextAnswer.Absent(Now.AddSeconds(1), Now)));
        // The author anchored a ciphertext that holds something else than the original.
        var sealedOther = RecordSealer.Seal(
            SignedRecord.Sign(second.Signed.Original, world.Broker.Signing), [world.Broker.Agreement.PublicKey], RecordPadding.ToSize(RecordWorld.BidSize)).Value;
        var content = AnchorContent.Create(RecordWorld.Net, second.Signed.Original, sealedOther, [world.Broker.Signing]);
        Assert.Equal(ComparisonOutcome.CiphertextMismatch, Compare(signed,
            anchors: [second.Proved with { Content = content }], ciphertext: CiphertextAnswer.Found(sealedOther.Bytes)));
        // A ciphertext that does not open for a recipient.
        var sealedAway = RecordSealer.Seal(second.Signed, [world.Rival.Agreement.PublicKey], RecordPadding.ToSize(RecordWorld.BidSize)).Value;
        content = AnchorContent.Create(RecordWorld.Net, second.Signed.Original, sealedAway, [world.Broker.Signing]);
        Assert.Equal(ComparisonOutcome.CiphertextMismatch, Compare(signed,
            anchors: [second.Proved with { Content = content }], ciphertext: CiphertextAnswer.Found(sealedAway.Bytes)));
    }

    [Fact]
    public void Compare_WithOneByteChangedAnywhere_IsNeverMatch()
    {
        var signed = second.Signed.Bytes.ToArray();
        for (var at = 0; at < signed.Length; at += 7)
        {
            var changed = signed.ToArray();
            changed[at] ^= 1;
            Assert.Contains(Compare(OriginalAnswer.Signed(changed)), new[] { ComparisonOutcome.OriginalAltered, ComparisonOutcome.SignatureInvalid });
        }
        var ciphertext = second.Sealed.Bytes.ToArray();
        for (var at = 0; at < ciphertext.Length; at += 997)
        {
            var changed = ciphertext.ToArray();
            changed[at] ^= 1;
            Assert.Equal(ComparisonOutcome.CiphertextMismatch, Compare(OriginalAnswer.Signed(signed), ciphertext: CiphertextAnswer.Found(changed)));
        }
    }

    public void Dispose() => world.Dispose();

    private static CiphertextAnswer Found(AnchoredBid bid) => CiphertextAnswer.Found(bid.Sealed.Bytes);

    private ReadOnlyMemory<byte> CopyOf(AnchoredBid bid) =>
        RecordSealer.Seal(bid.Signed, [world.Broker.Agreement.PublicKey], RecordPadding.ToSize(RecordWorld.BidSize)).Value.Bytes;

    private ComparisonOutcome Compare(
        OriginalAnswer original, long? asked = null, long? current = 2, IReadOnlyList<ProvedAnchor>? anchors = null, CiphertextAnswer? ciphertext = null) =>
        RecordComparison.Compare(new ComparisonInputs<Net>
        {
            Net = RecordWorld.Net,
            Rid = first.Signed.Original.Rid,
            AskedVersion = asked,
            CurrentVersion = current,
            Anchors = anchors ?? [first.Proved, second.Proved],
            Original = original,
            Ciphertext = ciphertext ?? Found(second),
            Key = world.Broker.Agreement,
        });
}
