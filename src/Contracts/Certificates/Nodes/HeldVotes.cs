using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// What one node holds of votes to revoke that stand in no block yet, and against whom it therefore closes its connections at once. No state of the ledger:
/// another node may hold others. A vote is held until its request is decided or closes, also where its transaction expires before: its voter signs no
/// other. One thread at a time, under the state's lock. <b>Source:</b> the specification of certificate management, step 13.
/// </summary>
public sealed class HeldVotes
{
    /// <summary>The most votes of one validator that are held: above that its own oldest goes. Of nobody else are any.</summary>
    public const int MaximumForVoter = 64;

    private readonly CertificatesContract certificates;
    private readonly Dictionary<AccountId, List<HeldVote>> byVoter = [];

    /// <summary>Nothing is held yet.</summary>
    /// <param name="certificates">The registry and its requests.</param>
    public HeldVotes(CertificatesContract certificates) => this.certificates = certificates;

    private Ballots Ballots => certificates.Ballots;

    private NodeRegistry Registry => certificates.Nodes;

    /// <summary>True if the transaction votes; others need not be brought.</summary>
    public static bool IsVote(Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return transaction.Payload.Action == Ballots.VoteAction;
    }

    /// <summary>
    /// Holds an approval that admission let in, if its request is a revocation on which the issuer may vote, or one that this node does not know yet.
    /// </summary>
    public void Take(Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (!IsVote(transaction) || Read(transaction) is not { Decision: "approve" } message)
            return;
        var voter = transaction.Issuer;
        var mayCount = Ballots.TryGet(message.Request, out var row)
            ? row.Kind == RequestKind.Revocation && row.Verdict == Verdict.Open && row.Committee.Any(member => member.Account == voter)
            : Registry.Validators.Any(validator => validator.Account == voter);
        if (!mayCount)
            return;
        if (!byVoter.TryGetValue(voter, out var votes))
            byVoter.Add(voter, votes = []);
        var vote = new HeldVote(message.Request, message.Certificate);
        if (votes.Contains(vote))
            return;
        if (votes.Count >= MaximumForVoter)
            votes.RemoveAt(0);
        votes.Add(vote);
    }

    /// <summary>The accounts of connected nodes against which connections are closed now.</summary>
    /// <param name="now">The node's own time.</param>
    public IReadOnlyList<AccountId> ClosedAgainst(Timestamp now)
    {
        var closed = new List<AccountId>();
        foreach (var peer in Registry.Peers())
            if (certificates.OpenRevocationOf(peer.Node) is { } request
                && Ballots.IsClosedAgainst(request, ApprovalsOf(request), now, out var target))
                closed.Add(target);
        return closed;
    }

    /// <summary>Lets go of votes on what is decided or closed; called after blocks.</summary>
    /// <param name="now">The node's own time.</param>
    public void Review(Timestamp now)
    {
        foreach (var votes in byVoter.Values)
            votes.RemoveAll(vote => Ballots.TryGet(vote.Request, out var row) && (row.Verdict != Verdict.Open || now >= row.Close));
    }

    private HashSet<AccountId> ApprovalsOf(string request)
    {
        if (byVoter.Count == 0 || !Ballots.TryGet(request, out var row))
            return [];
        var vote = new HeldVote(request, row.Subject);
        return [.. byVoter.Where(pair => pair.Value.Contains(vote)).Select(pair => pair.Key)];
    }

    private static NodeVoteMessage? Read(Transaction transaction)
    {
        try
        {
            return JsonSerializer.Deserialize(transaction.Payload.Argument.Span, NodesJson.Instance.NodeVoteMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private readonly record struct HeldVote(string Request, Digest<Attachment> Certificate);
}
