using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;

namespace Counterfoil.Simulator.Governance;

/// <content>The model against a node.</content>
internal sealed partial class ProposalModel
{
    /// <summary>Every sum, lock and ballot of a node that has all blocks.</summary>
    public void Compare(GovernanceContract governance, Members members, string place)
    {
        if (governance.Supply != Supply)
            world.Checker.Violate($"{place} has a supply of {governance.Supply}, and it is {Supply}");
        foreach (var member in members.All)
            foreach (var scene in Members.Scenes)
                if (governance.LockedOf(member.Account, scene) != LockedOf(member.Account, scene))
                    world.Checker.Violate(
                        $"{place} holds {governance.LockedOf(member.Account, scene)} units of a member in {scene}, and open proposals hold {LockedOf(member.Account, scene)}");
        foreach (var proposal in proposals.Values)
        {
            var expected = proposal.IsOpen ? proposal.Recount() : proposal.Row;
            if (!governance.TryGetProposal(proposal.Id, out _, out var ballot) || ballot != expected)
                world.Checker.Violate($"{place} has {proposal.Id} {ballot?.State}, and it is {expected.State} with {expected.Yes} yes");
        }
        foreach (var (name, value) in parameters)
            if (governance.ParameterOf(name) != value)
                world.Checker.Violate($"{place} has {governance.ParameterOf(name)} as {name}, and it is {value}");
        if (IsSettled && governance.LockCount != 0)
            world.Checker.Violate($"{place} stores {governance.LockCount} locks, and no proposal is open");
    }

    /// <summary>Everything was decided, and each count and execution has one receipt that verifies.</summary>
    public void RequireEnd(GovernanceContract governance)
    {
        foreach (var proposal in proposals.Values)
        {
            if (proposal.IsOpen || proposal.Row.State == ProposalState.Passed)
                world.Checker.Violate($"{proposal.Id} is {proposal.Row.State} at the end");
            if (proposal.IsCancelled)
                continue;
            RequireReceipt("count", proposal.Stop, proposal);
            if (proposal.HasPassed)
                RequireReceipt("execute", proposal.Trigger, proposal);
            if (proposal.HasPassed && proposal.Row.IsRequeued)
                RequireReceipt("execute", proposal.Row.Due, proposal);
            if (proposal.Executions != (!proposal.HasPassed ? 0 : proposal.Row.IsRequeued ? 2 : 1))
                world.Checker.Violate($"{proposal.Id} was executed {proposal.Executions} times");
        }
        if (governance.LockCount != 0)
            world.Checker.Violate($"{governance.LockCount} locks are stored at the end");
    }

    // Of every node that has the block: one that began from a snapshot has no older ones.
    private void RequireReceipt(string timer, Timestamp due, GovernedProposal proposal)
    {
        var id = ReceiptId(timer, due, proposal.Id);
        if (!world.Checker.Transactions.TryGetValue(id, out var position))
        {
            world.Checker.Violate($"governance.{timer} of {proposal.Id} is in no block");
            return;
        }
        foreach (var node in world.Honest)
            if (node.Ledger is { } ledger && ledger.TryReadBlock(position.Height, out _)
                && (ledger.FindReceipt(id, out _) is not { } receipt || receipt.Verify(world.Checker[position.Height].Validators, out _) is not null))
                world.Checker.Violate($"n{node.Index} has no receipt that verifies for governance.{timer} of {proposal.Id}");
    }

    private UInt128 LockedOf(AccountId account, string scene)
    {
        UInt128 units = 0;
        foreach (var proposal in proposals.Values)
        {
            if (!proposal.IsOpen || proposal.Scene != scene)
                continue;
            if (proposal.Votes.TryGetValue(account, out var vote))
                units += vote.Units;
            if (proposal.Proposer == account)
                units += Members.Deposit;
        }
        return units;
    }
}
