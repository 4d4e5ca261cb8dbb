using System.Globalization;
using System.Text;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>
/// Counts a vote again from the blocks alone, with rules of its own: the last accepted vote of an owner or
/// its delegate stands, and of a member the only one. It knows nothing of the contract's tables. Tokens that are burned while they vote
/// (a spam deposit, a reclaim) it cannot know of.
/// </summary>
/// <param name="node">The node that has the blocks.</param>
public sealed class Recount(NodeClient node)
{
    private static readonly string[] Options = ["yes", "no", "abstain", "spam"];

    private readonly SortedDictionary<string, ExportedVote> entries = new(StringComparer.Ordinal);
    private string title = "";

    /// <summary>Reads all blocks up to the proposal's count, or to the last one.</summary>
    public async Task<VoteExport> RunAsync(ProposalId proposal, CancellationToken cancellation = default)
    {
        entries.Clear();
        var last = (await node.GetStatusAsync(cancellation).ConfigureAwait(false)).Height;
        for (var height = 1L; height <= last; height++)
        {
            var block = (await node.GetBlockAsync(height, cancellation).ConfigureAwait(false)).Value;
            foreach (var leaf in block.Json.GetProperty("leaves").EnumerateArray())
                if (leaf.GetProperty("outcome").GetProperty("status").GetString() == "accepted")
                    Take(proposal, leaf.GetProperty("transaction"));
        }
        return Export(proposal);
    }

    private void Take(ProposalId proposal, JsonElement signed)
    {
        var bytes = Encoding.UTF8.GetBytes(signed.ValueKind == JsonValueKind.String ? signed.GetString()! : signed.GetRawText());
        if (TransactionParser.Parse(bytes, out var transaction) is not null)
            throw new NodeFaultException("A block holds something that is no transaction.");
        var payload = transaction!.Payload;
        if (payload.Action == "governance.propose"
            && JsonSerializer.Deserialize(payload.Argument.Span, GovernanceJson.Instance.ProposeMessage)! is { } proposed
            && proposed.Proposal == proposal)
            title = proposed.Title;
        if (payload.Action == "governance.vote"
            && JsonSerializer.Deserialize(payload.Argument.Span, GovernanceJson.Instance.VoteMessage)! is { } vote
            && vote.Proposal == proposal)
            Put(payload.Issuer, vote);
        if (payload.Action == "governance.vote_as_member"
            && JsonSerializer.Deserialize(payload.Argument.Span, GovernanceJson.Instance.MemberVoteMessage)! is { } voice
            && voice.Proposal == proposal)
            Put(payload.Issuer, voice);
    }

    /// <summary>A credential that the ledger accepted is verified again: for which proposal and choice, and by which keys.</summary>
    private void Put(AccountId sender, MemberVoteMessage vote)
    {
        if (MembershipCredential.Read(vote.Credential, out var credential) is not null
            || credential!.Verify(credential.Net, vote.Proposal, vote.Option) is not null
            || !entries.TryAdd(
                credential.Nullifier.ToString(), new ExportedVote(null, sender, vote.Option, 1, credential.Nullifier)))
            throw new NodeFaultException("A block holds a member's vote that does not verify, or two of one member.");
    }

    private void Put(AccountId voter, VoteMessage vote)
    {
        if (vote.Amount is { } own)
            entries[voter.ToString()] = new ExportedVote(voter, voter, vote.Option, own);
        foreach (var (owner, units) in vote.For ?? [])
            entries[owner.ToString()] = new ExportedVote(owner, voter, vote.Option, units);
    }

    private VoteExport Export(ProposalId proposal) => new(
        proposal, title, Options,
        [.. Options.Select(option => Sum(entries.Values.Where(entry => entry.Choice == option)).ToString(CultureInfo.InvariantCulture))],
        Sum(entries.Values), [.. entries.Values]);

    private static UInt128 Sum(IEnumerable<ExportedVote> votes) => votes.Aggregate((UInt128)0, (sum, vote) => sum + vote.Vp);
}
