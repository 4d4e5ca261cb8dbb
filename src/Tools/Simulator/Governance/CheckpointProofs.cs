using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;
using Counterfoil.Simulator.FullStack;

namespace Counterfoil.Simulator.Governance;

/// <summary>Has nodes prove, against the next checkpoint root, how every vote ended and that no lock of it is left.</summary>
internal sealed class CheckpointProofs(SimulatedWorld world, ProposalModel proposals)
{
    private const string Ballots = "governance.ballots";
    private const string Locks = "governance.locks";

    private readonly Dictionary<ProposalId, long> results = [];
    private readonly HashSet<ProposalId> absences = [];

    /// <summary>How many were made and verified.</summary>
    public long Count { get; private set; }

    /// <summary>How many results the first checkpoint root after their count proved.</summary>
    public long ProvedNext { get; private set; }

    /// <summary>Every result and the absence of every lock is proved.</summary>
    public bool IsComplete => proposals.All.All(proposal => proposal.IsCancelled || results.ContainsKey(proposal.Id) && absences.Contains(proposal.Id));

    /// <summary>The root of a checkpoint in block c is that of the state after the block before it.</summary>
    public void Prove(SimulatedNode node)
    {
        var checkpoint = node.Ledger!.Tip.CheckpointHeight;
        if (checkpoint < 2 || world.Checker[checkpoint].Block.Header.CheckpointRoot is not { } root)
            return;
        foreach (var proposal in proposals.All)
        {
            if (proposal.CountedAt > 0 && proposal.CountedAt < checkpoint && !results.ContainsKey(proposal.Id))
                ProveResult(node, root, checkpoint, proposal);
            if (proposal.ClearedAt > 0 && proposal.ClearedAt < checkpoint && !absences.Contains(proposal.Id))
                ProveAbsence(node, root, proposal);
        }
    }

    private void ProveResult(SimulatedNode node, Digest<LedgerState> root, long checkpoint, GovernedProposal proposal)
    {
        if (Ask(node, root, StateProof.KeyDigest(Ballots, proposal.Id)) is not { } proof)
            return;
        var row = proposal.RowAt(checkpoint - 1);
        if (!StateProof.VerifyValue(root, Ballots, proposal.Id, row, proof)
            || StateProof.VerifyValue(root, Ballots, proposal.Id, row with { Yes = row.Yes + 1 }, proof))
            world.Checker.Violate($"n{node.Index} does not prove that {proposal.Id} is {row.State} at the checkpoint {checkpoint}");
        results.Add(proposal.Id, checkpoint);
        Count++;
        var next = proposal.CountedAt + 1;
        while (next < checkpoint && world.Checker[next].Block.Header.CheckpointRoot is null)
            next++;
        if (next == checkpoint)
            ProvedNext++;
    }

    private void ProveAbsence(SimulatedNode node, Digest<LedgerState> root, GovernedProposal proposal)
    {
        foreach (var key in proposal.Locks)
        {
            if (Ask(node, root, StateProof.KeyDigest(Locks, key)) is not { } proof)
                return;
            if (!StateProof.VerifyAbsence(root, Locks, key, proof))
                world.Checker.Violate($"n{node.Index} does not prove that {proposal.Id} left no {key.Kind}");
        }
        absences.Add(proposal.Id);
        Count++;
    }

    // Null while the node builds the block of its next checkpoint: its tree is ahead of its log.
    private static BucketProof? Ask(SimulatedNode node, Digest<LedgerState> root, Digest<StateKey> key)
    {
        var (proof, _) = node.Ledger!.ProveBucket(key.Prefix16);
        return proof.ComputeRoot() == root ? proof : null;
    }
}
