using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;

namespace Counterfoil.Cryptography.Tests.X509;

public sealed class CertificateChainTests : IDisposable
{
    private static readonly DateTimeOffset From = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2036, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    private readonly EphemeralSigningKey rootKey = EphemeralSigningKey.Create();
    private readonly EphemeralSigningKey middleKey = EphemeralSigningKey.Create();
    private readonly EphemeralSigningKey leafKey = EphemeralSigningKey.Create();
    private readonly OrganisationCertificate root;
    private readonly OrganisationCertificate middle;

    public CertificateChainTests()
    {
        root = OrganisationCertificates.CreateRoot(rootKey, About("root"));
        middle = OrganisationCertificates.Issue(rootKey, root, middleKey.PublicKey, About("authority"), CertificateUse.Authority);
    }

    public void Dispose()
    {
        rootKey.Dispose();
        middleKey.Dispose();
        leafKey.Dispose();
    }

    private static CertificateSubject About(string name) => new("Example Bank", name, From, Until);

    private OrganisationCertificate Leaf(CertificateUse use, CertificateSubject? subject = null) =>
        OrganisationCertificates.Issue(middleKey, middle, leafKey.PublicKey, subject ?? About("leaf"), use);

    private string Validate(OrganisationCertificate leaf, CertificateUse use = CertificateUse.Signing, DateTimeOffset? at = null) =>
        CertificateChain.Validate([leaf, middle], [root], at ?? Now, use)?.Code ?? "";

    // A certificate with any fault, signed with the middle authority's key by the framework's builder.
    private OrganisationCertificate Odd(
        Action<CertificateRequest> shape, ISigningKey? signer = null, OrganisationCertificate? issuer = null, ECCurve? curve = null)
    {
        using var key = curve is null ? ECDsa.Create(leafKey.PublicKey.ToParameters()) : ECDsa.Create(curve.Value);
        var request = new CertificateRequest("O=Example Bank, CN=odd", key, HashAlgorithmName.SHA256);
        shape(request);
        using var made = request.Create(
            new X500DistinguishedName((issuer ?? middle).Subject.Span), new SigningKeyGenerator(signer ?? middleKey), From, Until, [1, 2, 3]);
        Assert.True(OrganisationCertificate.TryParse(made.RawData, out var certificate));
        return certificate;
    }

