using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// A node's certificate written by a recognised authority, with what is paid for it: both or none. The voters verify one after another, each seeing
/// those before it on the ledger. <b>Source:</b> US20210336802 and family.
/// </summary>
internal sealed class WrittenCertificates(AccountsContract accounts, NodeRegistry registry, Ballots ballots, Authorities authorities) : IDecision
{
    private const string EscrowPurpose = "transfers";
    private const int MaximumPath = CertificateChain.MaximumLength - 1;

    private const CheckSet Required =
        CheckSet.Possession | CheckSet.Validity | CheckSet.Version | CheckSet.Keys | CheckSet.NotRevoked;

    private Table<SerialKey, SerialRow> serials = null!;

    public bool IsOnQuota => true;

    public void Register(ContractRegistration registration)
    {
        serials = registration.Table<SerialKey, SerialRow>("serials");
        registration.Action(
            "write", NodesJson.Instance.WriteCertificateMessage, Write, Check, Claim,
            message => [message.Node.Certificate, .. message.Path]);
        ballots.Decides(RequestKind.Certificate, this);
    }

    /// <summary>The node that has the authority's certificate of this serial number, or null.</summary>
    public string? NodeOf(AccountId authority, string serial) =>
        serials.TryGet(new SerialKey(authority, serial), out var row) ? row.Node : null;

    private void Claim(TransactionPayload payload, WriteCertificateMessage message, ICollection<Claim> claims)
    {
        if (message.Transfer is { } transfer)
            claims.Add(accounts.FundsClaim(payload.Issuer, transfer.Amount));
    }

    private static Refusal? Check(CheckContext context, WriteCertificateMessage message)
    {
        var body = message.Node;
        if (NodeChecks.FaultOfForm(context, body) is { } malformed)
            return malformed;
        if (!NodeForm.IsSerial(message.Serial) || message.Path.Count is 0 or > MaximumPath)
            return NodeRefusals.MalformedRequest;
        if (NodeChecks.Read(context.Attachment(body.Certificate), body) is not { } certificate
            || Convert.ToHexStringLower(certificate.SerialNumber.Span) != message.Serial)
            return NodeRefusals.CertificatePolicy;
        var chain = new List<OrganisationCertificate> { certificate };
        foreach (var digest in message.Path)
        {
            if (!OrganisationCertificate.TryParse(context.Attachment(digest).Span, out var issuer))
                return NodeRefusals.CertificatePolicy;
            chain.Add(issuer);
        }
        if (CertificateChain.Validate(chain, [chain[^1]], certificate.NotBefore, CertificateUse.Tls) is not null)
            return NodeRefusals.CertificatePolicy;
        if (NodeForm.AreShared(body.Keys))
            return NodeRefusals.KeyShared;
        // The authority has seen a key that does not validate used; validators prove all three themselves.
        return message.Possession is null
            ? body.Keys.Consensus is null ? null : (Refusal)NodeRefusals.PossessionFailed
            : NodePossession.AreProven(message.Possession, NodePossession.DigestOf(body), body.Keys)
                ? null
                : (Refusal)NodeRefusals.PossessionFailed;
    }

    private Refusal? Write(ExecutionContext context, WriteCertificateMessage message)
    {
        var body = message.Node;
        if (!authorities.TryGetRecognised(context, context.Issuer, out var authority) || message.Path[^1] != authority.Certificate)
            return NodeRefusals.UnknownIssuer;
        if (ballots.Refuse(context, body.Request, IsOnQuota) is { } refusal)
            return refusal;
        if (accounts.StandingOf(body.Account) == AccountStanding.Unknown)
            return TransactionRefusals.UnknownAccount;
        if (!NodeChecks.IsFresh(context, body.Block, registry.Parameters.FreshnessSeconds))
            return NodeRefusals.PossessionFailed.With(("block", Text.Of(body.Block.Height)));
        if (authorities.IsRevoked(context.Issuer, message.Serial))
            return CertificatesRefusals.CertificateRevoked;
        registry.TryGet(body.Node, out var former);
        if (NodeChecks.IsTaken(registry, body, former))
            return NodeRefusals.NodeTaken;
        if (NodeChecks.FaultOfPolicy(context, registry, body, former) is { } policy)
            return policy;
        var kept = former is { Status: NodeStatus.Active or NodeStatus.Expired } ? former : null;
        if (NodeChecks.FaultOfKeys(registry, body, kept) is { } fault)
            return fault;
        if (message.Transfer is { } transfer && Reserve(context, transfer.Amount) is { } unfunded)
            return unfunded;
        NodeChecks.ReserveKeys(registry, body);
        return ballots.Open(context, body.Request, new Proposal
        {
            Kind = RequestKind.Certificate,
            Subject = body.Certificate,
            Node = body.Node,
            Message = JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.WriteCertificateMessage),
            IsForValidators = NodeForm.RolesOf(body.Roles).HasFlag(NodeRoles.Validator) || former is { IsValidator: true },
            Required = Required,
            IsSequential = true,
            LinkedNodes = registry.LinkedCount,
        });
    }

    public Refusal? Approve(ExecutionContext context, string request, RequestRow row)
    {
        var message = Read(row);
        if (authorities.IsRevoked(row.Sponsor, message.Serial))
            return CertificatesRefusals.CertificateRevoked;
        if (NodeChecks.Admit(context, registry, message.Node, request, row.Sponsor, message.Serial) is { } refusal)
            return refusal;
        serials.Set(new SerialKey(row.Sponsor, message.Serial), new SerialRow(message.Node.Node, 0, context.Time, 0));
        return message.Transfer is { } transfer ? Pay(context, transfer.To, transfer.Amount) : null;
    }

    public void Reject(ExecutionContext context, string request, RequestRow row)
    {
        var message = Read(row);
        NodeChecks.ReleaseKeys(registry, message.Node);
        if (message.Transfer is { } transfer && Pay(context, row.Sponsor, transfer.Amount) is { } refusal)
            throw new InvariantBrokenException($"what was reserved for a certificate is given back ({refusal})");
    }

    private Refusal? Reserve(ExecutionContext context, in Amount amount)
    {
        AccountId escrow = default;
        var given = amount;
        return context.Call(inner => accounts.OpenContractAccount(inner.For(accounts), EscrowPurpose, out escrow))
            ?? accounts.Transfer(context, context.Issuer, escrow, given);
    }

    private Refusal? Pay(ExecutionContext context, AccountId to, Amount amount) => context.Call(inner =>
        accounts.Transfer(inner.For(accounts), AccountId.OfContract("certificates", EscrowPurpose), to, amount));

    private static WriteCertificateMessage Read(RequestRow row) =>
        JsonSerializer.Deserialize(row.Message.Span, NodesJson.Instance.WriteCertificateMessage)!;
}
