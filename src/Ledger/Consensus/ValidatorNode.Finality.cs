using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>What is decided becomes final: certified, durable, then told.</summary>
internal sealed partial class ValidatorNode
{
    private readonly List<VerifiedTransaction> leftOut = [];
    private (int Round, Digest<Block> Block)? decided;

    /// <inheritdoc/>
    public void Decide(int round, Digest<Block> block) => decided = (round, block);

    private void FinaliseIfDecided()
    {
        if (isAbandoned)
            BeginHeight();
        if (decided is not { } decision)
            return;
        decided = null;
        var candidate = candidates[decision.Block];
        var vote = new BlockVote(genesis.Net, Tip.Height + 1, decision.Round, decision.Block);
        var certificate = BlockCertificate.AssembleBytes(vote, CertifyingVotes(decision.Round, decision.Block));
        Finalise(candidate.Executed!.Certified(certificate), candidate.Executed, candidate.Changes);
        Counters.BlocksDecided++;
        if (self is not null && candidate.Block.Header.Builder == self.Account)
            Counters.BlocksBuilt++;
        BeginHeight();
        TakeLater();
        isProgressDue = !IsAlone;
    }

    // In the order of the set, and no more than a quorum needs: a certificate is kept for ever.
    private IEnumerable<JwsSignature> CertifyingVotes(int round, Digest<Block> block)
    {
        long weight = 0;
        foreach (var validator in validators.Validators)
        {
            if (weight >= validators.Quorum)
                yield break;
            if (messages.Find(new VoteMessage(VotePhase.Precommit, Tip.Height + 1, round, block, validator.Account)) is not { } signed)
                continue;
            weight += validator.Weight;
            yield return ConsensusJws.SignatureOfPrecommit(signed.Jws);
        }
    }

    /// <summary>
    /// Stores a certified block, makes its changes the state, and tells everybody who waits. When it throws, nothing of the block stays.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="executed">What its execution gave.</param>
    /// <param name="changes">Its changes; null if they are open on the state.</param>
    private void Finalise(StoredBlock block, CandidateBlock executed, State.DetachedBlock? changes)
    {
        try
        {
            // The log's fsync comes before anybody is told: with one validator it is the write-ahead log too.
            chain.Append(block);
        }
        catch when (changes is null)
        {
            WithWriteLock(contracts.State.RollbackBlock);
            throw;
        }
        var time = new Timestamp(block.Header.Time);
        if (changes is not null)
            TakeSnapshotIfWanted(block.Header.Height, time);
        WithWriteLock(() =>
        {
            if (changes is not null)
                contracts.State.AttachBlock(changes);
            contracts.State.CommitBlock();
        });
        executor.Committed(time);
        leavesSinceSnapshot += block.Leaves.Count;
        Volatile.Write(ref tip, Tip.After(block.Header, block.Id, block.Leaves.Count));
        LastFault = null;
        Tell(block, executed);
        GiveUpLeftOut(time);
        log.Clean();
        Feed.Publish(block);
    }

    private void Tell(StoredBlock block, CandidateBlock executed)
    {
        // Removed first: whoever is told that it is final may send the next at once.
        var leaves = executed.Leaves;
        var done = pool.RemoveExecuted(leaves);
        var gone = pool.Review(block.Header.Time / 1000, leaves, key => contracts.System.Replay.Contains(new(key)));
        for (var index = 0; index < done.Length; index++)
            done[index]?.Answer(new SubmissionResult { Id = leaves[index].Id, Height = block.Header.Height, Index = index, Outcome = leaves[index].Outcome });
        foreach (var (entry, reason) in gone)
            entry.Answer(SubmissionResult.Refused(entry.Transaction.Transaction.Id, reason));
        lock (wanted)
            wanted.Clear();
    }

    /// <summary>Answers what had no place in a block that this node built, and has none after the block that was decided.</summary>
    private void GiveUpLeftOut(Timestamp time)
    {
        foreach (var transaction in leftOut)
            if (executor.MissingAuthority(time, transaction) is { } reason)
                Answer(pool.Remove([transaction.Transaction.Id]), reason);
        if (leftOut.Count > 0)
            pool.Reconsider();
        leftOut.Clear();
    }

    /// <summary>The state before a checkpoint block is what its certified root confirms.</summary>
    private void TakeSnapshotIfWanted(long height, Timestamp time)
    {
        if (height == 1 || !Volatile.Read(ref snapshotWanted) && leavesSinceSnapshot < LeavesBetweenSnapshots || !Tip.IsCheckpointDue(height, time, executor.Rules.Parameters))
            return;
        try
        {
            snapshots.Write(height - 1, contracts.State);
        }
        catch (IOException fault)
        {
            // The log has everything; the next checkpoint is another chance.
            snapshotFault = $"No snapshot could be written: {fault.Message}";
            return;
        }
        snapshotFault = null;
        leavesSinceSnapshot = 0;
        Volatile.Write(ref snapshotWanted, false);
    }

    private string? snapshotFault;
}
