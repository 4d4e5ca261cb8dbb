using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Rights;

public sealed partial class RightsContract
{
    /// <summary>
    /// The latest point in time that a right may name, Unix seconds: the end of the year 9999.
    /// </summary>
    public const long MaximumSeconds = 253_402_300_799;

    /// <summary>Issues a right of the party that acts.</summary>
    /// <returns><c>malformed_right</c>, <c>not_authorised</c>, <c>right_exists</c>, <c>expired</c>,
    /// <c>sponsor_quota_exceeded</c>.</returns>
    public Refusal? Issue(ExecutionContext context, IssueRightMessage terms)
    {
        context = context.For(this);
        if (CheckTerms(terms) is { } malformed)
            return malformed;
        var issuer = Authority.Of(context);
        if (issuer.IsUnset)
            return RightsRefusals.NotAuthorised;
        var key = new RightKey(issuer, terms.Right);
        if (rights.Contains(key))
            return RightsRefusals.RightExists;
        var row = NewRow(context, terms);
        if (row.HasExpiredAt(context.Time))
            return RightsRefusals.Expired;
        if (!row.Holder.IsUnset && accounts.Address(context, row.Holder) is { } refusal)
            return refusal;
        Put(context, key, null, row);
        Emit(context, "rights.issued", key);
        return null;
    }

    /// <summary>
    /// Ends the wait for the issuer's activation; the right is active at once, or when its time
    /// comes.
    /// </summary>
    /// <returns><c>unknown_right</c>, <c>not_issuer</c>, <c>revoked</c>, <c>expired</c>,
    /// <c>already_redeemed</c>, <c>suspended</c>, <c>already_active</c>.</returns>
    public Refusal? Activate(ExecutionContext context, RightKey key)
    {
        context = context.For(this);
        if (FindForIssuer(context, key, out var right) is { } refusal)
            return refusal;
        if (right.State == RightState.Suspended)
            return RightsRefusals.Suspended;
        if (!right.AwaitsActivation)
            return RightsRefusals.AlreadyActive;
        var activated = right with { AwaitsActivation = false };
        var after = activated with { State = activated.StateAt(context.Time) };
        if (after.State == RightState.Pending)
            context.Schedule(BeginTimer, after.NotBefore, key.ToBytes());
        Put(context, key, right, after);
        Emit(context, "rights.activated", key);
        return null;
    }

    /// <summary>Sets a pending or active right aside until it is resumed.</summary>
    /// <returns><c>unknown_right</c>, <c>not_issuer</c>, <c>revoked</c>, <c>expired</c>,
    /// <c>already_redeemed</c>, <c>suspended</c>.</returns>
    public Refusal? Suspend(ExecutionContext context, RightKey key)
    {
        context = context.For(this);
        if (FindForIssuer(context, key, out var right) is { } refusal)
            return refusal;
        if (right.State == RightState.Suspended)
            return RightsRefusals.Suspended;
        Put(context, key, right, right with { State = RightState.Suspended });
        Emit(context, "rights.suspended", key);
        return null;
    }

    /// <summary>
    /// Gives a suspended right its state back: pending or active, as its times and activation have
    /// it.
    /// </summary>
    /// <returns><c>unknown_right</c>, <c>not_issuer</c>, <c>revoked</c>, <c>expired</c>,
    /// <c>already_redeemed</c>, <c>not_suspended</c>.</returns>
    public Refusal? Resume(ExecutionContext context, RightKey key)
    {
        context = context.For(this);
        if (FindForIssuer(context, key, out var right) is { } refusal)
            return refusal;
        if (right.State != RightState.Suspended)
            return RightsRefusals.NotSuspended;
        var pending = right with { State = RightState.Pending };
        var after = pending with { State = pending.StateAt(context.Time) };
        // Its timer may have come and gone while it was suspended; where it has not, this is the same one.
        if (after is { State: RightState.Pending, AwaitsActivation: false })
            context.Schedule(BeginTimer, after.NotBefore, key.ToBytes());
        Put(context, key, right, after);
        Emit(context, "rights.resumed", key);
        return null;
    }

    /// <summary>Ends a right for good.</summary>
    /// <returns><c>unknown_right</c>, <c>not_issuer</c>, <c>revoked</c>, <c>expired</c>,
    /// <c>already_redeemed</c>.</returns>
    public Refusal? Revoke(ExecutionContext context, RightKey key)
    {
        context = context.For(this);
        if (FindForIssuer(context, key, out var right) is { } refusal)
            return refusal;
        Put(context, key, right, right with { State = RightState.Revoked });
        Emit(context, "rights.revoked", key);
        return null;
    }

