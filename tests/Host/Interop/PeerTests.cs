using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Counterfoil.Client;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Host.Tests.Interop;

/// <summary>
/// What a real node makes, checked by other people's implementations: npm's jose and
/// http-message-signatures.
/// </summary>
public sealed class PeerTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private readonly TestNode test = fixture.Test;

    [NodeFact]
    public async Task Jose_OfATransactionInABlock_FindsSignatureMembersAndId()
    {
        var (sent, receipt) = await SendAsync();
        var answer = await NodeScript.RequireAsync("verify-transaction.mjs", new JsonObject
        {
            ["transaction"] = receipt["transaction"]!.DeepClone(),
            ["jwk"] = JwkOf(test.Alice.Key.PublicKey),
        });
        Assert.Equal(sent.GetProperty("id").GetString(), answer["id"]!.GetValue<string>());
        Assert.Equal("accounts.transfer", answer["payload"]!["act"]!.GetValue<string>());
    }

    [NodeFact]
    public async Task Jose_OfATransactionByAnotherKey_FindsTheMismatch()
    {
        var (_, receipt) = await SendAsync();
        var answer = await NodeScript.RunAsync("verify-transaction.mjs", new JsonObject
        {
            ["transaction"] = receipt["transaction"]!.DeepClone(),
            ["jwk"] = JwkOf(test.Bob.Key.PublicKey),
        });
        Assert.False(answer["ok"]!.GetValue<bool>());
    }

    [NodeFact]
    public async Task Jose_OfABlockCertificate_FindsTheQuorumOverTheHeader()
    {
        var (_, receipt) = await SendAsync();
        var answer = await NodeScript.RequireAsync("verify-certificate.mjs", new JsonObject
        {
            ["certificate"] = receipt["certificate"]!.DeepClone(),
            ["header"] = receipt["header"]!.GetValue<string>(),
            ["jwks"] = new JsonArray(JwkOf(test.Node.Ledger.Genesis.Validators.Validators[0].ConsensusKey)),
            ["typ"] = "cf-precommit+jws",
        });
        Assert.Equal(1, answer["quorum"]!.GetValue<int>());
        var changed = JsonNode.Parse(Decode(receipt["header"]!.GetValue<string>()))!;
        changed["time"] = changed["time"]!.GetValue<long>() + 1;
        var other = await NodeScript.RunAsync("verify-certificate.mjs", new JsonObject
        {
            ["certificate"] = receipt["certificate"]!.DeepClone(),
            ["header"] = Base64Url.Encode(Encoding.UTF8.GetBytes(changed.ToJsonString())),
            ["jwks"] = new JsonArray(JwkOf(test.Node.Ledger.Genesis.Validators.Validators[0].ConsensusKey)),
        });
        Assert.Equal("other_block", other["code"]!.GetValue<string>());
    }

    [NodeFact]
    public async Task Jose_OfADocumentFromTheVault_DecryptsIt()
    {
        var (reader, secret) = MakeKey();
        using var signing = EphemeralSigningKey.Create();
        using (reader)
        {
            var jwe = Jwe.Encrypt(Encoding.UTF8.GetBytes("what only readers see"), [new RecipientKey(reader.PublicKey)]);
            var document = await AnchorAsync(jwe, signing);
            var (bytes, _, _) = await FetchAsync(document.Digest, document.Salt, signing);
            var answer = await NodeScript.RequireAsync("decrypt-document.mjs", new JsonObject { ["jwe"] = Encoding.UTF8.GetString(bytes), ["jwk"] = secret });
            Assert.Equal("what only readers see", Encoding.UTF8.GetString(Decode(answer["plaintext"]!.GetValue<string>())));
        }
    }

    [NodeFact]
    public async Task HttpMessageSignatures_OfTheNodesAnswer_VerifiesIt()
    {
        var (reader, _) = MakeKey();
        using var signing = EphemeralSigningKey.Create();
        using (reader)
        {
            var document = await AnchorAsync(Jwe.Encrypt("x"u8, [new RecipientKey(reader.PublicKey)]), signing);
            var (bytes, response, request) = await FetchAsync(document.Digest, document.Salt, signing);
            var node = test.Node.Ledger.Genesis.Document.Validators[0].Account;
            var input = new JsonObject
            {
                ["op"] = "verify",
                ["response"] = new JsonObject { ["status"] = 200, ["headers"] = response, ["body"] = Base64Url.Encode(bytes) },
                ["request"] = request,
                ["jwk"] = JwkOf(test.Node.Ledger.Read(() => test.Node.Contracts.Accounts.KeysOf(node)[0])),
                ["keyid"] = node.ToString(),
                ["now"] = test.Node.Clock!.GetUtcNow().ToUnixTimeSeconds(),
            };
            await NodeScript.RequireAsync("http-signature.mjs", (JsonObject)input.DeepClone());
            input["response"]!["body"] = Base64Url.Encode("other"u8);
            var changed = await NodeScript.RunAsync("http-signature.mjs", input);
            Assert.Equal("content_digest_mismatch", changed["code"]!.GetValue<string>());
        }
    }

    [NodeFact]
    public async Task Node_OfARequestThatHttpMessageSignaturesSigned_AnswersIt()
    {
        var (reader, secret) = MakeSigningKey();
        using (reader)
        {
            using var agreement = EphemeralAgreementKey.Create();
            var document = await AnchorAsync(Jwe.Encrypt("x"u8, [new RecipientKey(agreement.PublicKey)]), reader);
            var url = new Uri(test.Node.Address, $"/vault/documents/{document.Digest}").ToString();
            var signed = await NodeScript.RequireAsync("http-signature.mjs", new JsonObject
            {
                ["op"] = "sign",
                ["request"] = new JsonObject
                {
                    ["method"] = "GET",
                    ["url"] = url,
                    ["headers"] = new JsonObject
                    {
                        [NodeClient.ReaderSaltField] = Convert.ToHexStringLower(document.Salt),
                        [NodeClient.ReaderKeyField] = Base64Url.Encode(Encoding.UTF8.GetBytes(JwkOf(reader.PublicKey).ToJsonString())),
                    },
                },
                ["jwk"] = secret,
                ["keyid"] = reader.PublicKey.ToString(),
                ["fields"] = new JsonArray("@method", "@target-uri", NodeClient.ReaderSaltField),
                ["created"] = test.Node.Clock!.GetUtcNow().ToUnixTimeSeconds(),
            });
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            foreach (var (name, value) in signed["headers"]!.AsObject())
                request.Headers.TryAddWithoutValidation(name, value!.GetValue<string>());
            using var response = await test.Http.SendAsync(request);
            Assert.Equal(200, (int)response.StatusCode);
        }
    }

    private async Task<(JsonElement Sent, JsonObject Receipt)> SendAsync()
    {
        var sent = (await test.SubmitAllAsync(test.Alice.Transfer(test.Bob, test.Alice.Account)))[0];
        using var response = await test.GetAsync($"/transactions/{sent.GetProperty("id").GetString()}/receipt");
        return (sent, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    /// <summary>Brings a document in as the attachment of an anchor, over HTTP.</summary>
    private async Task<(Digest<VaultDocument> Digest, byte[] Salt)> AnchorAsync(byte[] jwe, EphemeralSigningKey reader)
    {
        var salt = RandomNumberGenerator.GetBytes(ReaderTag.SaltBytes);
        var digest = Digest<VaultDocument>.Of(jwe);
        using var content = JsonDocument.Parse(jwe);
        Assert.True(Base64Url.TryDecode(content.RootElement.GetProperty("ciphertext").GetString(), out var ciphertext));
        var argument = new JsonObject
        {
            ["rid"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            ["ver"] = 1,
            ["digest"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            ["ct_digest"] = digest.ToString(),
            ["ct_len"] = ciphertext.Length,
        };
        var body = new JsonArray(new JsonObject
        {
            ["transaction"] = test.Alice.Sign("anchors.put", argument.ToJsonString()),
            ["attachments"] = new JsonArray(new JsonObject
            {
                ["content"] = Base64Url.Encode(jwe),
                ["readers"] = new JsonArray(ReaderTag.Of(reader.PublicKey.Thumbprint, salt).ToString()),
            }),
        });
        using var response = await test.PostAsync("/transactions", Encoding.UTF8.GetBytes(body.ToJsonString()), "application/json");
        var answer = await response.ReadJsonAsync();
        Assert.True(answer[0].TryGetProperty("outcome", out var outcome), answer.GetRawText());
        Assert.Equal("accepted", outcome.GetProperty("status").GetString());
        using var anchor = await test.GetAsync($"/anchors/{test.Alice.Account}.{argument["rid"]}/1");
        Assert.Equal(digest.ToString(), (await anchor.ReadJsonAsync()).GetProperty("ciphertext").GetString());
        return (digest, salt);
    }

    private async Task<(byte[] Bytes, JsonObject ResponseHeaders, JsonObject Request)> FetchAsync(
        Digest<VaultDocument> digest, byte[] salt, EphemeralSigningKey reader)
    {
        var options = new HttpSignatureOptions
        {
            Key = reader,
            Clock = test.Node.Clock!,
            Components = [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.Of(NodeClient.ReaderSaltField)],
        };
        using var http = LoopbackHttp.CreateClient(test.Node.Address, inner => new HttpSignatureHandler(options, inner));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"vault/documents/{digest}");
        request.Headers.Add(NodeClient.ReaderSaltField, Convert.ToHexStringLower(salt));
        request.Headers.Add(NodeClient.ReaderKeyField, Base64Url.Encode(Encoding.UTF8.GetBytes(JwkOf(reader.PublicKey).ToJsonString())));
        using var response = await http.SendAsync(request);
        Assert.Equal(200, (int)response.StatusCode);
        var headers = new JsonObject();
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            headers[name] = string.Join(", ", values);
        var asked = new JsonObject
        {
            ["method"] = "GET",
            ["url"] = new Uri(test.Node.Address, $"vault/documents/{digest}").ToString(),
            ["headers"] = new JsonObject { [NodeClient.ReaderSaltField] = Convert.ToHexStringLower(salt) },
        };
        return (await response.Content.ReadAsByteArrayAsync(), headers, asked);
    }

    private static JsonObject JwkOf(PublicKey key) => JsonNode.Parse(JsonSerializer.Serialize(key))!.AsObject();

    private static (EphemeralAgreementKey Key, JsonObject Secret) MakeKey()
    {
        using var made = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var parameters = made.ExportParameters(includePrivateParameters: true);
        return (EphemeralAgreementKey.Import(parameters.D), SecretJwk(parameters));
    }

    private static (EphemeralSigningKey Key, JsonObject Secret) MakeSigningKey()
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parameters = made.ExportParameters(includePrivateParameters: true);
        return (EphemeralSigningKey.Import(parameters.D), SecretJwk(parameters));
    }

    private static JsonObject SecretJwk(ECParameters parameters)
    {
        var jwk = JwkOf(PublicKey.Of(parameters));
        jwk["d"] = Base64Url.Encode(parameters.D);
        return jwk;
    }

    private static byte[] Decode(string text) => Base64Url.TryDecode(text, out var bytes) ? bytes : throw new FormatException();
}
