using System.Text.Json;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Simulator.FullStack;

namespace Counterfoil.Simulator.Governance;

/// <summary>
/// What the blocks say about who validates: nobody comes in or goes without more than two thirds of those who validated when it was asked for, only liars are
/// put out by evidence, and every decision of block H is in force at H + 2. <b>Source:</b> E1, steps 5, 6 and 12.
/// </summary>
internal sealed class NodeModel(SimulatedWorld world)
{
    private const int HeightsUntilInForce = 2;

    private readonly SortedDictionary<AccountId, long> weights = [];
    private readonly Dictionary<long, List<(AccountId, long)>> expected = [];
    private readonly Dictionary<string, Asked> requests = new(StringComparer.Ordinal);
    private readonly HashSet<AccountId> suspended = [];

    public long Admitted { get; private set; }

    public long Revoked { get; private set; }

    public long Suspended => suspended.Count;

    /// <summary>True from the block on that took the evidence.</summary>
    public bool IsSuspended(AccountId account) => suspended.Contains(account);

    /// <summary>Follows the next block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="inForce">Who validates at its height.</param>
    public void Apply(StoredBlock block, ValidatorSet inForce)
    {
        var height = block.Header.Height;
        if (height == 1)
        {
            foreach (var (node, weight) in world.Plan.SetAfter(0))
                weights.Add(world.Nodes[node].Account, weight);
            expected[1] = expected[2] = List();
        }
        foreach (var leaf in block.Leaves)
            if (leaf.Due is null && Outcome.TryParse(leaf.Outcome.ToArray(), out var outcome) && outcome.IsSuccess
                && TransactionParser.Parse(leaf.Transaction, out var transaction) is null
                && transaction!.Payload.Action.StartsWith("certificates.", StringComparison.Ordinal))
                OnAction(transaction, outcome, inForce);
        expected[height + HeightsUntilInForce] = List();
        if (!expected[height].SequenceEqual(inForce.Validators.Select(each => (each.Account, each.Weight)).OrderBy(pair => pair.Account)))
            world.Checker.Violate($"{inForce.Validators.Count} validate at height {height}, and by what was decided {expected[height].Count} should");
    }

    /// <summary>The registry of a node that has all blocks.</summary>
    public void Compare(CertificatesContract certificates, string place)
    {
        if (weights.Count > 0 && !List().SequenceEqual(certificates.Validators.Select(each => (each.Account, each.Weight)).OrderBy(pair => pair.Account)))
            world.Checker.Violate($"{place} wants {certificates.Validators.Count} validators, and by what was decided there are {weights.Count}");
    }

    private List<(AccountId, long)> List() => [.. weights.Select(pair => (pair.Key, pair.Value))];

    private void OnAction(Transaction transaction, Outcome outcome, ValidatorSet inForce)
    {
        var argument = transaction.Payload.Argument.Span;
        var json = NodesJson.Instance;
        switch (transaction.Payload.Action)
        {
            case "certificates.request":
                requests.Add(JsonSerializer.Deserialize(argument, json.NodeRequestMessage)!.Node.Request, new Asked(inForce, null));
                break;
            case "certificates.revoke_node":
                var revocation = JsonSerializer.Deserialize(argument, json.RevokeNodeMessage)!;
                requests.Add(revocation.Request, new Asked(inForce, world.Nodes.First(node => node.Account.ToString() == revocation.Node).Account));
                break;
            case "certificates.vote":
                var vote = JsonSerializer.Deserialize(argument, json.NodeVoteMessage)!;
                if (!requests[vote.Request].Voters.Add(transaction.Issuer))
                    world.Checker.Violate($"a second vote on the request {vote.Request} is taken");
                if (vote.Decision == "approve")
                    requests[vote.Request].Approvals += requests[vote.Request].WeightOf(transaction.Issuer);
                break;
        }
        foreach (var happened in outcome.Events)
            OnEvent(happened);
    }

    private void OnEvent(LedgerEvent happened)
    {
        switch (happened.Type)
        {
            case "certificates.node_admitted":
                RequireApproved(happened["request"], "an admission");
                weights.Add(AccountOf(happened), world.Plan.JoinerWeight!.Value);
                Admitted++;
                break;
            case "certificates.node_revoked":
                RequireApproved(happened["request"], "a revocation");
                weights.Remove(AccountOf(happened));
                Revoked++;
                break;
            case "certificates.node_suspended":
                var account = AccountOf(happened);
                if (!world.Plan.IsFaulty(world.NodeOf(account)))
                    world.Checker.Violate($"n{world.NodeOf(account)} is suspended, and it is honest");
                weights.Remove(account);
                suspended.Add(account);
                break;
        }
    }

    private void RequireApproved(string request, string what)
    {
        var asked = requests[request];
        if (3 * asked.Approvals <= 2 * asked.Weight)
            world.Checker.Violate($"{what} is decided by {asked.Approvals} of {asked.Weight}");
    }

    private AccountId AccountOf(LedgerEvent happened) => world.Nodes.First(node => node.Account.ToString() == happened["account"]).Account;

    private sealed class Asked(ValidatorSet electorate, AccountId? excluded)
    {
        public HashSet<AccountId> Voters { get; } = [];

        public long Approvals { get; set; }

        public long Weight => electorate.Validators.Where(each => each.Account != excluded).Sum(each => each.Weight);

        public long WeightOf(AccountId account) => account == excluded ? 0 : electorate.Find(account)?.Weight ?? 0;
    }
}