    /// <summary>Passes a right on.</summary>
    /// <param name="context">The handler's context, or an inner call's where a contract holds
    /// it.</param>
    /// <param name="key">The right.</param>
    /// <param name="to">The new holder; unset for the commitment.</param>
    /// <param name="commitment">The new hidden holder; unset for the account.</param>
    /// <param name="proof">That the present holder is behind it; null where its signature or the
    /// calling contract shows it.</param>
    /// <returns>
    /// <c>malformed_right</c>, <c>unknown_right</c>, <c>revoked</c>, <c>expired</c>,
    /// <c>already_redeemed</c>, <c>suspended</c>, <c>not_transferable</c>, <c>not_holder</c>,
    /// <c>sponsor_quota_exceeded</c>.
    /// </returns>
    public Refusal? Transfer(ExecutionContext context, RightKey key, AccountId to,
        Digest<HolderCommitment> commitment, HolderProof? proof)
    {
        context = context.For(this);
        if (to.IsUnset == commitment.IsUnset)
            return RightsRefusals.MalformedRight;
        if (!rights.TryGet(key, out var right))
            return RightsRefusals.UnknownRight;
        if (Closed(right.StateAt(context.Time)) is { } closed)
            return closed;
        if (right.State == RightState.Suspended)
            return RightsRefusals.Suspended;
        if (!right.IsTransferable)
            return RightsRefusals.NotTransferable;
        if (!IsHolderBehind(context, right, proof))
            return RightsRefusals.NotHolder;
        if (!to.IsUnset && accounts.Address(context, to) is { } refusal)
            return refusal;
        Put(context, key, right,
            right with { State = right.StateAt(context.Time), Holder = to, Commitment = commitment });
        Emit(context, "rights.transferred", key);
        return null;
    }

    private static Refusal? CheckTerms(IssueRightMessage terms)
    {
        var isWellFormed = (terms.Holder is null) != (terms.Commitment is null)
            && terms.Uses >= 1
            && terms.Limit is null or { IsZero: false }
            && terms.NotBeforeSeconds is null or (>= 1 and <= MaximumSeconds)
            && terms.ExpiresSeconds is null or (>= 1 and <= MaximumSeconds)
            && (terms.ExpiresSeconds ?? long.MaxValue) > (terms.NotBeforeSeconds ?? 0);
        return isWellFormed ? null : (Refusal)RightsRefusals.MalformedRight;
    }

    private static RightRow NewRow(ExecutionContext context, IssueRightMessage terms)
    {
        var row = new RightRow
        {
            State = RightState.Pending,
            Holder = terms.Holder ?? default,
            Commitment = terms.Commitment ?? default,
            Redeemer = terms.Redeemer ?? default,
            IsTransferable = terms.Transferable,
            AwaitsActivation = terms.AwaitsActivation,
            Uses = terms.Uses,
            Limit = terms.Limit ?? default,
            ReuseWindowSeconds = terms.ReuseWindowSeconds,
            NotBefore = terms.NotBeforeSeconds is { } from ? Timestamp.FromSeconds(from) : default,
            Expires = terms.ExpiresSeconds is { } until ? Timestamp.FromSeconds(until) : default,
            Terms = terms.Terms ?? default,
            Height = context.Height,
        };
        return row with { State = row.StateAt(context.Time) is RightState.Active
            ? RightState.Active
            : RightState.Pending };
    }

    private static Refusal? CheckTransfer(CheckContext context, TransferRightMessage message) =>
        (message.To is null) == (message.Commitment is null) ? (Refusal)RightsRefusals.MalformedRight : null;

    private Refusal? Transfer(ExecutionContext context, TransferRightMessage message)
    {
        var key = new RightKey(message.Issuer, message.Right);
        return Transfer(context, key, message.To ?? default, message.Commitment ?? default,
            SignerProof(context, key, message.Salt));
    }

    /// <summary>
    /// The proof by the signer that the salt opens the commitment to; null where none does.
    /// </summary>
    private HolderProof? SignerProof(ExecutionContext context, RightKey key, byte[]? salt)
    {
        if (salt is null || !rights.TryGet(key, out var right))
            return null;
        foreach (var signer in context.Signers)
            if (HolderProof.OfSigner(context, signer, salt) is { } proof && proof.Opens(right.Commitment))
                return proof;
        return null;
    }

    private Refusal? FindForIssuer(ExecutionContext context, RightKey key, out RightRow right)
    {
        right = null!;
        if (!rights.TryGet(key, out var found))
            return RightsRefusals.UnknownRight;
        if (!accounts.IsAuthorised(context, key.Issuer))
            return RightsRefusals.NotIssuer;
        if (Closed(found.StateAt(context.Time)) is { } closed)
            return closed;
        right = found;
        return null;
    }
}
