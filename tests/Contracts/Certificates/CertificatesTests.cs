using System.Text.Json;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Tests.Certificates;

public class CertificatesTests
{
    private readonly TestAccount registrar = new("registrar");
    private readonly TestAccount broker = new("broker");
    private readonly TestAccount other = new("other");
    private readonly EphemeralSigningKey rootKey = TestAccount.KeyOf("root");
    private readonly OrganisationCertificate root;
    private readonly ProbeContract probe = new();
    private readonly ContractBench bench;

    public CertificatesTests()
    {
        bench = new ContractBench(
            ContractBench.GenesisOf([registrar, broker, other], "", "", $$""","certificates":{"registrars":["{{registrar}}"]}"""), extra: _ => probe);
        root = OrganisationCertificates.CreateRoot(rootKey, Subject("Root", 0, 3650));
    }

    private CertificatesContract Certificates => bench.Kernel.Certificates;

    private static CertificateSubject Subject(string name, int fromDay, int toDay)
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new CertificateSubject("Broker Ltd", name, start.AddDays(fromDay), start.AddDays(toDay)) { DnsNames = ["broker.example"] };
    }

    private OrganisationCertificate Issue(ISigningKey key, CertificateUse use, int fromDay = 0, int toDay = 365) =>
        OrganisationCertificates.Issue(rootKey, root, key.PublicKey, Subject("signing", fromDay, toDay), use);

    private string Register(OrganisationCertificate certificate, ISigningKey? key, string purpose, TestAccount? by = null, TestAccount? account = null) =>
        Register(certificate.Der.ToArray(), key is null ? null : CertificatePossession.Prove(key, certificate, bench.Net.ToString(), (account ?? broker).Id.ToString()), purpose, by, account);

    private string Register(byte[] certificate, string? possession, string purpose, TestAccount? by = null, TestAccount? account = null)
    {
        var message = new RegisterCertificateMessage((account ?? broker).Id, purpose, certificate, possession);
        return bench.Run("certificates.register", JsonSerializer.Serialize(message, CertificatesJson.Instance.RegisterCertificateMessage), by ?? registrar).Code;
    }

    private string Revoke(TestAccount by, string purpose = "sign") => bench.Run("certificates.revoke", $$"""{"account":"{{broker}}","purpose":"{{purpose}}"}""", by).Code;

    private bool IsActive(CertificatePurpose purpose)
    {
        var result = false;
        probe.Rule = context =>
        {
            result = Certificates.IsActive(context, broker.Id, purpose);
            return null;
        };
        Assert.Equal("accepted", bench.Run("probe.run", "{}", other).Code);
        return result;
    }

    [Fact]
    public void Certificate_FromRegistrationToRevocation_IsReadableAsOfEveryHeight()
    {
        using var first = TestAccount.KeyOf("first");
        using var second = TestAccount.KeyOf("second");
        var before = bench.Height;
        var certificate = Issue(first, CertificateUse.Signing);
        Assert.Equal("unknown_certificate", Revoke(registrar));
        Assert.False(IsActive(CertificatePurpose.Sign));
        Assert.Equal("accepted", Register(certificate, first, "sign"));
        var registered = bench.Height;
        Assert.True(IsActive(CertificatePurpose.Sign));
        Assert.False(IsActive(CertificatePurpose.Tls));
        Assert.Equal("certificate_exists", Register(certificate, first, "sign"));
        Assert.Equal("not_registrar", Revoke(other));
        Assert.Equal("accepted", Revoke(broker));
        Assert.False(IsActive(CertificatePurpose.Sign));
        Assert.Equal("certificate_revoked", Revoke(registrar));
        Assert.Equal("certificate_exists", Register(certificate, first, "sign"));
        Assert.Equal("accepted", Register(Issue(second, CertificateUse.Signing), second, "sign"));
        Assert.True(IsActive(CertificatePurpose.Sign));

        Assert.False(Certificates.TryGetAt(broker.Id, CertificatePurpose.Sign, before, out _));
        Assert.True(Certificates.TryGetAt(broker.Id, CertificatePurpose.Sign, registered, out var past));
        Assert.Equal((first.PublicKey, false, registrar.Id), (past.Key, past.IsRevoked, past.Registrar));
        Assert.True(Certificates.TryGet(broker.Id, CertificatePurpose.Sign, out var present));
        Assert.Equal(second.PublicKey, present.Key);
        Assert.Equal(bench.Root(), bench.Replay().Root());
    }

    [Fact]
    public void Register_WithoutProofOrRight_IsRefused()
    {
        using var key = TestAccount.KeyOf("first");
        var certificate = Issue(key, CertificateUse.Signing);
        var proof = CertificatePossession.Prove(key, certificate, bench.Net.ToString(), broker.Id.ToString());
        Assert.Equal("not_registrar", Register(certificate, key, "sign", by: broker));
        Assert.Equal("possession_unproven", Register(certificate, null, "sign"));
        Assert.Equal("possession_unproven", Register(certificate.Der.ToArray(), "x", "sign"));
        Assert.Equal("possession_unproven", Register(certificate.Der.ToArray(), proof, "sign", account: other));
        Assert.Equal("unknown_account", Register(certificate, key, "sign", account: new TestAccount("stranger")));
        Assert.Equal("wrong_certificate_use", Register(certificate, key, "encrypt"));
        Assert.Equal("wrong_certificate_use", Register(certificate, key, "tls"));
        Assert.Equal("malformed_certificate", Register(certificate, key, "mail"));
        Assert.Equal("malformed_certificate", Register([.. certificate.Der.ToArray(), 0], proof, "sign"));
        Assert.Equal("malformed_certificate", Register(new byte[CertificatesContract.MaximumCertificateBytes + 1], proof, "sign"));
        Assert.Equal("malformed_certificate", bench.Run("certificates.revoke", $$"""{"account":"{{broker}}","purpose":"mail"}""", registrar).Code);
        Assert.Equal("accepted", Register(certificate, key, "sign"));
    }

    [Fact]
    public void Register_OfAKeyWithAnotherPurposeOrAccount_IsRefused()
    {
        using var key = TestAccount.KeyOf("first");
        Assert.Equal("accepted", Register(Issue(key, CertificateUse.Signing), key, "sign"));
        Assert.Equal("key_reused", Register(Issue(key, CertificateUse.Tls), key, "tls"));
        Assert.Equal("key_reused", Register(Issue(key, CertificateUse.Signing), key, "sign", account: other));
        // A renewal of the same key is one of this purpose.
        Assert.Equal("accepted", Register(Issue(key, CertificateUse.Signing, 0, 730), key, "sign"));
    }

    [Fact]
    public void Register_OfAnEncryptionKey_RestsOnTheRegistrarOrAProof()
    {
        using var silent = TestAccount.KeyOf("agreement");
        Assert.Equal("accepted", Register(Issue(silent, CertificateUse.Encryption), null, "encrypt"));
        Assert.True(IsActive(CertificatePurpose.Encrypt));
        using var tls = TestAccount.KeyOf("tls");
        Assert.Equal("accepted", Register(Issue(tls, CertificateUse.Tls), tls, "tls"));
    }

    [Fact]
    public void Certificate_OutsideItsValidity_IsNotActive()
    {
        using var early = TestAccount.KeyOf("early");
        using var brief = TestAccount.KeyOf("brief");
        Assert.Equal("certificate_not_valid", Register(Issue(early, CertificateUse.Signing, 10, 20), early, "sign"));
        Assert.Equal("accepted", Register(Issue(brief, CertificateUse.Signing, 0, 1), brief, "sign"));
        Assert.True(IsActive(CertificatePurpose.Sign));
        bench.Advance(TimeSpan.FromDays(2));
        Assert.False(IsActive(CertificatePurpose.Sign));
    }

    [Fact]
    public void Registrar_IsAdmittedByARegistrar()
    {
        string Admit(TestAccount account, TestAccount by) => bench.Run("certificates.admit_registrar", $$"""{"account":"{{account}}"}""", by).Code;
        Assert.Equal("not_registrar", Admit(other, other));
        Assert.Equal("unknown_account", Admit(new TestAccount("stranger"), registrar));
        Assert.Equal("accepted", Admit(other, registrar));
        Assert.Equal("registrar_exists", Admit(other, registrar));
        using var key = TestAccount.KeyOf("first");
        Assert.Equal("accepted", Register(Issue(key, CertificateUse.Signing), key, "sign", by: other));
    }

    [Fact]
    public void Genesis_WithARegistrarWithoutAccount_IsAFault()
    {
        var genesis = ContractBench.GenesisOf([broker], "", "", $$""","certificates":{"registrars":["{{registrar}}"]}""");
        Assert.Throws<GenesisException>(() => new ContractBench(genesis));
        Assert.Throws<GenesisException>(() => new ContractBench("""{"certificates":{"registrars":[],"more":1}}"""));
        Assert.Throws<GenesisException>(() => new ContractBench("""{"anchors":{}}"""));
    }
}
