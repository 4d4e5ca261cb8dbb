using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>Nodes put out by the members, without their authority and without their own vote. <b>Source:</b> US11218327.</summary>
internal sealed class Revocations(NodeRegistry registry, Ballots ballots) : IDecision
{
    private Table<TextKey, NodeNameRow> open = null!;

    // Quotas never stand between the members and a compromised node; one open request for each target bounds the flood.
    public bool IsOnQuota => false;

    public void Register(ContractRegistration registration)
    {
        open = registration.Table<TextKey, NodeNameRow>("open_revocations");
        registration.Action("revoke_node", NodesJson.Instance.RevokeNodeMessage, Revoke, Check);
        ballots.Decides(RequestKind.Revocation, this);
    }

    /// <summary>The open request to revoke the node, or null.</summary>
    public string? OpenAgainst(string node) => open.TryGet(new TextKey(node), out var row) ? row.Node : null;

    private static Refusal? Check(CheckContext context, RevokeNodeMessage message) =>
        NodeForm.IsRequest(message.Request) && NodeForm.IsReason(message.Reason) && message.Reason.Length > 0
            && message.Target is null != message.Node is null && NodeForm.IsNode(message.Node ?? "n")
            ? null
            : (Refusal)NodeRefusals.MalformedRequest;

    private Refusal? Revoke(ExecutionContext context, RevokeNodeMessage message)
    {
        if (!registry.IsActiveAccount(context.Issuer))
            return NodeRefusals.NotLinked;
        if (ballots.Refuse(context, message.Request, IsOnQuota) is { } refusal)
            return refusal;
        if (!TryFind(message, out var node, out var row))
            return NodeRefusals.UnknownNode;
        if (row.Status == NodeStatus.Revoked)
            return CertificatesRefusals.CertificateRevoked;
        if (registry.WouldLeaveTooFew(row.Account))
            return NodeRefusals.TooFewValidators;
        if (open.TryGet(new TextKey(node), out var other))
            return NodeRefusals.RevocationOpen.With(("request", other.Node));
        open.Set(new TextKey(node), new NodeNameRow(message.Request));
        return ballots.Open(context, message.Request, new Proposal
        {
            Kind = RequestKind.Revocation,
            Subject = SubjectOf(node, row),
            Node = node,
            Message = JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.RevokeNodeMessage),
            IsForValidators = true,
            Required = CheckSet.None,
            Excluded = row.Account,
            LinkedNodes = registry.LinkedCount,
            IsOnQuota = IsOnQuota,
        });
    }

    public Refusal? Approve(ExecutionContext context, string request, RequestRow row)
    {
        open.Remove(new TextKey(row.Node));
        if (!registry.TryGet(row.Node, out var node) || node.Status == NodeStatus.Revoked)
            return NodeRefusals.UnknownNode;
        if (registry.WouldLeaveTooFew(node.Account))
            return NodeRefusals.TooFewValidators;
        registry.SetStatus(context, row.Node, node, NodeStatus.Revoked, request);
        context.Emit("certificates.node_revoked", ("node", row.Node), ("account", node.Account.ToString()), ("request", request));
        return null;
    }

    public void Reject(ExecutionContext context, string request, RequestRow row) => open.Remove(new TextKey(row.Node));

    /// <summary>What is voted on: the certificate's digest; for an entry without one, SHA-256("cf-node\0" ‖ node).</summary>
    public static Digest<Attachment> SubjectOf(string node, NodeRow row) => row.Certificate.IsUnset
        ? Digest<Attachment>.Of("cf-node\0"u8, Encoding.ASCII.GetBytes(node))
        : row.Certificate.As<Attachment>();

    private bool TryFind(RevokeNodeMessage message, out string node, [NotNullWhen(true)] out NodeRow? row)
    {
        row = null;
        node = message.Node ?? registry.NodeOf(message.Target!.Value.As<OrganisationCertificate>()) ?? "";
        return node.Length > 0 && registry.TryGet(node, out row)
            && (message.Target is not { } target || row.Certificate == target.As<OrganisationCertificate>());
    }
}
