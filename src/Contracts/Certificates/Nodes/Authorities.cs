using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// Authorities whose certificates and lists the members vote on. <b>Source:</b> US20210336802 and family; RFC 5280.
/// </summary>
public sealed class Authorities
{
    private readonly AccountsContract accounts;
    private readonly NodeRegistry registry;
    private readonly Ballots ballots;
    private HistoryTable<AccountKey, AuthorityRow> authorities = null!;
    private Table<SerialKey, SerialRow> revoked = null!;

    internal Authorities(AccountsContract accounts, NodeRegistry registry, Ballots ballots)
    {
        this.accounts = accounts;
        this.registry = registry;
        this.ballots = ballots;
    }

    internal void Register(ContractRegistration registration)
    {
        authorities = registration.HistoryTable<AccountKey, AuthorityRow>("authorities");
        revoked = registration.Table<SerialKey, SerialRow>("revoked_serials");
        var json = NodesJson.Instance;
        registration.Action("recognise", json.RecogniseMessage, Recognise, CheckRecognise, attachments: message => [message.Certificate]);
        registration.Action("dismiss", json.DismissMessage, Dismiss, CheckDismiss);
        ballots.Decides(RequestKind.Recognition, new RecognitionDecision(this));
        ballots.Decides(RequestKind.Dismissal, new DismissalDecision(this));
    }

    /// <summary>The authority of this account, recognised or dismissed.</summary>
    public bool TryGet(AccountId account, [NotNullWhen(true)] out AuthorityRow? row) =>
        authorities.TryGet(new AccountKey(account), out row);

    /// <summary>The authority as it stood at the end of the block of that height.</summary>
    public bool TryGetAt(AccountId account, long height, [NotNullWhen(true)] out AuthorityRow? row) =>
        authorities.TryGetAt(new AccountKey(account), height, out row);

    /// <summary>True if an accepted list of this authority named the serial number.</summary>
    public bool IsRevoked(AccountId authority, string serial) => revoked.Contains(new SerialKey(authority, serial));

    internal bool TryGetRecognised(ExecutionContext context, AccountId account, [NotNullWhen(true)] out AuthorityRow? row) =>
        TryGet(account, out row) && row.IsRecognised && context.Time.UnixSeconds <= row.NotAfter.UnixSeconds;

    internal void Revoke(AccountId authority, string serial, SerialRow row)
    {
        var key = new SerialKey(authority, serial);
        if (!revoked.Contains(key))
            revoked.Set(key, row);
    }

    internal void Set(AccountId account, AuthorityRow row) => authorities.Set(new AccountKey(account), row);

    private static Refusal? CheckRecognise(CheckContext context, RecogniseMessage message)
    {
        if (!NodeForm.IsRequest(message.Request) || !NodeForm.IsOrganisation(message.Organisation))
            return NodeRefusals.MalformedRequest;
        var der = context.Attachment(message.Certificate);
        if (der.Length > CertificatesContract.MaximumCertificateBytes
            || !OrganisationCertificate.TryParse(der.Span, out var certificate)
            || certificate.PublicKey != message.Key || certificate.Organisation != message.Organisation
            || certificate.NotBefore.ToUnixTimeSeconds() != message.NotBefore
            || certificate.NotAfter.ToUnixTimeSeconds() != message.NotAfter
            || CertificateChain.Validate([certificate], [certificate], certificate.NotBefore, CertificateUse.Authority) is not null)
            return NodeRefusals.CertificatePolicy;
        var digest = NodePossession.DigestOfAuthority(context.Net, message.Request, message.Account);
        return NodePossession.IsAuthorityProven(message.Possession, digest, message.Key)
            ? null
            : (Refusal)NodeRefusals.PossessionFailed;
    }

