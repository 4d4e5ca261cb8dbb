using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Simulator.FullStack;

/// <summary>Executes a node's ledger again from its disk, signatures and all, and holds it against a simple model of its own.</summary>
internal sealed class Auditor(SimulatedWorld world)
{
    private const int ReceiptsVerified = 3;

    private readonly WorldChecker checker = world.Checker;

    /// <summary>One node, in the middle of things.</summary>
    public void AuditBetween()
    {
        if (world.Honest.FirstOrDefault(node => node.IsUp) is { } node)
            Replay(node);
    }

    /// <summary>One node in full, and what was promised at all of them.</summary>
    public void AuditAtTheEnd()
    {
        var up = world.Honest.Where(node => node.IsUp && node.Ledger!.Tip.Height == checker.Height).ToList();
        if (up.Count == 0)
        {
            checker.Violate("no honest node has everything at the end");
            return;
        }
        var node = world.Random.Pick(up);
        var contracts = Replay(node);
        CheckBalances(contracts.Accounts);
        CheckPromises(node, contracts.Accounts);
        CheckReceipts(node);
        world.Governed?.AuditAtTheEnd(contracts);
    }

    private WorldContracts Replay(SimulatedNode node)
    {
        var contracts = new WorldContracts(world.Plan.Scenario.IsGoverned);
        var verification = LedgerVerification.Run(world.Genesis, contracts.Set, node.Disk.Copy(), null);
        world.Trace.Note(world.Now, node.Index, 9, verification.Height);
        if (verification.Fault is { } fault)
            checker.Violate($"the ledger of n{node.Index} does not verify: {fault}");
        else if (verification.Height != node.Ledger!.Tip.Height || verification.StateDigest != node.Contracts!.Set.State.Root())
            checker.Violate($"the ledger of n{node.Index} verifies to another state");
        return contracts;
    }

    // The model knows transfers only, as the workload moves units by nothing else.
    private void CheckBalances(AccountsContract accounts)
    {
        var balances = new Dictionary<AccountId, Int128>();
        foreach (var balance in world.Workload.Genesis().Balances!)
            balances[balance.Account] = (Int128)balance.Units;
        var supply = balances.Values.Aggregate((Int128)0, (sum, units) => sum + units);
        for (var height = 1L; height <= checker.Height; height++)
            foreach (var leaf in checker[height].Block.Leaves)
                Apply(leaf, balances);
        foreach (var (account, units) in balances)
            if (units < 0 || (Int128)accounts.BalanceOf(account, world.Workload.Asset).Units != units)
                checker.Violate($"an account has {accounts.BalanceOf(account, world.Workload.Asset).Units} units and should have {units}");
        var held = world.Workload.Accounts.Aggregate((Int128)0, (sum, account) => sum + (Int128)accounts.BalanceOf(account, world.Workload.Asset).Units);
        if (held != supply || (Int128)accounts.SupplyOf(world.Workload.Asset).Units != supply)
            checker.Violate($"{held} units are held of {supply}");
    }

    private static void Apply(StoredLeaf leaf, Dictionary<AccountId, Int128> balances)
    {
        if (leaf.Due is not null || TransactionParser.Parse(leaf.Transaction, out var transaction) is not null
            || transaction!.Payload.Action != "accounts.transfer"
            || !Outcome.TryParse(leaf.Outcome.ToArray(), out var outcome) || !outcome.IsSuccess)
            return;
        var message = System.Text.Json.JsonSerializer.Deserialize(transaction.Payload.Argument.Span, AccountsJson.Instance.TransferMessage)!;
        balances[transaction.Issuer] = balances.GetValueOrDefault(transaction.Issuer) - (Int128)message.Amount.Units;
        balances[message.To] = balances.GetValueOrDefault(message.To) + (Int128)message.Amount.Units;
    }

    private void CheckPromises(SimulatedNode auditor, AccountsContract accounts)
    {
        var replayKeys = checker.Transactions.Values.Select(position => checker[position.Height].Block.Leaves[position.Index])
            .Where(leaf => leaf.Due is null)
            .Select(leaf => TransactionParser.Parse(leaf.Transaction, out var parsed) is null ? parsed!.Payload.ReplayKey : default).ToHashSet();
        foreach (var promise in world.Workload.Promises.Where(promise => !world.Plan.IsFaulty(promise.Node)))
        {
            var (id, payload) = (promise.Transaction.Id, promise.Transaction.Payload);
            if (checker.Transactions.ContainsKey(id) || payload.ExpiresSeconds <= auditor.Ledger!.Tip.Time.UnixSeconds || replayKeys.Contains(payload.ReplayKey)
                || !promise.Transaction.Signatures.All(signature => accounts.TryGetActiveKey(promise.Transaction.Issuer, signature.KeyId, out _)))
                continue;
            // A node's account that was put out since acts no more.
            if (auditor.Contracts!.Kernel?.Certificates.BarOf(promise.Transaction.Issuer, payload.Action) is not null)
                continue;
            // Kept until its time is over where what it claims is not there; else nothing is in its way.
            if (world.Nodes[promise.Node].Ledger?.Holds(id, out var isEligible) != true)
                checker.Violate($"n{promise.Node} promised {payload.Action} {id.ToString()[..8]}, and it is in no block and waits no more");
            else if (isEligible && world.Honest.All(node => node.Ledger?.Holds(id, out var isEligibleThere) == true && isEligibleThere))
                checker.Violate(
                    $"n{promise.Node} promised {payload.Action} {id.ToString()[..8]}, and it still waits with nothing in its way");
        }
    }

    private void CheckReceipts(SimulatedNode node)
    {
        var ids = checker.Transactions.Where(known => node.Ledger!.TryReadBlock(known.Value.Height, out _)).Select(known => known.Key).ToList();
        for (var count = 0; count < ReceiptsVerified && ids.Count > 0; count++)
        {
            var id = world.Random.Pick(ids);
            var height = checker.Transactions[id].Height;
            if (node.Ledger!.FindReceipt(id, out _) is not { } receipt || receipt.Verify(checker[height].Validators, out _) is not null)
                checker.Violate($"the receipt of {id} in block {height} does not verify");
        }
    }
}
