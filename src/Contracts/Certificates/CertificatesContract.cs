using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates;

/// <summary>
/// Organisations' X.509 certificates, one for each account and purpose, now and as of a past
/// height. Registrars, whom genesis or other registrars named, vouch for who an organisation is;
/// paths to roots are the verifier's to judge. Beside them the members' registry of nodes, about
/// which validators vote (<see cref="Nodes"/>).
/// </summary>
public sealed partial class CertificatesContract : Contract
{
    /// <summary>The largest certificate in bytes of DER.</summary>
    public const int MaximumCertificateBytes = 4 * 1024;

    private readonly AccountsContract accounts;
    private HistoryTable<CertificateKey, CertificateRow> certificates = null!;
    private Table<DigestKey<OrganisationCertificate>, RegistrationRow> thumbprints = null!;
    private Table<DigestKey<PublicKey>, RegistrationRow> keys = null!;
    private Table<AccountKey, Presence> registrars = null!;

    /// <summary>A contract for one ledger.</summary>
    /// <param name="accounts">The accounts, which are the organisations', registrars' and nodes'.</param>
    public CertificatesContract(AccountsContract accounts)
    {
        this.accounts = accounts;
        Nodes = new NodeRegistry(accounts, thumbprint => keys.Contains(new DigestKey<PublicKey>(thumbprint)));
        Ballots = new Ballots(this, Nodes);
        Authorities = new Authorities(accounts, Nodes, Ballots);
    }

    /// <inheritdoc/>
    public override string Name => "certificates";

    /// <inheritdoc/>
    public override void Register(ContractRegistration registration)
    {
        certificates = registration.HistoryTable<CertificateKey, CertificateRow>("certificates");
        thumbprints = registration.Table<DigestKey<OrganisationCertificate>, RegistrationRow>("thumbprints");
        keys = registration.Table<DigestKey<PublicKey>, RegistrationRow>("keys");
        registrars = registration.Table<AccountKey, Presence>("registrars");
        var json = CertificatesJson.Instance;
        registration.Action("register", json.RegisterCertificateMessage, Register, CheckRegister);
        registration.Action("revoke", json.RevokeCertificateMessage, Revoke, CheckRevoke);
        registration.Action("admit_registrar", json.AdmitRegistrarMessage, AdmitRegistrar);
        RegisterNodes(registration);
    }

    /// <inheritdoc/>
    public override void Initialise(ExecutionContext context, JsonElement section)
    {
        CertificatesGenesis? genesis;
        try
        {
            genesis = section.Deserialize(CertificatesJson.Instance.CertificatesGenesis);
        }
        catch (JsonException fault)
        {
            throw new GenesisException($"The section certificates has not the right form: {fault.Message}");
        }
        foreach (var registrar in genesis?.Registrars ?? [])
        {
            if (accounts.StandingOf(registrar) != AccountStanding.Open)
                throw new GenesisException($"The registrar {registrar} has no account; the section accounts comes first.");
            registrars.Set(new AccountKey(registrar), default);
        }
        if (genesis is not null)
            Nodes.BeginWith(genesis);
    }

    /// <summary>True if the account registers certificates.</summary>
    public bool IsRegistrar(AccountId account) => registrars.Contains(new AccountKey(account));

    /// <summary>
    /// True if a certificate is registered, not revoked, and valid at the block's time.
    /// </summary>
    /// <param name="context">Any; its time counts.</param>
    /// <param name="account">The organisation's account.</param>
    /// <param name="purpose">What for.</param>
    public bool IsActive(ExecutionContext context, AccountId account, CertificatePurpose purpose) =>
        TryGet(account, purpose, out var row) && row.IsActiveAt(context.Time);

    /// <summary>The certificate that is registered now, revoked or not.</summary>
    public bool TryGet(AccountId account, CertificatePurpose purpose,
        [NotNullWhen(true)] out CertificateRow? row) =>
        certificates.TryGet(new CertificateKey(account, purpose), out row);

    /// <summary>
    /// The certificate that was registered at the end of the block of that height, revoked or not
    /// by then.
    /// </summary>
    public bool TryGetAt(AccountId account, CertificatePurpose purpose, long height,
        [NotNullWhen(true)] out CertificateRow? row) =>
        certificates.TryGetAt(new CertificateKey(account, purpose), height, out row);

    private static Refusal? CheckRegister(CheckContext context, RegisterCertificateMessage message)
    {
        if (PurposeOf(message.Purpose) is not { } purpose
            || message.Certificate.Length > MaximumCertificateBytes
            || !OrganisationCertificate.TryParse(message.Certificate, out var certificate)
            || certificate.PublicKey is null)
            return CertificatesRefusals.MalformedCertificate;
        if (!IsFor(certificate, purpose))
            return CertificatesRefusals.WrongCertificateUse;
        if (message.Possession is not { } proof)
            return purpose == CertificatePurpose.Encrypt
                ? null
                : (Refusal)CertificatesRefusals.PossessionUnproven;
        return CertificatePossession.Verify(proof, certificate, context.Net.ToString(),
            message.Account.ToString()) is null
            ? null
            : (Refusal)CertificatesRefusals.PossessionUnproven;
    }