    private Refusal? Recognise(ExecutionContext context, RecogniseMessage message)
    {
        if (!registry.IsActiveAccount(context.Issuer))
            return NodeRefusals.NotLinked;
        if (ballots.Refuse(context, message.Request, isOnQuota: true) is { } refusal)
            return refusal;
        if (accounts.StandingOf(message.Account) == AccountStanding.Unknown)
            return TransactionRefusals.UnknownAccount;
        if (!NodeChecks.IsValid(context, message.NotBefore, message.NotAfter))
            return NodeRefusals.CertificatePolicy;
        if (registry.FaultOf(message.Key, message.Account) is { } fault)
            return fault;
        registry.ReserveKey(message.Key, "", message.Request);
        return ballots.Open(context, message.Request, new Proposal
        {
            Kind = RequestKind.Recognition,
            Subject = message.Certificate,
            Message = JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.RecogniseMessage),
            IsForValidators = true,
            Required = CheckSet.Possession | CheckSet.Validity | CheckSet.Keys | CheckSet.Entitlement,
            LinkedNodes = registry.LinkedCount,
        });
    }

    private static Refusal? CheckDismiss(CheckContext context, DismissMessage message) =>
        NodeForm.IsRequest(message.Request) && NodeForm.IsReason(message.Reason) && message.Reason.Length > 0
            ? null
            : (Refusal)NodeRefusals.MalformedRequest;

    private Refusal? Dismiss(ExecutionContext context, DismissMessage message)
    {
        if (!registry.IsActiveAccount(context.Issuer))
            return NodeRefusals.NotLinked;
        if (!TryGet(message.Account, out var row) || !row.IsRecognised)
            return NodeRefusals.UnknownIssuer;
        if (ballots.Refuse(context, message.Request, isOnQuota: true) is { } refusal)
            return refusal;
        return ballots.Open(context, message.Request, new Proposal
        {
            Kind = RequestKind.Dismissal,
            Subject = row.Certificate,
            Message = JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.DismissMessage),
            IsForValidators = true,
            Required = CheckSet.None,
            LinkedNodes = registry.LinkedCount,
        });
    }

    private sealed class RecognitionDecision(Authorities owner) : IDecision
    {
        public bool IsOnQuota => true;

        public Refusal? Approve(ExecutionContext context, string request, RequestRow row)
        {
            var message = Read(row);
            if (!NodeChecks.IsValid(context, message.NotBefore, message.NotAfter))
                return NodeRefusals.CertificatePolicy;
            // A new root continues the lists of the one before.
            var (number, next, list) = owner.TryGet(message.Account, out var former)
                ? (former.ListNumber, former.NextUpdate, former.List)
                : (-1, default, default);
            owner.registry.ReserveKey(message.Key, "", "");
            owner.Set(message.Account, new AuthorityRow(
                message.Organisation, message.Certificate, message.Key, Timestamp.FromSeconds(message.NotAfter), IsRecognised: true,
                context.Height, request, number, next, list));
            context.Emit("certificates.authority_recognised", ("account", message.Account.ToString()),
                ("certificate", message.Certificate.ToString()), ("request", request));
            return null;
        }

        public void Reject(ExecutionContext context, string request, RequestRow row) =>
            owner.registry.ReleaseKey(Read(row).Key, request);

        private static RecogniseMessage Read(RequestRow row) =>
            JsonSerializer.Deserialize(row.Message.Span, NodesJson.Instance.RecogniseMessage)!;
    }

    private sealed class DismissalDecision(Authorities owner) : IDecision
    {
        public bool IsOnQuota => true;

        public Refusal? Approve(ExecutionContext context, string request, RequestRow row)
        {
            var account = JsonSerializer.Deserialize(row.Message.Span, NodesJson.Instance.DismissMessage)!.Account;
            if (!owner.TryGet(account, out var authority) || !authority.IsRecognised)
                return NodeRefusals.UnknownIssuer;
            owner.Set(account, authority with { IsRecognised = false, Since = context.Height, Decision = request });
            context.Emit("certificates.authority_dismissed", ("account", account.ToString()), ("request", request));
            owner.ballots.Lapse(
                context,
                pending => pending.Sponsor == account && pending.Kind is (RequestKind.Certificate or RequestKind.List),
                NodeRefusals.UnknownIssuer.Code);
            return null;
        }

        public void Reject(ExecutionContext context, string request, RequestRow row)
        {
            // Nothing was reserved.
        }
    }
}
