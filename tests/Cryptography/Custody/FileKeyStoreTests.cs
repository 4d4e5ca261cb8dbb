using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Custody;

public sealed class FileKeyStoreTests(ITestOutputHelper output) : IDisposable
{
    private const UnixFileMode OwnerReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder folder = new();

    private string StoreFolder => folder.File("keys");

    public void Dispose() => folder.Dispose();

    private static PassphraseSource Passphrase(string text) => PassphraseSource.Prompt(text.ToCharArray);

    private FileKeyStore Unprotected() => FileKeyStore.OpenOrCreate(StoreFolder, PassphraseSource.UnprotectedByChoice, flush: false);

    private static string CodeOf(Action action) => Assert.Throws<KeyStoreException>(action).Code;

    private static bool Verifies(PublicKey key, string data, byte[] signature)
    {
        using var verifier = ECDsa.Create(key.ToParameters());
        return verifier.VerifyData(
            Encoding.UTF8.GetBytes(data), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    [Fact]
    public void Signing_AfterReopeningWithThePassphrase_VerifiesUnderThePublicKeyOfCreation()
    {
        PublicKey made;
        using (var store = FileKeyStore.Create(StoreFolder, Passphrase("a horse")))
            made = store.Create("consensus", KeyUsage.Sign).PublicKey;

        using var again = FileKeyStore.Open(StoreFolder, Passphrase("a horse"));
        using var key = again.OpenSigning("consensus");

        Assert.True(again.IsProtected);
        Assert.Equal(made, key.PublicKey);
        Assert.True(Verifies(made, "a block", key.Sign("a block"u8)));
        Assert.False(Verifies(made, "another", key.Sign("a block"u8)));
    }

    [Fact]
    public void Agreement_BetweenTwoStoredKeys_GivesBothTheSameSecretAndNotZero()
    {
        using var store = Unprotected();
        store.Create("a", KeyUsage.Agree);
        store.Create("b", KeyUsage.Agree);
        using var a = store.OpenAgreement("a");
        using var b = store.OpenAgreement("b");

        var secret = a.Agree(b.PublicKey);

        Assert.Equal(32, secret.Length);
        Assert.Equal(secret, b.Agree(a.PublicKey));
        Assert.NotEqual(new byte[32], secret);
    }

    [Fact]
    public void Vrf_OfAStoredKey_ProvesUnderItsPublicKeyTheSameEveryTime()
    {
        using var store = FileKeyStore.Create(StoreFolder, Passphrase("p"));
        var made = store.Create("draws", KeyUsage.Vrf);
        using var key = store.OpenVrf("draws");
        using var again = store.OpenVrf("draws");

        var proof = key.Prove("height 7"u8);

        Assert.True(Ecvrf.Verify(made.PublicKey, "height 7"u8, proof, out var output));
        Assert.False(Ecvrf.Verify(made.PublicKey, "height 8"u8, proof, out _));
        Assert.True(Ecvrf.TryOutput(again.Prove("height 7"u8), out var outputAgain));
        Assert.Equal(output, outputAgain);
    }

    [Fact]
    public void Agreement_WithAPointOffTheCurve_Throws()
    {
        using var store = Unprotected();
        store.Create("a", KeyUsage.Agree);
        using var key = store.OpenAgreement("a");
        var off = key.PublicKey.ToArray();
        off[63] ^= 1;

        Assert.ThrowsAny<CryptographicException>(() => key.Agree(new PublicKey(off)));
        Assert.ThrowsAny<CryptographicException>(() => key.Agree(default));
    }

    [Fact]
    public void Create_AfterDispose_IsAFaultAndSealsNothingUnderTheClearedKey()
    {
        var store = FileKeyStore.Create(StoreFolder, Passphrase("right"));
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.Create("k", KeyUsage.Sign));
        Assert.Single(Directory.GetFiles(StoreFolder));
    }

    [Fact]
    public void Open_WithAnotherPassphrase_IsWrongPassphrase()
    {
        FileKeyStore.Create(StoreFolder, Passphrase("right")).Dispose();
        Assert.Equal("wrong_passphrase", CodeOf(() => FileKeyStore.Open(StoreFolder, Passphrase("Right"))));
    }

    [Fact]
    public void Open_WithoutOrWithNeedlessPassphrase_SaysWhichItIs()
    {
        FileKeyStore.Create(StoreFolder, Passphrase("right")).Dispose();
        FileKeyStore.Create(folder.File("open"), PassphraseSource.UnprotectedByChoice).Dispose();

        Assert.Equal("passphrase_required", CodeOf(() => FileKeyStore.Open(StoreFolder, PassphraseSource.UnprotectedByChoice)));
        Assert.Equal("store_unprotected", CodeOf(() => FileKeyStore.Open(folder.File("open"), Passphrase("right"))));
        Assert.Contains("NOT encrypted", File.ReadAllText(Path.Combine(folder.File("open"), "store.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void ChangePassphrase_ThenOnlyTheNewOneOpensTheSameKeys()
    {
        PublicKey made;
        using (var store = FileKeyStore.Create(StoreFolder, Passphrase("old")))
        {
            made = store.Create("k", KeyUsage.Sign).PublicKey;
            store.ChangePassphrase(Passphrase("new"));
            Assert.Equal("passphrase_unusable", CodeOf(() => store.ChangePassphrase(PassphraseSource.UnprotectedByChoice)));
        }
        Assert.Equal("wrong_passphrase", CodeOf(() => FileKeyStore.Open(StoreFolder, Passphrase("old"))));
        using var again = FileKeyStore.Open(StoreFolder, Passphrase("new"));
        using var key = again.OpenSigning("k");
        Assert.Equal(made, key.PublicKey);
    }

    [Fact]
    public void List_HasAllKeysInOrderWithTheirUsages()
    {
        using var store = Unprotected();
        var expected = new[]
        {
            store.Create("z", KeyUsage.Sign), store.Create("a.b-c_1", KeyUsage.Vrf), store.Create("m", KeyUsage.Agree),
        };
        Assert.Equal(expected.OrderBy(key => key.Name, StringComparer.Ordinal), store.List());
    }

    [Fact]
    public void Create_OfTheSameNameFromManyThreads_SucceedsOnce()
    {
        using var store = Unprotected();
        var outcomes = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 16, _ =>
        {
            try
            {
                store.Create("one", KeyUsage.Sign);
                outcomes.Add("made");
            }
            catch (KeyStoreException exception)
            {
                outcomes.Add(exception.Code);
            }
        });
        Assert.Equal(1, outcomes.Count(outcome => outcome == "made"));
        Assert.Equal(15, outcomes.Count(outcome => outcome == "key_exists"));
        Assert.Equal(2, Directory.GetFiles(StoreFolder).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("../up")]
    [InlineData("a/b")]
    [InlineData("Upper")]
    [InlineData("nul\0")]
    [InlineData("-option")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Names_OutsideTheNarrowForm_AreRefused(string name)
    {
        using var store = Unprotected();
        Assert.Equal("invalid_key_name", CodeOf(() => store.Create(name, KeyUsage.Sign)));
        Assert.Equal("invalid_key_name", CodeOf(() => store.OpenSigning(name)));
    }

    [Fact]
    public void Open_OfAbsentKeyOrForAnotherUse_IsRefused()
    {
        using var store = Unprotected();
        store.Create("signer", KeyUsage.Sign);
        store.Create("reader", KeyUsage.Agree);

        Assert.Equal("unknown_key", CodeOf(() => store.OpenSigning("nobody")));
        Assert.Equal("wrong_key_usage", CodeOf(() => store.OpenAgreement("signer")));
        Assert.Equal("wrong_key_usage", CodeOf(() => store.OpenSigning("reader")));
        Assert.Equal("unsupported_key_usage", CodeOf(() => store.Create("none", KeyUsage.Unset)));
        Assert.Equal("unknown_key_store", CodeOf(() => FileKeyStore.Open(folder.File("no"), PassphraseSource.UnprotectedByChoice)));
        Assert.Equal(
            "key_store_exists", CodeOf(() => FileKeyStore.Create(StoreFolder, PassphraseSource.UnprotectedByChoice)));
    }

    [Fact]
    public void Files_AreForTheOwnerOnly_AndStoresOpenToOthersAreRefused()
    {
        using (var store = Unprotected())
            store.Create("k", KeyUsage.Sign);

        Assert.Equal(OwnerReadWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(StoreFolder));
        Assert.All(Directory.GetFiles(StoreFolder), path => Assert.Equal(OwnerReadWrite, File.GetUnixFileMode(path)));

        File.SetUnixFileMode(Path.Combine(StoreFolder, "k.key"), OwnerReadWrite | UnixFileMode.GroupRead);
        using (var store = Unprotected())
            Assert.Equal("key_store_open_to_others", CodeOf(() => store.OpenSigning("k")));
        File.SetUnixFileMode(StoreFolder, OwnerReadWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        Assert.Equal("key_store_open_to_others", CodeOf(() => Unprotected()));
    }

    [Fact]
    public void ProtectedKeyFile_HoldsTheScalarOnlySealed()
    {
        using var store = FileKeyStore.Create(StoreFolder, Passphrase("p"));
        store.Create("k", KeyUsage.Sign);
        var file = JsonNode.Parse(File.ReadAllText(Path.Combine(StoreFolder, "k.key")))!.AsObject();
        Assert.False(file.ContainsKey("private"));
        // Nonce, scalar and tag.
        Assert.Equal(12 + 32 + 16, Bytes(file, "sealed").Length);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("usage")]
    [InlineData("public")]
    [InlineData("sealed")]
    [InlineData("format")]
    public void KeyFile_WithAChangedMember_IsDamaged(string member)
    {
        using var store = FileKeyStore.Create(StoreFolder, Passphrase("p"));
        store.Create("k", KeyUsage.Sign);
        store.Create("other", KeyUsage.Vrf);
        var path = Path.Combine(StoreFolder, "k.key");
        var file = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var other = JsonNode.Parse(File.ReadAllText(Path.Combine(StoreFolder, "other.key")))!.AsObject();
        file[member] = member == "format" ? "counterfoil-key-2" : other[member]!.DeepClone();
        File.WriteAllText(path, file.ToJsonString());

        var code = CodeOf(() => store.OpenSigning("k"));

        Assert.Equal(member == "usage" ? "wrong_key_usage" : "damaged_key_file", code);
    }

    [Fact]
    public void UnprotectedKeyFile_WithAnotherKeysScalar_IsDamaged()
    {
        using var store = Unprotected();
        store.Create("k", KeyUsage.Sign);
        store.Create("other", KeyUsage.Sign);
        var path = Path.Combine(StoreFolder, "k.key");
        var file = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        file["private"] = JsonNode.Parse(File.ReadAllText(Path.Combine(StoreFolder, "other.key")))!["private"]!.DeepClone();
        File.WriteAllText(path, file.ToJsonString());
        Assert.Equal("damaged_key_file", CodeOf(() => store.OpenSigning("k")));
    }

    [Fact]
    public void AnyByteOfAProtectedStoreChanged_NeverOpensTheKeyAndNeverSurprises()
    {
        const int seed = 20261122;
        var random = new Random(seed);
        using var store = FileKeyStore.Create(StoreFolder, Passphrase("p"));
        store.Create("k", KeyUsage.Sign);
        var path = Path.Combine(StoreFolder, "k.key");
        var original = File.ReadAllBytes(path);
        for (var round = 0; round < 500; round++)
        {
            var changed = (byte[])original.Clone();
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            if (random.Next(4) == 0)
                changed = changed[..random.Next(changed.Length)];
            File.WriteAllBytes(path, changed);
            try
            {
                // White space between members is not part of what was written; the key must then be the same.
                using var key = store.OpenSigning("k");
                Assert.True(Verifies(key.PublicKey, "x", key.Sign("x"u8)), $"seed {seed} round {round}");
                File.WriteAllBytes(path, original);
                using var unchanged = store.OpenSigning("k");
                Assert.Equal(unchanged.PublicKey, key.PublicKey);
            }
            catch (KeyStoreException exception)
            {
                Assert.Equal("damaged_key_file", exception.Code);
            }
        }
    }

    [Theory]
    [InlineData("salt")]
    [InlineData("wrapped_key")]
    [InlineData("iterations")]
    [InlineData("kdf")]
    [InlineData("checksum")]
    public void StoreFile_WithAChangedMember_IsDamagedAndNotAWrongPassphrase(string member)
    {
        FileKeyStore.Create(StoreFolder, Passphrase("p")).Dispose();
        var path = Path.Combine(StoreFolder, "store.json");
        var file = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        if (member == "iterations")
            file[member] = 600_001;
        else
        {
            var text = file[member]!.GetValue<string>();
            file[member] = (text[0] == 'A' ? 'B' : 'A') + text[1..];
        }
        File.WriteAllText(path, file.ToJsonString());
        Assert.Equal("damaged_key_store", CodeOf(() => FileKeyStore.Open(StoreFolder, Passphrase("p"))));
    }

    [Fact]
    public void PassphraseFile_OfMode0600_OpensTheStore_AndOthersAreRefused()
    {
        var path = folder.File("passphrase");
        File.WriteAllText(path, "from a file\n");
        File.SetUnixFileMode(path, OwnerReadWrite);
        FileKeyStore.Create(StoreFolder, PassphraseSource.File(path)).Dispose();
        FileKeyStore.Open(StoreFolder, Passphrase("from a file")).Dispose();
        FileKeyStore.Open(StoreFolder, PassphraseSource.SystemdCredential(folder.Path, "passphrase")).Dispose();

        File.SetUnixFileMode(path, OwnerReadWrite | UnixFileMode.OtherRead);
        Assert.Equal("passphrase_unusable", CodeOf(() => FileKeyStore.Open(StoreFolder, PassphraseSource.File(path))));
        Assert.Equal("passphrase_unusable", CodeOf(() => FileKeyStore.Open(StoreFolder, PassphraseSource.File(folder.File("no")))));
        Assert.Equal("passphrase_unusable", CodeOf(() => FileKeyStore.Open(StoreFolder, Passphrase(""))));
        Assert.Equal("passphrase_unusable", CodeOf(() => FileKeyStore.Open(StoreFolder, Passphrase(new string('x', 1025)))));
    }

    [Fact]
    public void UnprotectedStores_AThousandWithAKeyEach_AreMadeWithoutAnyDerivation()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var number = 0; number < 1000; number++)
        {
            using var store = FileKeyStore.Create(
                folder.File($"p{number}"), PassphraseSource.UnprotectedByChoice, flush: false);
            store.Create("account", KeyUsage.Sign);
        }
        output.WriteLine($"1000 unprotected stores with a key each: {clock.Elapsed.TotalMilliseconds:F0} ms");
        Assert.All(
            Directory.GetFiles(folder.Path, "store.json", SearchOption.AllDirectories),
            path => Assert.DoesNotContain("iterations", File.ReadAllText(path), StringComparison.Ordinal));
        Assert.Equal(1000, Directory.GetFiles(folder.Path, "account.key", SearchOption.AllDirectories).Length);
    }

    private static byte[] Bytes(JsonObject file, string member)
    {
        Assert.True(Base64Url.TryDecode(file[member]!.GetValue<string>().AsSpan(), out var bytes));
        return bytes;
    }
}
