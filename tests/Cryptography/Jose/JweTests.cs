using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Jose;

public sealed class JweTests : IDisposable
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("a confidential record");
    private readonly EphemeralAgreementKey key = EphemeralAgreementKey.Create();
    private readonly EphemeralAgreementKey other = EphemeralAgreementKey.Create();

    public void Dispose()
    {
        key.Dispose();
        other.Dispose();
    }

    public static TheoryData<string, string> Algorithms()
    {
        var cases = new TheoryData<string, string>();
        foreach (var algorithm in (string[])["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"])
            foreach (var encryption in (string[])["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"])
                cases.Add(algorithm, encryption);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Encrypt_InEverySerialisation_OpensForItsRecipientOnly(string algorithm, string encryption)
    {
        var options = new JweOptions
        {
            Algorithm = algorithm,
            Encryption = ContentEncryption.Find(encryption)!,
            PartyUInfo = "Alice"u8.ToArray(),
            PartyVInfo = "Bob"u8.ToArray(),
            ExtraHeader = writer => writer.WriteString("cty", "cf-record+jws"),
        };
        var to = new RecipientKey(key.PublicKey, "mine");
        JweDocument[] documents =
        [
            Jwe.ParseCompact(Jwe.EncryptCompact(Content, to, options)).Value,
            Jwe.ParseJson(Jwe.EncryptFlattened(Content, to, options)).Value,
            Jwe.ParseJson(Jwe.Encrypt(Content, [to], options)).Value,
        ];
        foreach (var document in documents)
        {
            Assert.Equal(Content, Jwe.Decrypt(document, key).Value);
            Assert.Equal("decryption_failed", Jwe.Decrypt(document, other).Refusal);
            Assert.Equal("cf-record+jws", document.Recipients[0].Header.ContentType);
            Assert.True(document.Recipients[0].Header.IsProtected("cty"));
            Assert.Equal("mine", document.Recipients[0].Header.KeyId);
        }
    }

    [Fact]
    public void Encrypt_ForSeveral_OpensForEachWithoutNamingThem()
    {
        var keys = Enumerable.Range(0, 5).Select(_ => EphemeralAgreementKey.Create()).ToArray();
        var json = Jwe.Encrypt(Content, keys.Select(each => new RecipientKey(each.PublicKey)).ToArray(), new JweOptions { AssociatedData = "beside"u8.ToArray() });
        var document = Jwe.ParseJson(json).Value;

        Assert.DoesNotContain("kid", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.Equal(keys.Length, document.Recipients.Select(recipient => recipient.Header.Member("epk")!.Value.GetRawText()).Distinct().Count());
        foreach (var each in keys)
            Assert.Equal(Content, Jwe.Decrypt(document, each).Value);
        Assert.Equal("decryption_failed", Jwe.Decrypt(document, other).Refusal);
        foreach (var each in keys)
            each.Dispose();
    }

    [Fact]
    public void UnwrapContentKey_OpensThisDocumentAndNoOther()
    {
        var document = Jwe.ParseJson(Jwe.Encrypt(Content, [new RecipientKey(key.PublicKey), new RecipientKey(other.PublicKey)])).Value;
        var second = Jwe.ParseJson(Jwe.Encrypt(Content, [new RecipientKey(key.PublicKey)])).Value;
        using var contentKey = Jwe.UnwrapContentKey(document, key).Value;
        using var same = Jwe.UnwrapContentKey(document, other).Value;

        Assert.True(contentKey.Span.SequenceEqual(same.Span));
        Assert.Equal(Content, Jwe.DecryptWithContentKey(document, contentKey).Value);
        Assert.Equal("decryption_failed", Jwe.DecryptWithContentKey(second, contentKey).Refusal);
        using var stranger = EphemeralAgreementKey.Create();
        Assert.Equal("decryption_failed", Jwe.UnwrapContentKey(document, stranger).Refusal);
    }

    [Fact]
    public void Encrypt_OfNothing_IsOpenedToNothing() =>
        Assert.Empty(
            Jwe.Decrypt(Jwe.ParseJson(Jwe.Encrypt([], [new RecipientKey(key.PublicKey)])).Value, key).Value);

    [Fact]
    public void Encrypt_ToAPointOffTheCurve_IsAFault() =>
        Assert.ThrowsAny<CryptographicException>(
            () => Jwe.Encrypt(Content, [new RecipientKey(new PublicKey(new byte[64]))]));

    [Fact]
    public void Encrypt_DirectForTwo_IsAFault() =>
        Assert.Throws<ArgumentException>(() => Jwe.Encrypt(Content, [new RecipientKey(key.PublicKey), new RecipientKey(other.PublicKey)], new JweOptions { Algorithm = "ECDH-ES" }));

    [Theory]
    [InlineData("""{"alg":"ECDH-ES","enc":"A128GCM","zip":"DEF"}""", "unsupported_algorithm")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A192GCM"}""", "unsupported_algorithm")]
    [InlineData("""{"alg":"RSA-OAEP","enc":"A128GCM"}""", "unsupported_algorithm")]
    [InlineData("""{"alg":"dir","enc":"A128GCM"}""", "unsupported_algorithm")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A128GCM","crit":["x"],"x":1}""", "unknown_critical_header")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A128GCM"}""", "malformed")]
    [InlineData("""{"alg":"ECDH-ES"}""", "malformed")]
    [InlineData("""{"enc":"A128GCM"}""", "malformed")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}}""", "unsupported_algorithm")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}""", "malformed")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}}""", "decryption_failed")]
    public void Decrypt_OfAHeader_IsRefusedWithItsCode(string header, string code)
    {
        var text = $"{Base64Url.Encode(Encoding.UTF8.GetBytes(header))}..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA";
        var parsed = Jwe.ParseCompact(text);
        Assert.Equal(code, parsed.TryGet(out var document)
            ? Jwe.Decrypt(document, key).Refusal
            : parsed.Refusal);
    }

    [Theory]
    [InlineData("dir", "A256GCM", 32)]
    [InlineData("dir", "A256CBC-HS512", 64)]
    [InlineData("A128KW", "A128CBC-HS256", 16)]
    [InlineData("A256KW", "A256GCM", 32)]
    public void SymmetricJwe_OpensWithItsAlgorithmAndKeyOnly(string algorithm, string encryption, int keySize)
    {
        using var shared = new SymmetricKey(RandomNumberGenerator.GetBytes(keySize));
        using var wrong = new SymmetricKey(RandomNumberGenerator.GetBytes(keySize));
        var document = Jwe.ParseCompact(SymmetricJwe.EncryptCompact(algorithm, Content, shared, ContentEncryption.Find(encryption))).Value;
        Assert.Equal(Content, SymmetricJwe.Decrypt(algorithm, document, shared).Value);
        Assert.Equal("decryption_failed", SymmetricJwe.Decrypt(algorithm, document, wrong).Refusal);
        Assert.Equal("unexpected_algorithm", SymmetricJwe.Decrypt("A256GCMKW", document, shared).Refusal);
        Assert.Equal(
            "unsupported_algorithm", SymmetricJwe.Decrypt("PBES2-HS256+A128KW", document, shared).Refusal);
        Assert.Equal("unsupported_algorithm", Jwe.Decrypt(document, key).Refusal);
    }

    [Fact]
    public void Decrypt_WithAnyBitOfTheCompactFormFlipped_IsRefused()
    {
        var bytes = Encoding.ASCII.GetBytes(Jwe.EncryptCompact("{}"u8, new RecipientKey(key.PublicKey)));
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var flipped = (byte[])bytes.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            var parsed = Jwe.ParseCompact(flipped);
            Assert.NotNull(parsed.TryGet(out var document)
                ? Jwe.Decrypt(document, key).Refusal
                : parsed.Refusal);
        }
    }

    // The example of RFC 7518 appendix C.
    [Fact]
    public void ConcatKdf_OfRfc7518AppendixC_IsAsPublished()
    {
        using var alice = EcPrivateKey.Parse("""
            {"kty":"EC","crv":"P-256","x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
             "y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps","d":"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"}
            """u8).Value;
        var bob = Jwk.ParsePublicKey("""
            {"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
             "y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}
            """u8).Value;
        using var agreement = alice.OpenAgreementKey();
        var derived = new byte[16];
        ConcatKdf.Derive(agreement.Agree(bob), "A128GCM", "Alice"u8, "Bob"u8, derived);
        Assert.Equal("VqqN6vgjbSBcIijNcacQGg", Base64Url.Encode(derived));
    }

    [Fact]
    public void SymmetricJwe_OfRfc7516AppendixA3_Opens()
    {
        const string Text = "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ."
            + "AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ";
        using var shared = SymmetricKey.Parse("""{"kty":"oct","k":"GawgguFyGrWKav7AX4VKUg"}"""u8).Value;
        Assert.Equal("Live long and prosper.", Encoding.UTF8.GetString(SymmetricJwe.Decrypt("A128KW", Jwe.ParseCompact(Text).Value, shared).Value));
    }

    [Fact]
    public void ParseJson_OfOneNameInTwoHeaders_IsRefusedAsMalformed()
    {
        var json = JsonDocument.Parse(Jwe.EncryptFlattened(Content, new RecipientKey(key.PublicKey))).RootElement;
        var text = json.GetRawText();
        Assert.True(Jwe.ParseJson(Encoding.UTF8.GetBytes(text)).IsAccepted);
        Assert.Equal("malformed", Jwe.ParseJson(Encoding.UTF8.GetBytes(text[..^1] + ",\"unprotected\":{\"enc\":\"A256GCM\"}}")).Refusal);
        Assert.Equal("malformed", Jwe.ParseJson(Encoding.UTF8.GetBytes(text[..^1] + ",\"unprotected\":{\"crit\":[\"x\"],\"x\":1}}")).Refusal);
        Assert.Equal(
            "malformed", Jwe.ParseJson(Encoding.UTF8.GetBytes(text[..^1] + ",\"recipients\":[{}]}")).Refusal);
        Assert.Equal(
            "malformed", Jwe.ParseJson(Encoding.UTF8.GetBytes(text[..^1] + ",\"other\":1}")).Refusal);
    }
}
