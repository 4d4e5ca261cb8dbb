using System.Security.Cryptography;
using System.Text;
using Counterfoil.Client;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Host.Tests.Api;

public sealed class VaultTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private static readonly byte[] Document = Encoding.UTF8.GetBytes("""{"ciphertext":"not really","tag":"x"}""");

    private readonly TestNode test = fixture.Test;
    private readonly byte[] salt = RandomNumberGenerator.GetBytes(ReaderTag.SaltBytes);

    [Fact]
    public async Task Get_ByAListedReader_GivesTheExactBytesUnderTheNodesSignature()
    {
        using var reader = EphemeralSigningKey.Create();
        var digest = Put(reader);
        var node = test.Node.Ledger.Genesis.Document.Validators[0].Account;
        var nodeKey = test.Node.Ledger.Read(() => test.Node.Contracts.Accounts.KeysOf(node)[0]);
        using var client = Client(reader, options => options with
        {
            ResponsePolicy = new SignaturePolicy { RequiredComponents = [SignatureComponents.Status, SignatureComponents.ContentDigest] },
            ResponseKeys = keyId => keyId == nodeKey.ToString() ? HttpVerificationKey.Of(nodeKey) : null,
        });
        var answer = await client.GetDocumentAsync(digest.As<Attachment>(), salt, reader.PublicKey);
        Assert.Equal(Document, answer.Value);
    }

    [Fact]
    public async Task Get_ByAStrangerOrOfNothing_LooksTheSame()
    {
        using var reader = EphemeralSigningKey.Create();
        using var stranger = EphemeralSigningKey.Create();
        var digest = Put(reader);
        using var client = Client(stranger);
        var forbidden = await client.GetDocumentAsync(digest.As<Attachment>(), salt, stranger.PublicKey);
        var absent = await client.GetDocumentAsync(Cryptography.Digest<Attachment>.Of("nothing"u8), salt, stranger.PublicKey);
        Assert.Equal("forbidden", forbidden.Refusal?.Code);
        Assert.Equal(forbidden.Refusal, absent.Refusal! with { Facts = forbidden.Refusal!.Facts });
        using var own = Client(reader);
        Assert.Equal("forbidden", (await own.GetDocumentAsync(digest.As<Attachment>(), new byte[32], reader.PublicKey)).Refusal?.Code);
    }

    [Fact]
    public async Task Get_WithoutSignature_IsRefused()
    {
        using var reader = EphemeralSigningKey.Create();
        using var response = await test.GetAsync($"/vault/documents/{Put(reader)}");
        Assert.Equal("missing_signature", await response.ReadProblemAsync(401));
    }

    [Fact]
    public async Task Get_WithAForeignKeyInTheHeader_IsRefused()
    {
        using var reader = EphemeralSigningKey.Create();
        using var thief = EphemeralSigningKey.Create();
        var digest = Put(reader);
        using var client = Client(thief);
        Assert.Equal("unknown_key", (await client.GetDocumentAsync(digest.As<Attachment>(), salt, reader.PublicKey)).Refusal?.Code);
    }

    [Fact]
    public async Task Get_WithTheSaltOutsideTheSignature_IsRefused()
    {
        using var reader = EphemeralSigningKey.Create();
        var digest = Put(reader);
        using var client = Client(reader, options => options with { Components = [SignatureComponents.Method, SignatureComponents.TargetUri] });
        Assert.Equal("invalid_signature", (await client.GetDocumentAsync(digest.As<Attachment>(), salt, reader.PublicKey)).Refusal?.Code);
    }

    [Fact]
    public async Task Get_WithAnOldSignature_IsRefused()
    {
        using var reader = EphemeralSigningKey.Create();
        var digest = Put(reader);
        using var client = Client(reader, options => options with { Clock = new OldClock(test.Node.Clock!) });
        Assert.Equal("expired", (await client.GetDocumentAsync(digest.As<Attachment>(), salt, reader.PublicKey)).Refusal?.Code);
    }

    private Cryptography.Digest<VaultDocument> Put(EphemeralSigningKey reader) =>
        test.Node.Vault.Put(new VaultDocument(Document, [ReaderTag.Of(reader.PublicKey.Thumbprint, salt)], DateTimeOffset.MaxValue.AddYears(-1))).Digest;

    private NodeClient Client(EphemeralSigningKey key, Func<HttpSignatureOptions, HttpSignatureOptions>? configure = null)
    {
        var options = new HttpSignatureOptions
        {
            Key = key,
            Clock = test.Node.Clock!,
            Components = [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.Of(NodeClient.ReaderSaltField)],
        };
        options = configure?.Invoke(options) ?? options;
        return new NodeClient(LoopbackHttp.CreateClient(test.Node.Address, inner => new HttpSignatureHandler(options, inner)), ownsHttp: true);
    }

    private sealed class OldClock(TimeProvider clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow().AddMinutes(-2);
    }
}
