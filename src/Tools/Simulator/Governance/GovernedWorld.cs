using System.Text.Json;
using Counterfoil.Ledger;
using Counterfoil.Simulator.FullStack;

namespace Counterfoil.Simulator.Governance;

/// <summary>
/// What a governed world has beside the others: members who propose and vote, nodes that are admitted and put out by votes, faults around the times at which
/// something is due, and models of both that are held against every node.
/// </summary>
internal sealed class GovernedWorld
{
    private readonly SimulatedWorld world;
    private readonly ProposalModel proposals;
    private readonly CheckpointProofs proofs;
    private readonly Campaign campaign;
    private readonly NodeModel nodes;
    private readonly Admissions admissions;

    public GovernedWorld(SimulatedWorld world)
    {
        this.world = world;
        Members = new Members(world);
        proposals = new ProposalModel(world);
        proofs = new CheckpointProofs(world, proposals);
        campaign = new Campaign(world, Members, proposals);
        nodes = new NodeModel(world);
        admissions = new Admissions(world, nodes);
        IsIdleOtherwise = campaign.IsQuiet;
    }

    /// <summary>The frame of these worlds: their end does not come with a height, as an idle ledger makes none.</summary>
    public static WorldScenario Scenario { get; } = new() { IsGoverned = true, Heights = 0 };

    public Members Members { get; }

    /// <summary>Nothing is sent but proposals, votes and what nodes decide about each other.</summary>
    public bool IsIdleOtherwise { get; }

    /// <summary>Everything that was proposed is decided, done, cleared and proved.</summary>
    public bool IsSettled => campaign.IsOver && proposals.IsSettled && proofs.IsComplete;

    public JsonElement GenesisSections() => Members.GenesisSections();

    public void Begin() => campaign.Begin();

    public bool IsSuspended(int node) => nodes.IsSuspended(world.Nodes[node].Account);

    public void SetValidators(int change) => admissions.Further(change);

    public void OnEvidence(SimulatedNode finder, EquivocationEvidence evidence) => admissions.Report(finder, evidence);

    /// <summary>An honest node has a block that nobody had before.</summary>
    public void OnFinal(FinalBlock block)
    {
        nodes.Apply(block.Block, block.Validators);
        foreach (var what in proposals.Apply(block.Block))
            campaign.On(what);
    }

    /// <summary>A node has new blocks, and its tree is still that of its last checkpoint.</summary>
    public void OnCheckpoint(SimulatedNode node)
    {
        if (!world.Plan.IsFaulty(node.Index))
            proofs.Prove(node);
    }

    public void OnState(SimulatedNode node)
    {
        if (world.Plan.IsFaulty(node.Index) || node.Ledger!.Tip.Height != world.Checker.Height)
            return;
        proposals.Compare(node.Contracts!.Kernel!.Governance, Members, $"n{node.Index} at height {world.Checker.Height}");
        nodes.Compare(node.Contracts!.Kernel!.Certificates, $"n{node.Index} at height {world.Checker.Height}");
    }

    public void AuditAtTheEnd(WorldContracts replayed)
    {
        proposals.Compare(replayed.Kernel!.Governance, Members, "a replay");
        nodes.Compare(replayed.Kernel!.Certificates, "a replay");
        proposals.RequireEnd(replayed.Kernel!.Governance);
    }

    public GovernedFigures ToFigures() => new(
        proposals.All.Count, proposals.All.Count(proposal => proposal.CountedAt > 0), proposals.All.Count(proposal => proposal.HasPassed),
        proposals.Executed, proposals.Failed, proposals.All.Count(proposal => proposal.IsCancelled), proposals.Votes, proofs.Count, proofs.ProvedNext,
        nodes.Admitted, nodes.Revoked, nodes.Suspended, IsIdleOtherwise ? 1 : 0, proposals.LatestMicroseconds / 1_000);
}
