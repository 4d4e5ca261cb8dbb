using System.Text;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using FsCheck;
using FsCheck.Fluent;

namespace Counterfoil.Cryptography.Tests.Jose;

public sealed class JosePropertyTests
{
    private static readonly EphemeralSigningKey Signer = EphemeralSigningKey.Create();
    private static readonly EphemeralAgreementKey Reader = EphemeralAgreementKey.Create();
    private static readonly Config Quick = Config.QuickThrowOnFailure.WithMaxTest(150);

    [Fact]
    public void SignCompact_OfAnyPayloadAndType_ReadsBackTheSame(
        ) => Prop.ForAll<byte[], NonNull<string>>((payload, type) =>
    {
        // JSON has no lone surrogates: the writer would replace them.
        var text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(type.Get));
        var jws = Jws.VerifyCompact(Jws.SignCompactBytes(text, payload, Signer), Signer.PublicKey, new JwsExpectation { Type = text }).Value;
        return jws.Payload.Span.SequenceEqual(payload) && jws.Header.Type == text;
    }).Check(Quick);

    [Fact]
    public void Encrypt_OfAnyContent_OpensForEachOfItsRecipients(
        ) => Prop.ForAll<byte[], PositiveInt>((content, count) =>
    {
        var readers = Enumerable.Range(0, count.Get % 4 + 1).Select(_ => EphemeralAgreementKey.Create()).ToArray();
        var document = Jwe.ParseJson(Jwe.Encrypt(content, readers.Select(reader => new RecipientKey(reader.PublicKey)).ToArray())).Value;
        var all = readers.All(reader => Jwe.Decrypt(document, reader).Value.AsSpan().SequenceEqual(content))
            && Jwe.Decrypt(document, Reader).Refusal == "decryption_failed";
        foreach (var reader in readers)
            reader.Dispose();
        return all;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void AesKeyWrap_OfAnyKey_UnwrapsAndRefusesEveryFlippedBit()
    {
        const int Seed = 3394;
        var random = new Random(Seed);
        for (var round = 0; round < 40; round++)
        {
            var wrappingKey = new byte[16 + 8 * random.Next(3)];
            var key = new byte[8 * random.Next(2, 20)];
            random.NextBytes(wrappingKey);
            random.NextBytes(key);
            var wrapped = AesKeyWrap.Wrap(wrappingKey, key);
            Assert.Equal(key, AesKeyWrap.Unwrap(wrappingKey, wrapped));
            wrapped[random.Next(wrapped.Length)] ^= (byte)(1 << random.Next(8));
            Assert.True(AesKeyWrap.Unwrap(wrappingKey, wrapped) is null, $"seed {Seed}, round {round}");
        }
    }

    public static TheoryData<string> Parsers() => [.. Targets.Keys];

    private static readonly Dictionary<string, (byte[][] Seeds, Func<byte[], string?> Run)> Targets = new()
    {
        ["compact JWS"] = ([Jws.SignCompactBytes("t", "{}"u8, Signer, reference: KeyReference.ThumbprintAndKey)],
            bytes => Jws.VerifyCompact(bytes, Signer.PublicKey).Refusal),
        ["detached JWS"] = ([Encoding.ASCII.GetBytes(Jws.SignDetached("t", "{}"u8, Signer, unencoded: true))],
            bytes => Jws.ParseDetached(bytes, "{}"u8.ToArray(), new JwsExpectation { AllowUnencodedPayload = true }) is var parsed && parsed.TryGet(out var jws) ? jws.Verify(Signer.PublicKey)?.Code : parsed.Refusal),
        ["general JWS"] = ([Jws.SignGeneral("t", "{}"u8, [Signer, Signer])],
            bytes => Jws.ParseGeneral(bytes) is var parsed && parsed.TryGet(out var jws)
                ? jws.Signatures.Select(each => each.Verify(Signer.PublicKey)?.Code).FirstOrDefault(code => code is not null) : parsed.Refusal),
        ["compact JWE"] = ([Encoding.ASCII.GetBytes(Jwe.EncryptCompact("{}"u8, new RecipientKey(Reader.PublicKey, "k")))],
            bytes => Jwe.ParseCompact(bytes) is var parsed && parsed.TryGet(out var jwe)
                ? Jwe.Decrypt(jwe, Reader).Refusal : parsed.Refusal),
        ["general JWE"] = ([
            Jwe.Encrypt("{}"u8, [new RecipientKey(Reader.PublicKey), new RecipientKey(Reader.PublicKey, "k")], new JweOptions { AssociatedData = "x"u8.ToArray() }),
            Jwe.EncryptFlattened("{}"u8, new RecipientKey(Reader.PublicKey), new JweOptions { PartyUInfo = "x"u8.ToArray() })],
            bytes => Jwe.ParseJson(bytes) is var parsed && parsed.TryGet(out var jwe)
                ? Jwe.Decrypt(jwe, Reader).Refusal : parsed.Refusal),
        ["JWK"] = ([Encoding.UTF8.GetBytes(Jwk.Serialize(Signer.PublicKey)), """{"kty":"oct","k":"AQAB","key_ops":["sign"]}"""u8.ToArray()],
            bytes => Jwk.ParsePublicKey(bytes).Refusal ?? Jwk.Parse(bytes).Refusal ?? EcPrivateKey.Parse(bytes).Refusal ?? SymmetricKey.Parse(bytes).Refusal),
        ["JWK set"] = ([Encoding.UTF8.GetBytes($$"""{"keys":[{{Jwk.Serialize(Signer.PublicKey)}},{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"1"}]}""")],
            bytes => JwkSet.Parse(bytes).Refusal),
        ["JCS"] = ([Encoding.UTF8.GetBytes("""{"b":[1.5e3,-0,null,true,"\u20ac\ud83d\ude00\n"],"a":{"c":{}}}""")],
            bytes => Jcs.Canonicalize(bytes) is { } canonical
                && !Jcs.Canonicalize(canonical).AsSpan().SequenceEqual(canonical) ? "not_canonical" : null),
    };

    [Theory]
    [MemberData(nameof(Parsers))]
    public void Parser_OfMutatedInput_NeverThrows(string name)
    {
        var seed = Environment.GetEnvironmentVariable("COUNTERFOIL_SEED") is { } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 7515;
        var random = new Random(seed);
        var (seeds, run) = Targets[name];
        foreach (var original in seeds)
            run(original);
        for (var round = 0; round < 1500; round++)
        {
            var bytes = Mutate(random, seeds[random.Next(seeds.Length)]);
            try
            {
                Assert.NotEqual("not_canonical", run(bytes));
            }
            catch (Exception fault) when (fault is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, round {round}, {Convert.ToBase64String(bytes)}: {fault}");
            }
        }
    }

    // Half of the rounds change the text, half change what its base64url parts hold, so that the layers below
    // are reached too.
    private static byte[] Mutate(Random random, byte[] original)
    {
        if (random.Next(2) == 0)
            return MutateBytes(random, original);
        var text = Encoding.ASCII.GetString(original);
        var parts = text.Split('.', '"');
        var part = parts[random.Next(parts.Length)];
        return part.Length > 0 && Base64Url.TryDecode(part, out var inner)
            ? Encoding.ASCII.GetBytes(
                text.Replace(part, Base64Url.Encode(MutateBytes(random, inner)), StringComparison.Ordinal))
            : MutateBytes(random, original);
    }

    private static byte[] MutateBytes(Random random, byte[] original)
    {
        var bytes = original.ToList();
        for (var change = random.Next(1, 4); change > 0 && bytes.Count > 0; change--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, random.Next(Math.Min(bytes.Count - at, 8) + 1));
                    break;
                case 2:
                    bytes.InsertRange(at, original.Skip(random.Next(original.Length)).Take(random.Next(24)));
                    break;
                case 3:
                    bytes[at] = "{}[]\",:.\\0-ed"u8[random.Next(13)];
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, Encoding.ASCII.GetBytes(random.Next(3) switch { 0 => "\\ud800", 1 => new string('[', 40), _ => "null" }));
                    break;
            }
        }
        return [.. bytes];
    }
}
