using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger;

/// <summary>The part of the ledger that admission servers and the shared pool's intake stand on.</summary>
public sealed partial class Ledger : ITransactionAdmission
{
    /// <summary>Verifies submissions as a node does and prepares those that pass for the shared pool; what needs no pool is answered.</summary>
    internal List<PreparedTransaction> PrepareShared(IReadOnlyList<Submission> submissions, SubmissionBatch batch)
    {
        var verified = new VerifiedTransaction?[submissions.Count];
        for (var index = 0; index < submissions.Count; index++)
            verified[index] = Verify(submissions[index], batch, index, PoolOrigin.Here);
        var prepared = new List<PreparedTransaction>(submissions.Count);
        List<int> executed = [];
        stateLock.EnterReadLock();
        try
        {
            for (var index = 0; index < submissions.Count; index++)
                if (verified[index] is not { } transaction)
                    continue;
                else if (contracts.System.Replay.Contains(new(transaction.Transaction.Payload.ReplayKey)))
                    executed.Add(index);
                else
                    prepared.Add(new PreparedTransaction(index, transaction, Share(transaction)));
        }
        finally
        {
            stateLock.ExitReadLock();
        }
        foreach (var index in executed)
            AnswerRepeat(verified[index]!.Transaction, isExpired: false, batch, index);
        return prepared;
    }

    /// <summary>
    /// A transaction of the shared pool that an admission server of this node vouches for, or that is verified here because none does.
    /// </summary>
    /// <returns>Null, or why it has no place in a block.</returns>
    internal Refusal? Readmit(ReadOnlyMemory<byte> bytes, bool isAttested, out VerifiedTransaction? verified)
    {
        verified = null;
        var submission = Submission.Of(bytes);
        if (admitter.CheckForm(submission, Now, Tip.Time, out var transaction) is { } malformed)
            return malformed;
        if (admitter.TryGetReplay(transaction!, out _))
            return TransactionRefusals.Replayed;
        return isAttested ? admitter.Readmit(transaction!, out verified) : admitter.Verify(transaction!, submission, out verified);
    }

    /// <summary>The active key of an account with that thumbprint; null if there is none.</summary>
    internal PublicKey? FindActiveKey(AccountId account, Digest<PublicKey> keyId) =>
        Read<PublicKey?>(() => contracts.Accounts.TryGetActiveKey(account, keyId, out var key) ? key : null);

    /// <summary>Puts a verified transaction into this node's own pool.</summary>
    internal Refusal? Enqueue(VerifiedTransaction transaction, SubmissionBatch batch) =>
        Read(() => contracts.System.Replay.Contains(new(transaction.Transaction.Payload.ReplayKey))
            ? TransactionRefusals.Replayed
            : pool.Add(transaction, Submission.Of(transaction.Transaction.Bytes), PoolOrigin.Here, batch));

    /// <summary>Has the other nodes told of what was put into the pool.</summary>
    internal void HandOn(IReadOnlyList<ReadOnlyMemory<byte>> transactions)
    {
        if (environment.Network is not null && transactions.Count > 0)
            node.HandOn(transactions.Select(Submission.Of));
    }

    /// <summary>The node's clock.</summary>
    internal TimeProvider Clock => environment.Clock;

    private static SharedTransaction Share(VerifiedTransaction verified)
    {
        var transaction = verified.Transaction;
        var claims = verified.Claims.Count == 0 ? [] : new SharedClaim[verified.Claims.Count];
        for (var index = 0; index < claims.Length; index++)
        {
            var claim = verified.Claims[index];
            claims[index] = new SharedClaim(new Reservation(claim.Subject, claim.Amount), claim.Kind.Capacity(claim.Key));
        }
        return new SharedTransaction(transaction.Id, transaction.Payload.ReplayKey, transaction.Payload.ExpiresSeconds, transaction.Bytes, claims);
    }
}

/// <summary>A submission that was verified and waits to be inserted.</summary>
internal sealed record PreparedTransaction(int Index, VerifiedTransaction Verified, SharedTransaction Shared);
