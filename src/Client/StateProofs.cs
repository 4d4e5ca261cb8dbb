using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;

namespace Counterfoil.Client;

/// <summary>Why a state proof proves nothing; in order of precedence.</summary>
public static class StateProofRefusals
{
    /// <summary>The checkpoint's header is not certified by these validators.</summary>
    public static readonly RefusalCode NotCertified = new("not_certified", "The checkpoint is not certified by these validators.");

    /// <summary>The header holds no checkpoint root.</summary>
    public static readonly RefusalCode NoCheckpoint = new("no_checkpoint", "The block's header holds no checkpoint root.");

    /// <summary>The bucket is not the one of the key, or does not lead to the root.</summary>
    public static readonly RefusalCode InvalidProof = new("invalid_proof", "The proof does not lead from this bucket to the checkpoint root.");

    /// <summary>The key has another value, or none; or has one where its absence was to be shown.</summary>
    public static readonly RefusalCode NotProved = new("not_proved", "The proof shows something else than what was to be shown.");
}

/// <summary>
/// Verifies values, and their absence, against the root of a certified checkpoint: nothing that the node says is trusted. <b>Source:</b> kernel.md
/// section 3.
/// </summary>
public static class StateProofs
{
    /// <summary>The bucket to ask a node for.</summary>
    public static int BucketOf<TKey>(string table, TKey key) where TKey : struct, IStateKey<TKey> => StateProof.KeyDigest(table, key).Prefix16;

    /// <summary>Shows that the table has exactly this row under the key as of the checkpoint.</summary>
    /// <returns>Null, or <c>not_certified</c>, <c>no_checkpoint</c>, <c>invalid_proof</c> or <c>not_proved</c>.</returns>
    public static RefusalCode? VerifyValue<TKey, TRow>(NodeBucket bucket, ValidatorSet validators, string table, TKey key, TRow row)
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow> =>
        CheckRoot(bucket, validators, StateProof.KeyDigest(table, key).Prefix16, out var header)
            ?? (StateProof.VerifyValue(header!.CheckpointRoot!.Value, table, key, row, bucket.Proof) ? null : StateProofRefusals.NotProved);

    /// <summary>Shows that the table has no row under the key as of the checkpoint.</summary>
    /// <returns>Null, or <c>not_certified</c>, <c>no_checkpoint</c>, <c>invalid_proof</c> or <c>not_proved</c>.</returns>
    public static RefusalCode? VerifyAbsence<TKey>(NodeBucket bucket, ValidatorSet validators, string table, TKey key)
        where TKey : struct, IStateKey<TKey> =>
        CheckRoot(bucket, validators, StateProof.KeyDigest(table, key).Prefix16, out var header)
            ?? (StateProof.VerifyAbsence(header!.CheckpointRoot!.Value, table, key, bucket.Proof) ? null : StateProofRefusals.NotProved);

    private static RefusalCode? CheckRoot(NodeBucket bucket, ValidatorSet validators, int expectedBucket, out BlockHeader? header)
    {
        header = bucket.Checkpoint.Header;
        if (!bucket.Checkpoint.IsCertifiedBy(validators))
            return StateProofRefusals.NotCertified;
        if (header.CheckpointRoot is not { } root)
            return StateProofRefusals.NoCheckpoint;
        return bucket.Proof.Bucket == expectedBucket && bucket.Proof.ComputeRoot() == root ? null : StateProofRefusals.InvalidProof;
    }
}
