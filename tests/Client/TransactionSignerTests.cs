using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client.Tests;

public sealed class TransactionSignerTests : IDisposable
{
    private static readonly Digest<Net> SomeNet = Digest<Net>.Of("net"u8);
    private static readonly Timestamp Now = new(1_700_000_000_999);

    private readonly EphemeralSigningKey first = EphemeralSigningKey.Create(), second = EphemeralSigningKey.Create();

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sign_OneSigner_ParsesToWhatWasDrafted(bool opensAccount)
    {
        var account = AccountId.Of(first.PublicKey);
        var draft = TransactionDraft.Create(SomeNet, account, "accounts.transfer", """{"to":"x","units":"5"}"""u8, Now, TimeSpan.FromSeconds(60));

        var bytes = TransactionSigner.Sign(draft, first, opensAccount);

        Assert.Null(TransactionParser.Parse(bytes, out var transaction));
        Assert.Equal(draft.Id, transaction!.Id);
        Assert.Equal((SomeNet, account, "accounts.transfer"), (transaction.Payload.Net, transaction.Issuer, transaction.Payload.Action));
        Assert.Equal((1_700_000_000L, 1_700_000_060L), (transaction.Payload.IssuedAtSeconds, transaction.Payload.ExpiresSeconds));
        Assert.Equal([account], transaction.Payload.By);
        Assert.Equal("""{"to":"x","units":"5"}"""u8.ToArray(), transaction.Payload.Argument.ToArray());
        var signature = Assert.Single(transaction.Signatures);
        Assert.Equal(first.PublicKey.Thumbprint, signature.KeyId);
        Assert.Equal(opensAccount ? first.PublicKey : default, signature.OpeningKey);
        Assert.True(Es256.Verify(first.PublicKey, signature.SigningInput.Span, signature.Signature.Span));
    }

    [Fact]
    public void Assemble_SignersApart_ParsesWithBothSignatures()
    {
        AccountId alice = AccountId.Of(first.PublicKey), bob = AccountId.Of(second.PublicKey);
        var draft = TransactionDraft.Create(SomeNet, alice, "accounts.open", "{}"u8, Now, TimeSpan.FromSeconds(60), [bob], jti: "one");

        var bytes = TransactionSigner.Assemble(draft, [TransactionSigner.SignPart(draft, second, opensAccount: true), TransactionSigner.SignPart(draft, first)]);

        Assert.Null(TransactionParser.Parse(bytes, out var transaction));
        Assert.Equal(draft.Id, transaction!.Id);
        Assert.Equal([alice, bob], transaction.Payload.By);
        Assert.Equal([second.PublicKey, default], transaction.Signatures.Select(signature => signature.OpeningKey));
        Assert.Equal(TransactionParser.ReplayKeyOf(alice, "one"u8), transaction.Payload.ReplayKey);
    }

    [Fact]
    public void Draft_Twice_HasTwoIds()
    {
        var account = AccountId.Of(first.PublicKey);
        var ids = Enumerable.Range(0, 50).Select(_ => TransactionDraft.Create(SomeNet, account, "a.b", "{}"u8, Now, TimeSpan.FromSeconds(1)).Id);

        Assert.Equal(50, ids.Distinct().Count());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData(" {}")]
    [InlineData("{} ")]
    [InlineData("")]
    [InlineData("{")]
    public void Draft_ArgumentNoObject_IsAFault(string argument) => Assert.Throws<ArgumentException>(() =>
        TransactionDraft.Create(SomeNet, AccountId.Of(first.PublicKey), "a.b", System.Text.Encoding.UTF8.GetBytes(argument), Now, TimeSpan.FromSeconds(1)));

    [Fact]
    public void Draft_SignerTwice_IsAFault()
    {
        var account = AccountId.Of(first.PublicKey);
        Assert.Throws<ArgumentException>(() => TransactionDraft.Create(SomeNet, account, "a.b", "{}"u8, Now, TimeSpan.FromSeconds(1), [account]));
    }

    [Fact]
    public void Assemble_SignatureMissing_IsAFault()
    {
        var draft = TransactionDraft.Create(
            SomeNet, AccountId.Of(first.PublicKey), "a.b", "{}"u8, Now, TimeSpan.FromSeconds(1), [AccountId.Of(second.PublicKey)]);

        Assert.Throws<ArgumentException>(() => TransactionSigner.Sign(draft, first));
        Assert.Throws<ArgumentException>(() => TransactionSigner.Assemble(draft, [TransactionSigner.SignPart(draft, first)]));
    }
}
