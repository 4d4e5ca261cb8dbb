using System.Security.Cryptography;
using Counterfoil.Cryptography.Custody;

namespace Counterfoil.Cryptography.Tests.Custody;

public sealed class Pkcs11KeyStoreTests(SoftHsm token) : IClassFixture<SoftHsm>
{
    private static Pkcs11KeyStore Open(string label, string pin = SoftHsm.Pin) =>
        Pkcs11KeyStore.Open(SoftHsm.Module, label, PassphraseSource.Prompt(pin.ToCharArray));

    private static string Fresh(string name) => $"{name}-{Guid.NewGuid():N}";

    private static string CodeOf(Action action) => Assert.Throws<KeyStoreException>(action).Code;

    [SoftHsmFact]
    public void Sign_InTheToken_VerifiesUnderTheListedPublicKey()
    {
        Assert.NotNull(token);
        var name = Fresh("sign");
        using var store = Open("first");
        var made = store.Create(name, KeyUsage.Sign);
        using var key = store.OpenSigning(name);

        var signature = key.Sign("counterfoil"u8);

        Assert.Equal(KeyUsage.Sign, made.Usage);
        Assert.Equal(made.PublicKey, key.PublicKey);
        Assert.Contains(made, store.List());
        using var verifier = ECDsa.Create(made.PublicKey.ToParameters());
        Assert.True(verifier.VerifyData(
            "counterfoil"u8, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.False(verifier.VerifyData(
            "another"u8, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    [SoftHsmFact]
    public void Agree_InTheToken_GivesWhatAFilesKeyGetsFromTheOtherSide()
    {
        var name = Fresh("agree");
        using var store = Open("first");
        store.Create(name, KeyUsage.Agree);
        using var key = store.OpenAgreement(name);
        using var peer = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var tokensPublic = ECDiffieHellman.Create(key.PublicKey.ToParameters());

        var secret = key.Agree(Counterfoil.Cryptography.Keys.PublicKey.Of(peer.ExportParameters(false)));

        Assert.Equal(peer.DeriveRawSecretAgreement(tokensPublic.PublicKey), secret);
    }

    [SoftHsmFact]
    public void Agree_WithAPointOffTheCurve_Throws()
    {
        var name = Fresh("agree");
        using var store = Open("first");
        store.Create(name, KeyUsage.Agree);
        using var key = store.OpenAgreement(name);
        var off = key.PublicKey.ToArray();
        off[0] ^= 1;
        Assert.ThrowsAny<CryptographicException>(() => key.Agree(new Counterfoil.Cryptography.Keys.PublicKey(off)));
    }

    [SoftHsmFact]
    public void Keys_OfTwoTokensInOneProcess_StayApart()
    {
        var name = Fresh("both");
        using var first = Open("first");
        using var second = Open("second");
        var one = first.Create(name, KeyUsage.Sign);
        Assert.Equal("unknown_key", CodeOf(() => second.OpenSigning(name)));
        var two = second.Create(name, KeyUsage.Sign);
        Assert.NotEqual(one.PublicKey, two.PublicKey);
    }

    [SoftHsmFact]
    public void Handles_UsedFromManyThreadsAndAfterTheStoreIsDisposed_GoOnSigning()
    {
        var name = Fresh("shared");
        var store = Open("second");
        store.Create(name, KeyUsage.Sign);
        using var key = store.OpenSigning(name);
        store.Dispose();
        using var verifier = ECDsa.Create(key.PublicKey.ToParameters());
        var signatures = new byte[200][];
        Parallel.For(0, signatures.Length, number => signatures[number] = key.Sign(BitConverter.GetBytes(number)));
        for (var number = 0; number < signatures.Length; number++)
        {
            Assert.True(verifier.VerifyData(
                BitConverter.GetBytes(number), signatures[number], HashAlgorithmName.SHA256,
                DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        }
        Assert.Throws<ObjectDisposedException>(() => store.List());
    }

    [SoftHsmFact]
    public void Keys_AreAskedForWrongly_EachWithItsCode()
    {
        var name = Fresh("codes");
        using var store = Open("first");
        store.Create(name, KeyUsage.Sign);
        Assert.Equal("key_exists", CodeOf(() => store.Create(name, KeyUsage.Agree)));
        Assert.Equal("wrong_key_usage", CodeOf(() => store.OpenAgreement(name)));
        Assert.Equal("unknown_key", CodeOf(() => store.OpenSigning(Fresh("no"))));
        Assert.Equal("unsupported_key_usage", CodeOf(() => store.Create(Fresh("vrf"), KeyUsage.Vrf)));
        Assert.Equal("invalid_key_name", CodeOf(() => store.Create("A B", KeyUsage.Sign)));
        Assert.Equal("unknown_token", CodeOf(() => Open("third")));
        Assert.Equal("unknown_token", CodeOf(() =>
            Pkcs11KeyStore.Open("/nowhere/module.so", "first", PassphraseSource.Prompt("1234".ToCharArray))));
        Assert.Equal("passphrase_required", CodeOf(() =>
            Pkcs11KeyStore.Open(SoftHsm.Module, "first", PassphraseSource.UnprotectedByChoice)));
    }

    [SoftHsmFact]
    public void Open_WithAnotherPin_IsWrongPassphrase()
    {
        // No other store of this process is logged in here: the tests of one class run one after another.
        Assert.Equal("wrong_passphrase", CodeOf(() => Open("second", "000000")));
        Open("second").Dispose();
    }
}
