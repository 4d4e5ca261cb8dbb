using System.Text;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Vault.Records;

namespace Counterfoil.Vault.Tests.Records;

public sealed class SignedRecordTests : IDisposable
{
    private readonly RecordWorld world = new();

    [Fact]
    public void Sign_ByOneIssuer_IsCompactAndVerifies()
    {
        var signed = SignedRecord.Sign(RecordOriginal.Create(world.Draft()).Value, world.Broker.Signing);
        var read = SignedRecord.Parse(signed.Bytes).Value;
        Assert.Equal(2, Encoding.ASCII.GetString(read.Bytes.Span).Count(c => c == '.'));
        Assert.Equal(signed.Original.Digest, read.Original.Digest);
        Assert.Null(read.Verify(world.Keys));
    }

    [Fact]
    public void Verify_ByAnotherThanTheIssuer_IsRefused()
    {
        var original = RecordOriginal.Create(world.Draft()).Value;
        Assert.Equal(RecordRefusal.SignatureInvalid, SignedRecord.Sign(original, world.Rival.Signing).Verify(world.Keys));
        var right = SignedRecord.Sign(original, world.Broker.Signing);
        Assert.Equal(RecordRefusal.SignatureInvalid, right.Verify((_, _) => null));
        Assert.Equal(RecordRefusal.SignatureInvalid, right.Verify((_, _) => world.Rival.Signing.PublicKey));
    }

    [Fact]
    public void Verify_OfTwoIssuers_WantsBothUnlessToldOtherwise()
    {
        var draft = world.Draft();
        var original = RecordOriginal.Create(new RecordDraft
        {
            Rid = draft.Rid, Rtype = "contract", Ver = 1, Market = "northern", Iss = [world.Broker.Account, world.Owner.Account],
            Aud = [world.Owner.Account], Iat = 1, Body = draft.Body,
        }).Value;
        var offer = SignedRecord.Sign(original, world.Broker.Signing);
        Assert.Equal(RecordRefusal.SignatureInvalid, offer.Verify(world.Keys));
        Assert.Null(offer.Verify(world.Keys, [world.Broker.Account]));
        Assert.Equal(RecordRefusal.SignatureInvalid, offer.Verify(world.Keys, [world.Owner.Account]));
        Assert.Equal(RecordRefusal.SignatureInvalid, offer.Verify(world.Keys, [world.Rival.Account]));

        var accepted = offer.AddSignature(world.Owner.Signing);
        Assert.Equal((2, original.Digest), (accepted.SignatureCount, accepted.Original.Digest));
        Assert.Null(accepted.Verify(world.Keys));
        Assert.Null(SignedRecord.Sign(original, [world.Owner.Signing, world.Broker.Signing]).Verify(world.Keys));
        Assert.Equal(RecordRefusal.SignatureInvalid, accepted.AddSignature(world.Rival.Signing).Verify(world.Keys));
        Assert.Equal(RecordRefusal.SignatureInvalid, offer.AddSignature(world.Broker.Signing).Verify(world.Keys, [world.Broker.Account]));
    }

    [Fact]
    public void Parse_OfOtherForms_IsRefused()
    {
        var original = RecordOriginal.Create(world.Draft()).Value;
        var bytes = original.Bytes.Span;
        var key = world.Broker.Signing;
        byte[][] others =
        [
            [],
            Jws.SignCompactBytes("jwt", bytes, key),
            Jws.SignCompactBytes(null, bytes, key),
            Jws.SignCompactBytes(SignedRecord.Type, bytes, key, reference: KeyReference.ThumbprintAndKey),
            Jws.SignCompactBytes(SignedRecord.Type, bytes, key, reference: KeyReference.None),
            Jws.SignCompactBytes(SignedRecord.Type, bytes, key, writer => writer.WriteNumber("iat", 1)),
            Jws.SignCompactBytes(SignedRecord.Type, [.. bytes, (byte)' '], key),
            Jws.SignGeneral(SignedRecord.Type, bytes, [key]),
            [.. SignedRecord.Sign(original, key).Bytes.Span, (byte)'\n'],
        ];
        Assert.All(others, other => Assert.Equal(RecordRefusal.Malformed, SignedRecord.Parse(other).Refusal));
    }

    public void Dispose() => world.Dispose();
}
