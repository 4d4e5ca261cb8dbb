using System.Text.Json;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// An authority's revocation lists: accepted by vote, they revoke entries at once and for ever; a list that is overdue revokes nothing and forgives
/// nothing. <b>Source:</b> US20210336802 and family; RFC 5280 section 5.
/// </summary>
internal sealed class WrittenLists(NodeRegistry registry, Ballots ballots, Authorities authorities, WrittenCertificates certificates) : IDecision
{
    private const int MaximumRevoked = 1_000;

    public bool IsOnQuota => true;

    public void Register(ContractRegistration registration)
    {
        registration.Action("write_crl", NodesJson.Instance.WriteListMessage, Write, Check, attachments: message => [message.List]);
        ballots.Decides(RequestKind.List, this);
    }

    private static Refusal? Check(CheckContext context, WriteListMessage message)
    {
        if (!NodeForm.IsRequest(message.Request) || message.Revoked.Count > MaximumRevoked
            || !RevocationList.TryParse(context.Attachment(message.List).Span, out var list)
            || list.Number != message.Number
            || list.ThisUpdate.ToUnixTimeSeconds() != message.ThisUpdate
            || list.NextUpdate.ToUnixTimeSeconds() != message.NextUpdate
            || !list.Entries.Select(ToMessage).SequenceEqual(message.Revoked))
            return NodeRefusals.MalformedRequest;
        return list.IsSignedBy(message.Key) ? null : (Refusal)NodeRefusals.CertificatePolicy;
    }

    private Refusal? Write(ExecutionContext context, WriteListMessage message)
    {
        if (!authorities.TryGetRecognised(context, context.Issuer, out var authority) || authority.Key != message.Key)
            return NodeRefusals.UnknownIssuer;
        if (ballots.Refuse(context, message.Request, IsOnQuota) is { } refusal)
            return refusal;
        if (IsOld(context, authority, message))
            return NodeRefusals.CrlOld.With(("last", Text.Of(authority.ListNumber)));
        if (registry.WouldLeaveTooFew(AccountsOf(context.Issuer, message)))
            return NodeRefusals.TooFewValidators;
        return ballots.Open(context, message.Request, new Proposal
        {
            Kind = RequestKind.List,
            Subject = message.List,
            Message = JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.WriteListMessage),
            IsForValidators = true,
            Required = CheckSet.Possession,
            IsSequential = true,
            LinkedNodes = registry.LinkedCount,
        });
    }

    public Refusal? Approve(ExecutionContext context, string request, RequestRow row)
    {
        var message = Read(row);
        if (!authorities.TryGetRecognised(context, row.Sponsor, out var authority))
            return NodeRefusals.UnknownIssuer;
        if (IsOld(context, authority, message))
            return NodeRefusals.CrlOld;
        if (registry.WouldLeaveTooFew(AccountsOf(row.Sponsor, message)))
            return NodeRefusals.TooFewValidators;
        authorities.Set(row.Sponsor, authority with
        {
            ListNumber = message.Number, NextUpdate = Timestamp.FromSeconds(message.NextUpdate), List = message.List,
        });
        context.Emit("certificates.list_accepted", ("authority", row.Sponsor.ToString()), ("number", Text.Of(message.Number)),
            ("revoked", Text.Of(message.Revoked.Count)), ("request", request));
        foreach (var entry in message.Revoked)
        {
            authorities.Revoke(row.Sponsor, entry.Serial, new SerialRow("", entry.Reason, Timestamp.FromSeconds(entry.Date), message.Number));
            if (!TryFind(row.Sponsor, entry.Serial, out var node, out var found))
                continue;
            registry.SetStatus(context, node, found, NodeStatus.Revoked, request);
            context.Emit("certificates.node_revoked", ("node", node), ("account", found.Account.ToString()), ("request", request));
        }
        return null;
    }

    public void Reject(ExecutionContext context, string request, RequestRow row)
    {
        // Nothing was reserved.
    }

    private static bool IsOld(ExecutionContext context, AuthorityRow authority, WriteListMessage message) =>
        message.Number <= authority.ListNumber || message.NextUpdate < context.Time.UnixSeconds;

    private List<AccountId> AccountsOf(AccountId authority, WriteListMessage message)
    {
        var found = new List<AccountId>();
        foreach (var entry in message.Revoked)
            if (TryFind(authority, entry.Serial, out _, out var row))
                found.Add(row.Account);
        return found;
    }

    // The certificate that the node has now: one that a renewal replaced is no longer anybody's.
    private bool TryFind(AccountId authority, string serial, out string node, out NodeRow row)
    {
        node = certificates.NodeOf(authority, serial) ?? "";
        row = null!;
        if (node.Length == 0 || !registry.TryGet(node, out var found)
            || found.Authority != authority || found.Serial != serial || found.Status == NodeStatus.Revoked)
            return false;
        row = found;
        return true;
    }

    private static RevokedSerial ToMessage(RevokedCertificate entry) =>
        new(Convert.ToHexStringLower(entry.SerialNumber.Span), entry.Reason, entry.Date.ToUnixTimeSeconds());

    private static WriteListMessage Read(RequestRow row) =>
        JsonSerializer.Deserialize(row.Message.Span, NodesJson.Instance.WriteListMessage)!;
}
