using System.Text;
using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// Proofs of a lie, each a transaction of its own that needs no vote: a validator that signed two messages for one height, round and phase is
/// suspended at once; a voter's contradictory votes are recorded. <b>Source:</b> arXiv 1807.04938 (accountability).
/// </summary>
internal sealed class Evidence(AccountsContract accounts, NodeRegistry registry, Ballots ballots)
{
    private Table<DigestKey<EvidenceRow>, EvidenceRow> evidence = null!;

    public void Register(ContractRegistration registration)
    {
        evidence = registration.Table<DigestKey<EvidenceRow>, EvidenceRow>("evidence");
        var json = NodesJson.Instance;
        registration.Action("report_equivocation", json.EquivocationMessage, ReportEquivocation, CheckEquivocation);
        registration.Action("report_contradiction", json.ContradictionMessage, ReportContradiction, CheckContradiction);
    }

    private static Refusal? CheckEquivocation(CheckContext context, EquivocationMessage message) =>
        ConsensusMessage.TryRead(message.First, message.Key, out var first)
        && ConsensusMessage.TryRead(message.Second, message.Key, out var second)
        && first.Net == context.Net && first.IsAtOddsWith(second)
            ? null
            : (Refusal)NodeRefusals.NotEquivocation;

    private Refusal? ReportEquivocation(ExecutionContext context, EquivocationMessage message)
    {
        if (!ConsensusMessage.TryRead(message.First, message.Key, out var first))
            return NodeRefusals.NotEquivocation;
        // The set of that height, whatever became of it since.
        if (context.ValidatorsAt(first.Height)?.Find(message.Key.Thumbprint) is not { } validator
            || !registry.TryFindByAccount(validator.Account, out var node, out var row))
            return NodeRefusals.UnknownValidator;
        var key = new DigestKey<EvidenceRow>(Digest<EvidenceRow>.Of(
            "cf-equivocation\0"u8, Encoding.ASCII.GetBytes($"{message.Key}\0{first.Height}\0{first.Round}\0{first.Type}")));
        if (evidence.Contains(key))
            return NodeRefusals.EvidenceKnown;
        evidence.Set(key, new EvidenceRow(validator.Account, first.Height, context.TransactionId));
        context.Emit("certificates.equivocation_recorded", ("node", node), ("account", validator.Account.ToString()),
            ("height", Text.Of(first.Height)), ("round", Text.Of(first.Round)), ("phase", first.Type));
        if (row.Status != NodeStatus.Active)
            return null;
        registry.SetStatus(context, node, row, NodeStatus.Suspended, context.TransactionId.ToString());
        context.Emit("certificates.node_suspended", ("node", node), ("account", validator.Account.ToString()));
        return null;
    }

    private static Refusal? CheckContradiction(CheckContext context, ContradictionMessage message) =>
        ReadVote(message.First, message.Key, context.Net) is { } first
        && ReadVote(message.Second, message.Key, context.Net) is { } second
        && first.Voter == second.Voter && first.Vote.Request == second.Vote.Request
        && (first.Vote.Decision != second.Vote.Decision || first.Vote.Certificate != second.Vote.Certificate)
            ? null
            : (Refusal)NodeRefusals.NotContradiction;

    private Refusal? ReportContradiction(ExecutionContext context, ContradictionMessage message)
    {
        if (ReadVote(message.First, message.Key, context.Net) is not { } first)
            return NodeRefusals.NotContradiction;
        if (!ballots.TryGet(first.Vote.Request, out var request))
            return NodeRefusals.UnknownRequest;
        var keyId = message.Key.Thumbprint;
        var isVoters = accounts.TryGetActiveKey(first.Voter, keyId, out _) || accounts.TryGetKeyAt(first.Voter, keyId, request.Height, out _);
        if (!isVoters || request.Committee.All(member => member.Account != first.Voter))
            return NodeRefusals.UnknownValidator;
        var key = new DigestKey<EvidenceRow>(Digest<EvidenceRow>.Of(
            "cf-contradiction\0"u8, Encoding.ASCII.GetBytes($"{first.Voter}\0{first.Vote.Request}")));
        if (evidence.Contains(key))
            return NodeRefusals.EvidenceKnown;
        evidence.Set(key, new EvidenceRow(first.Voter, request.Height, context.TransactionId));
        context.Emit("certificates.contradiction_recorded", ("request", first.Vote.Request), ("voter", first.Voter.ToString()));
        return null;
    }

    private static SignedVote? ReadVote(string bytes, PublicKey key, Digest<Net> net)
    {
        if (TransactionParser.Parse(Encoding.UTF8.GetBytes(bytes), out var transaction) is not null)
            return null;
        if (transaction!.Payload.Net != net || transaction.Payload.Action != Ballots.VoteAction || transaction.Signatures is not [var signature]
            || signature.KeyId != key.Thumbprint
            || !Es256.Verify(key, signature.SigningInput.Span, signature.Signature.Span))
            return null;
        try
        {
            return JsonSerializer.Deserialize(transaction.Payload.Argument.Span, NodesJson.Instance.NodeVoteMessage) is { } vote
                ? new SignedVote(transaction.Issuer, vote)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record SignedVote(AccountId Voter, NodeVoteMessage Vote);
}

/// <summary>
/// That evidence was brought, table <c>certificates.evidence</c>, key: 32 bytes over what it is evidence of. The messages themselves stay in
/// the transaction. Bytes: account 32, height 8, transaction 32.
/// </summary>
/// <param name="Account">Whose lie it is.</param>
/// <param name="Height">The height of the messages, or of the request.</param>
/// <param name="Transaction">What brought it.</param>
public sealed record EvidenceRow(AccountId Account, long Height, Digest<Transaction> Transaction) : IStateRow<EvidenceRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Account);
        writer.Int64(Height);
        writer.Digest(Transaction);
    }

    /// <inheritdoc/>
    public static EvidenceRow Read(ref StateReader reader) => new(reader.Account(), reader.Int64(), reader.Digest<Transaction>());
}
