using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// Linking and renewal: the vote itself makes a self-made certificate the node's. <b>Source:</b> US11070381 and family.
/// </summary>
internal sealed class LinkRequests(AccountsContract accounts, NodeRegistry registry, Ballots ballots) : IDecision
{
    public bool IsOnQuota => true;

    public void Register(ContractRegistration registration)
    {
        registration.Action("request", NodesJson.Instance.NodeRequestMessage, Request, Check, attachments: message => [message.Node.Certificate]);
        ballots.Decides(RequestKind.Link, this);
    }

    private static Refusal? Check(CheckContext context, NodeRequestMessage message)
    {
        var body = message.Node;
        if (NodeChecks.FaultOfForm(context, body) is { } malformed)
            return malformed;
        var der = context.Attachment(body.Certificate);
        if (NodeChecks.Read(der, body) is not { } certificate
            || CertificateChain.Validate([certificate], [certificate], certificate.NotBefore, CertificateUse.Tls) is not null)
            return NodeRefusals.CertificatePolicy;
        if (NodeForm.AreShared(body.Keys))
            return NodeRefusals.KeyShared;
        var digest = NodePossession.DigestOf(body);
        return NodePossession.AreProven(message.Possession, digest, body.Keys)
            && (message.Renewal is null || NodePossession.AreProven(message.Renewal, digest))
            ? null
            : (Refusal)NodeRefusals.PossessionFailed;
    }

    private Refusal? Request(ExecutionContext context, NodeRequestMessage message)
    {
        var body = message.Node;
        if (!registry.IsActiveAccount(context.Issuer)
            && !(body.Account == context.Issuer && registry.IsExpiredAccount(context.Issuer)))
            return NodeRefusals.NotLinked;
        if (ballots.Refuse(context, body.Request, IsOnQuota) is { } refusal)
            return refusal;
        if (accounts.StandingOf(body.Account) == AccountStanding.Unknown)
            return TransactionRefusals.UnknownAccount;
        if (!NodeChecks.IsFresh(context, body.Block, registry.Parameters.FreshnessSeconds))
            return NodeRefusals.PossessionFailed.With(("block", Text.Of(body.Block.Height)));
        registry.TryGet(body.Node, out var former);
        if (NodeChecks.IsTaken(registry, body, former))
            return NodeRefusals.NodeTaken;
        if (NodeChecks.FaultOfPolicy(context, registry, body, former) is { } policy)
            return policy;
        var keeps = Keeps(body, former);
        if (keeps && !IsSignedByOldKeys(body.Keys, message.Renewal, former!))
            return NodeRefusals.PossessionFailed.With(("keys", "old"));
        if (NodeChecks.FaultOfKeys(registry, body, keeps ? former : null) is { } fault)
            return fault;
        var roles = NodeForm.RolesOf(body.Roles);
        NodeChecks.ReserveKeys(registry, body);
        return ballots.Open(context, body.Request, new Proposal
        {
            Kind = RequestKind.Link,
            Subject = body.Certificate,
            Node = body.Node,
            Message = JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.NodeRequestMessage),
            IsForValidators = roles.HasFlag(NodeRoles.Validator) || former is { IsValidator: true },
            Required = RequiredOf(body, keeps && former!.Roles == roles),
            IsDivided = true,
            LinkedNodes = registry.LinkedCount,
        });
    }

    public Refusal? Approve(ExecutionContext context, string request, RequestRow row)
    {
        var body = JsonSerializer.Deserialize(row.Message.Span, NodesJson.Instance.NodeRequestMessage)!.Node;
        return NodeChecks.Admit(context, registry, body, request, default, "");
    }

    public void Reject(ExecutionContext context, string request, RequestRow row) =>
        NodeChecks.ReleaseKeys(registry, JsonSerializer.Deserialize(row.Message.Span, NodesJson.Instance.NodeRequestMessage)!.Node);

    // Only an entry that is in force or ran out vouches for its successor; what was put out or lost does not.
    private static bool Keeps(NodeBody body, NodeRow? former) =>
        former is { Status: NodeStatus.Active or NodeStatus.Expired } && !body.Lost;

    // Who the organisation is was settled when the node was linked.
    private static CheckSet RequiredOf(NodeBody body, bool isRenewal)
    {
        var required = CheckSet.All;
        if (isRenewal)
            required &= ~CheckSet.Entitlement;
        return body.Endpoint.Length == 0 ? required & ~CheckSet.Endpoint : required;
    }

    private static bool IsSignedByOldKeys(NodeKeySet keys, RenewalProofs? proofs, NodeRow former) =>
        IsVouchedFor(former.TlsKey, keys.Tls, proofs?.Tls)
        && IsVouchedFor(former.ConsensusKey, keys.Consensus, proofs?.Consensus)
        && (former.VrfKey.IsUnset || former.VrfKey == keys.Vrf || proofs?.Vrf?.Key == former.VrfKey);

    private static bool IsVouchedFor(PublicKey old, PublicKey? changed, string? proof) =>
        old.IsUnset || old == changed || (proof is not null && InnerJws.KeyOf(proof) == old);
}