    private static void ForSigning(CertificateRequest request) =>
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));

    [Theory]
    [InlineData(CertificateUse.Signing)]
    [InlineData(CertificateUse.Encryption)]
    [InlineData(CertificateUse.Tls)]
    public void Validate_OfACertificateForItsUse_IsAcceptedForThatUseOnly(CertificateUse use)
    {
        var leaf = Leaf(use, About("leaf") with { DnsNames = ["node.example"] });
        foreach (var other in new[] { CertificateUse.Signing, CertificateUse.Encryption, CertificateUse.Tls, CertificateUse.Authority, CertificateUse.Unset })
            Assert.Equal(other == use ? "" : "wrong_certificate_use", Validate(leaf, other));
        Assert.Equal("Example Bank", leaf.Organisation);
        Assert.Equal(use == CertificateUse.Tls ? ["node.example"] : [], leaf.DnsNames);
    }

    [Fact]
    public void Validate_OfAChainMadeHere_AgreesWithTheFrameworksChainEngine()
    {
        using var trusted = X509CertificateLoader.LoadCertificate(root.Der.Span);
        using var authority = X509CertificateLoader.LoadCertificate(middle.Der.Span);
        using var leaf = X509CertificateLoader.LoadCertificate(Leaf(CertificateUse.Signing).Der.Span);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(trusted);
        chain.ChainPolicy.ExtraStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = Now.UtcDateTime;
        Assert.True(chain.Build(leaf), string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation)));
    }

    [Fact]
    public void Validate_WithTheRootInTheChainOrNot_IsTheSame()
    {
        var leaf = Leaf(CertificateUse.Signing);
        Assert.Null(CertificateChain.Validate([leaf, middle, root], [root], Now, CertificateUse.Signing));
        Assert.Null(CertificateChain.Validate([leaf, middle], [root], Now, CertificateUse.Signing));
        Assert.Null(CertificateChain.Validate([middle], [root], Now, CertificateUse.Authority));
        Assert.Null(CertificateChain.Validate([leaf], [middle], Now, CertificateUse.Signing));
    }

    [Fact]
    public void Validate_AfterARootChangedItsKey_FindsTheRightOneOfTheSameName()
    {
        using var newKey = EphemeralSigningKey.Create();
        var newRoot = OrganisationCertificates.CreateRoot(newKey, About("root"));
        Assert.Null(CertificateChain.Validate([Leaf(CertificateUse.Signing), middle], [newRoot, root], Now, CertificateUse.Signing));
    }

    [Fact]
    public void Validate_ToAnotherRoot_IsUntrustedOrMismatched()
    {
        using var otherKey = EphemeralSigningKey.Create();
        var other = OrganisationCertificates.CreateRoot(otherKey, new CertificateSubject("Other", "root", From, Until));
        var sameName = OrganisationCertificates.CreateRoot(otherKey, About("root"));
        var chain = new[] { Leaf(CertificateUse.Signing), middle };
        Assert.Equal(CertificateRefusal.UntrustedRoot, CertificateChain.Validate(chain, [other], Now, CertificateUse.Signing));
        Assert.Equal(CertificateRefusal.UntrustedRoot, CertificateChain.Validate(chain, [], Now, CertificateUse.Signing));
        Assert.Equal(CertificateRefusal.IssuerMismatch, CertificateChain.Validate(chain, [sameName], Now, CertificateUse.Signing));
        Assert.Equal(CertificateRefusal.IssuerMismatch, CertificateChain.Validate([chain[0], root], [root], Now, CertificateUse.Signing));
        Assert.Equal(CertificateRefusal.ChainTooLong, CertificateChain.Validate([], [root], Now, CertificateUse.Signing));
        Assert.Equal(
            CertificateRefusal.ChainTooLong,
            CertificateChain.Validate([chain[0], middle, middle, middle, middle, middle, middle], [root], Now, CertificateUse.Signing));
    }

    [Fact]
    public void Validate_OutsideTheValidity_IsNotYetValidOrExpired()
    {
        var leaf = Leaf(CertificateUse.Signing, About("leaf") with { NotBefore = Now, NotAfter = Now.AddDays(1) });
        Assert.Equal("not_yet_valid", Validate(leaf, at: Now.AddSeconds(-1)));
        Assert.Equal("", Validate(leaf, at: Now));
        Assert.Equal("", Validate(leaf, at: Now.AddDays(1).AddMilliseconds(999)));
        Assert.Equal("expired", Validate(leaf, at: Now.AddDays(1).AddSeconds(1)));
        Assert.Equal("expired", Validate(Leaf(CertificateUse.Signing), at: Until.AddSeconds(1)));
    }

    [Fact]
    public void Validate_OfACertificateByALeaf_IsNotAnAuthority()
    {
        // Directly under the root, which allows one more authority, so that only the leaf's own standing is in question.
        var leaf = OrganisationCertificates.Issue(rootKey, root, leafKey.PublicKey, About("leaf"), CertificateUse.Signing);
        var below = Odd(ForSigning, leafKey, leaf);
        Assert.Equal(CertificateRefusal.NotAnAuthority, CertificateChain.Validate([below, leaf], [root], Now, CertificateUse.Signing));
    }

    [Fact]
    public void Validate_WithMoreAuthoritiesThanAllowed_IsPathTooLong()
    {
        using var deepKey = EphemeralSigningKey.Create();
        var deep = OrganisationCertificates.Issue(middleKey, middle, deepKey.PublicKey, About("deeper"), CertificateUse.Authority);
        var leaf = OrganisationCertificates.Issue(deepKey, deep, leafKey.PublicKey, About("leaf"), CertificateUse.Signing);
        Assert.Equal(CertificateRefusal.PathTooLong, CertificateChain.Validate([leaf, deep, middle], [root], Now, CertificateUse.Signing));
        Assert.Null(CertificateChain.Validate([leaf], [deep], Now, CertificateUse.Signing));
    }

    [Fact]
    public void Validate_OfASignatureByAnotherKey_IsInvalid()
    {
        using var otherKey = EphemeralSigningKey.Create();
        Assert.Equal("invalid_signature", Validate(Odd(ForSigning, otherKey)));
        var leaf = Leaf(CertificateUse.Signing).Der.ToArray();
        var name = leaf.AsSpan().IndexOf("leaf"u8);
        leaf[name] = (byte)'L';
        Assert.True(OrganisationCertificate.TryParse(leaf, out var changed));
        Assert.Equal("invalid_signature", Validate(changed));
    }

    [Fact]
    public void Validate_OfAnotherCurveOrAnUnknownCriticalExtension_IsRefusedAsSuch()
    {
        Assert.Equal("unsupported_algorithm", Validate(Odd(ForSigning, curve: ECCurve.NamedCurves.nistP384)));
        Assert.Equal("", Validate(Odd(request =>
        {
            ForSigning(request);
            request.CertificateExtensions.Add(new X509Extension("1.2.3.4", [5, 0], critical: false));
        })));
        Assert.Equal("unknown_critical_extension", Validate(Odd(request =>
        {
            ForSigning(request);
            request.CertificateExtensions.Add(new X509Extension("1.2.3.4", [5, 0], critical: true));
        })));
        // Name constraints are not processed, so that a critical one must stop the validation.
        Assert.Equal("unknown_critical_extension", Validate(Odd(request =>
        {
            ForSigning(request);
            request.CertificateExtensions.Add(new X509Extension("2.5.29.30", [0x30, 0], critical: true));
        })));
    }

    [Fact]
    public void Validate_OfACertificateWithoutOrWithMixedUsages_IsOfWrongUse()
    {
        Assert.Equal("wrong_certificate_use", Validate(Odd(request => request.CertificateExtensions.Add(
            new X509SubjectKeyIdentifierExtension(new byte[20], false)))));
        Assert.Equal("wrong_certificate_use", Validate(Odd(request => request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyAgreement, true)))));
    }

    [Fact]
    public void Issue_ByALeafOrWithTheWrongKey_IsAFaultOfTheCaller()
    {
        Assert.Throws<ArgumentException>(() => OrganisationCertificates.Issue(
            leafKey, Leaf(CertificateUse.Signing), middleKey.PublicKey, About("x"), CertificateUse.Signing));
        Assert.Throws<ArgumentException>(() => OrganisationCertificates.Issue(
            leafKey, middle, leafKey.PublicKey, About("x"), CertificateUse.Signing));
        Assert.Throws<ArgumentException>(() => OrganisationCertificates.Issue(
            middleKey, middle, middleKey.PublicKey, About("x"), CertificateUse.Signing));
        Assert.Throws<ArgumentException>(() => Leaf(CertificateUse.Unset));
    }

    [Fact]
    public void Parse_OfTrailingTruncatedOrVersion1Bytes_IsRefused()
    {
        var der = Leaf(CertificateUse.Signing).Der.ToArray();
        Assert.True(OrganisationCertificate.TryParse(der, out _));
        Assert.False(OrganisationCertificate.TryParse([.. der, 0], out _));
        for (var length = 0; length < der.Length; length++)
            Assert.False(OrganisationCertificate.TryParse(der.AsSpan(0, length), out _));
        Assert.False(OrganisationCertificate.TryParse(new byte[OrganisationCertificate.MaximumBytes + 1], out _));
    }

    [Fact]
    public void Validate_OfAnyChangedByte_NeverThrowsAndNeverAccepts()
    {
        const int seed = 5280;
        var random = new Random(seed);
        var der = Leaf(CertificateUse.Signing).Der.ToArray();
        var parsed = 0;
        for (var round = 0; round < 5_000; round++)
        {
            var changed = (byte[])der.Clone();
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            if (!OrganisationCertificate.TryParse(changed, out var certificate))
                continue;
            parsed++;
            Assert.True(Validate(certificate).Length > 0, $"seed {seed} round {round}");
        }
        Assert.True(parsed > 500);
    }

    [Fact]
    public void Possession_ForLedgerAccountAndCertificate_HoldsForTheseOnly()
    {
        var leaf = Leaf(CertificateUse.Signing);
        var other = Leaf(CertificateUse.Signing, About("other"));
        var proof = CertificatePossession.Prove(leafKey, leaf, "net-1", "account-1");

        Assert.Null(CertificatePossession.Verify(proof, leaf, "net-1", "account-1"));
        Assert.Equal(CertificateRefusal.ProofMismatch, CertificatePossession.Verify(proof, leaf, "net-2", "account-1"));
        Assert.Equal(CertificateRefusal.ProofMismatch, CertificatePossession.Verify(proof, leaf, "net-1", "account-2"));
        Assert.Equal(CertificateRefusal.ProofMismatch, CertificatePossession.Verify(proof, other, "net-1", "account-1"));
        Assert.Equal(CertificateRefusal.InvalidSignature, CertificatePossession.Verify(proof, middle, "net-1", "account-1"));
        Assert.Equal(CertificateRefusal.MalformedProof, CertificatePossession.Verify(proof + "x.", leaf, "net-1", "account-1"));
        Assert.Throws<ArgumentException>(() => CertificatePossession.Prove(middleKey, leaf, "net-1", "account-1"));
    }
}
