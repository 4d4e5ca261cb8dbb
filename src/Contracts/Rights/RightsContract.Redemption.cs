using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Rights;

public sealed partial class RightsContract
{
    /// <summary>
    /// Redeems a right once. It is used up when its last use is made or its limit is reached. The
    /// redeemer is the party that the right names, whose authority stands under the call; where
    /// that is not the holder, the holder is behind it by its own signature under the transaction
    /// or by the proof.
    /// </summary>
    /// <param name="context">The handler's context, or an inner call's where the calling contract
    /// is the redeemer.</param>
    /// <param name="key">The right.</param>
    /// <param name="amount">How much of its limit; null for none, which is what a right without a
    /// limit takes.</param>
    /// <param name="proof">That the holder is behind it; null where its signature or the calling
    /// contract shows it.</param>
    /// <returns>
    /// <c>unknown_right</c>, <c>revoked</c>, <c>expired</c>, <c>suspended</c>,
    /// <c>not_yet_valid</c>, <c>already_redeemed</c>, <c>not_redeemer</c>, <c>not_holder</c>,
    /// <c>reused_too_soon</c>, <c>over_limit</c>.
    /// </returns>
    public Refusal? Redeem(ExecutionContext context, RightKey key, Amount? amount = null,
        HolderProof? proof = null) =>
        Redeem(context.For(this), key, amount, proof, use: null);

    /// <summary>
    /// Takes the latest use back, for a redemption that came to nothing: by the issuer, or by a
    /// redeemer other than the holder. A used-up right is active again.
    /// </summary>
    /// <param name="context">The handler's context, or an inner call's where the calling contract
    /// is the issuer or redeemer.</param>
    /// <param name="key">The right.</param>
    /// <param name="amount">How much of the limit comes back; null for none.</param>
    /// <returns><c>unknown_right</c>, <c>revoked</c>, <c>expired</c>, <c>not_redeemer</c>,
    /// <c>nothing_to_restore</c>.</returns>
    public Refusal? Restore(ExecutionContext context, RightKey key, Amount? amount = null)
    {
        context = context.For(this);
        if (!rights.TryGet(key, out var right))
            return RightsRefusals.UnknownRight;
        if (right.State == RightState.Revoked)
            return RightsRefusals.Revoked;
        if (right.State == RightState.Expired || right.HasExpiredAt(context.Time))
            return RightsRefusals.Expired;
        if (!accounts.IsAuthorised(context, key.Issuer)
            && (right.Redeemer.IsUnset || !accounts.IsAuthorised(context, right.Redeemer)))
            return RightsRefusals.NotRedeemer;
        var units = amount?.Units ?? 0;
        if (right.UsesMade == 0 || units > right.UnitsUsed
            || (amount is { } given && given.Asset != right.Limit.Asset))
            return RightsRefusals.NothingToRestore;
        Put(context, key, right, right with
        {
            State = right.State == RightState.Redeemed ? RightState.Active : right.State,
            UsesMade = right.UsesMade - 1,
            UnitsUsed = right.UnitsUsed - units,
            LastUsed = default,
        });
        Emit(context, "rights.restored", key);
        return null;
    }

    private static Refusal? CheckRedeem(CheckContext context, RedeemRightMessage message)
    {
        if (message.HolderSignature is null)
            return message.Use is null ? null : (Refusal)RightsRefusals.MalformedRight;
        if (message.Use is not { } use)
            return RightsRefusals.MalformedRight;
        return RedemptionSignature.Verify(message.HolderSignature, context.Net,
            new RightKey(message.Issuer, message.Right), use, message.Amount)
            ? null
            : (Refusal)RightsRefusals.SignatureInvalid;
    }

    private Refusal? Redeem(ExecutionContext context, RedeemRightMessage message)
    {
        var key = new RightKey(message.Issuer, message.Right);
        var proof = message.HolderSignature is { } signature
            ? HolderProof.OfKey(InnerJws.KeyOf(signature).Thumbprint, message.Salt)
            : SignerProof(context, key, message.Salt);
        return Redeem(context, key, message.Amount, proof, message.Use);
    }

    private Refusal? Redeem(ExecutionContext context, RightKey key, Amount? amount, HolderProof? proof,
        uint? use)
    {
        if (!rights.TryGet(key, out var right))
            return RightsRefusals.UnknownRight;
        if (NotRedeemable(right.StateAt(context.Time)) is { } state)
            return state;
        if (!right.Redeemer.IsUnset && !accounts.IsAuthorised(context, right.Redeemer))
            return RightsRefusals.NotRedeemer;
        if (use <= right.Sequence)
            return RightsRefusals.Replayed;
        if (use > right.Sequence + 1L || !IsHolderBehind(context, right, proof))
            return RightsRefusals.NotHolder;
        if (right.LastUsed != default
            && context.Time < right.LastUsed + TimeSpan.FromSeconds(right.ReuseWindowSeconds))
            return RightsRefusals.ReusedTooSoon;
        var left = right.Limit.Units - right.UnitsUsed;
        if (!IsWithinLimit(right, amount, left))
            return RightsRefusals.OverLimit.With(("needed", Text.Of(amount?.Units ?? 0)),
                ("available", Text.Of(left)));

        var used = right with
        {
            State = RightState.Active,
            UsesMade = right.UsesMade + 1,
            Sequence = right.Sequence + 1,
            UnitsUsed = right.UnitsUsed + (amount?.Units ?? 0),
            LastUsed = context.Time,
        };
        var isUsedUp = used.UsesMade == used.Uses
            || (!used.Limit.IsZero && used.UnitsUsed == used.Limit.Units);
        Put(context, key, right, isUsedUp ? used with { State = RightState.Redeemed } : used);
        context.Emit("rights.redeemed", ("issuer", key.Issuer.ToString()), ("right", key.Id.ToString()),
            ("use", Text.Of(used.Sequence)));
        return null;
    }

    private static bool IsWithinLimit(RightRow right, Amount? amount, UInt128 left) => right.Limit.IsZero
        ? amount is null
        : amount is { IsZero: false } given && given.Asset == right.Limit.Asset && given.Units <= left;

    private static RefusalCode? NotRedeemable(RightState state) => state switch
    {
        RightState.Suspended => RightsRefusals.Suspended,
        RightState.Pending => RightsRefusals.NotYetValid,
        _ => Closed(state),
    };

    private bool IsHolderBehind(ExecutionContext context, RightRow right, HolderProof? proof)
    {
        if (right.Holder.IsUnset)
            return proof is not null && proof.Opens(right.Commitment);
        if (accounts.IsAuthorised(context, right.Holder))
            return true;
        if (proof is null)
            return false;
        return proof.Signer.IsUnset
            ? accounts.TryGetActiveKey(right.Holder, proof.KeyId, out _)
            : proof.Signer == right.Holder;
    }
}