    private Refusal? Register(ExecutionContext context, RegisterCertificateMessage message)
    {
        if (!OrganisationCertificate.TryParse(message.Certificate, out var certificate)
            || certificate.PublicKey is not { } key)
            return CertificatesRefusals.MalformedCertificate;
        if (SigningRegistrar(context) is not { IsUnset: false } registrar)
            return CertificatesRefusals.NotRegistrar;
        if (accounts.StandingOf(message.Account) == AccountStanding.Unknown)
            return TransactionRefusals.UnknownAccount;
        var name = new CertificateKey(message.Account, PurposeOf(message.Purpose)!.Value);
        var thumbprint = new DigestKey<OrganisationCertificate>(certificate.Thumbprint);
        if (thumbprints.Contains(thumbprint))
            return CertificatesRefusals.CertificateExists;
        var keyName = new DigestKey<PublicKey>(key.Thumbprint);
        if (Nodes.HasKey(key.Thumbprint) || (keys.TryGet(keyName, out var registration) && registration.Certificate != name))
            return CertificatesRefusals.KeyReused;
        var row = new CertificateRow(
            certificate.Thumbprint, key, Timestamp.From(certificate.NotBefore),
                Timestamp.From(certificate.NotAfter), IsRevoked: false, registrar);
        if (!row.IsActiveAt(context.Time))
            return CertificatesRefusals.CertificateNotValid;
        certificates.Set(name, row);
        thumbprints.Set(thumbprint, new RegistrationRow(name));
        keys.Set(keyName, new RegistrationRow(name));
        context.Emit("certificates.registered", ("account", message.Account.ToString()),
            ("purpose", message.Purpose), ("thumbprint", certificate.Thumbprint.ToString()));
        return null;
    }

    private static Refusal? CheckRevoke(CheckContext context, RevokeCertificateMessage message) =>
        PurposeOf(message.Purpose) is null ? (Refusal)CertificatesRefusals.MalformedCertificate : null;

    private Refusal? Revoke(ExecutionContext context, RevokeCertificateMessage message)
    {
        if (SigningRegistrar(context).IsUnset && !context.IsSignedBy(message.Account))
            return CertificatesRefusals.NotRegistrar;
        var name = new CertificateKey(message.Account, PurposeOf(message.Purpose)!.Value);
        if (!certificates.TryGet(name, out var row))
            return CertificatesRefusals.UnknownCertificate;
        if (row.IsRevoked)
            return CertificatesRefusals.CertificateRevoked;
        certificates.Set(name, row with { IsRevoked = true });
        context.Emit("certificates.revoked", ("account", message.Account.ToString()),
            ("purpose", message.Purpose), ("thumbprint", row.Thumbprint.ToString()));
        return null;
    }

    private Refusal? AdmitRegistrar(ExecutionContext context, AdmitRegistrarMessage message)
    {
        if (SigningRegistrar(context).IsUnset)
            return CertificatesRefusals.NotRegistrar;
        if (IsRegistrar(message.Account))
            return CertificatesRefusals.RegistrarExists;
        if (accounts.StandingOf(message.Account) == AccountStanding.Unknown)
            return TransactionRefusals.UnknownAccount;
        registrars.Set(new AccountKey(message.Account), default);
        context.Emit("certificates.registrar_admitted", ("account", message.Account.ToString()));
        return null;
    }

    private AccountId SigningRegistrar(ExecutionContext context)
    {
        foreach (var signer in context.Signers)
            if (IsRegistrar(signer))
                return signer;
        return default;
    }

    private static CertificatePurpose? PurposeOf(string text) => text switch
    {
        "sign" => CertificatePurpose.Sign,
        "encrypt" => CertificatePurpose.Encrypt,
        "tls" => CertificatePurpose.Tls,
        _ => null,
    };

    // A key that signs never encrypts: the usages exclude each other.
    private static bool IsFor(OrganisationCertificate certificate, CertificatePurpose purpose)
    {
        var signs = (certificate.KeyUsages & KeyUsages.DigitalSignature) != 0;
        var agrees = (certificate.KeyUsages & KeyUsages.KeyAgreement) != 0;
        return !certificate.IsAuthority && purpose switch
        {
            CertificatePurpose.Sign => signs && !agrees && certificate.ExtendedKeyUsages is null,
            CertificatePurpose.Encrypt => agrees && !signs && certificate.ExtendedKeyUsages is null,
            _ => signs && !agrees && certificate.ExtendedKeyUsages is not null,
        };
    }
}
