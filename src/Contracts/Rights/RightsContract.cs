using System.Diagnostics.CodeAnalysis;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Rights;

/// <summary>
/// Rights: the counterfoils of tickets, tokens, mandates, vouchers. Issued to a holder, redeemed up
/// to a number of uses and an amount, exactly once under any concurrency, suspended, revoked,
/// expired. A right stands under its issuer's id (<see cref="Authority.Of"/>). An issuer, holder or
/// redeemer that is a contract acts through <see cref="ExecutionContext.Call"/>.
/// </summary>
/// <param name="accounts">The accounts, whose keys and signatures the holders' are.</param>
public sealed partial class RightsContract(AccountsContract accounts) : Contract
{
    private const string BeginTimer = "begin";
    private const string ExpireTimer = "expire";

    private Table<RightKey, RightRow> rights = null!;

    /// <inheritdoc/>
    public override string Name => "rights";

    /// <summary>
    /// Uses of a right: what an action that redeems claims; answered with <c>already_redeemed</c>.
    /// </summary>
    public ClaimKind RemainingUses { get; private set; } = null!;

    /// <inheritdoc/>
    public override void Register(ContractRegistration registration)
    {
        rights = registration.Table<RightKey, RightRow>("rights");
        RemainingUses = new ClaimKind("rights.uses", RightsRefusals.AlreadyRedeemed, UsesLeft);

        var json = RightsJson.Instance;
        registration.Action("issue", json.IssueRightMessage, Issue, (_, message) => CheckTerms(message));
        registration.Action(
            "activate",
            json.RightMessage,
            (context, message) => Activate(context, new RightKey(message.Issuer, message.Right)));
        registration.Action(
            "suspend",
            json.RightMessage,
            (context, message) => Suspend(context, new RightKey(message.Issuer, message.Right)));
        registration.Action(
            "resume",
            json.RightMessage,
            (context, message) => Resume(context, new RightKey(message.Issuer, message.Right)));
        registration.Action(
            "revoke",
            json.RightMessage,
            (context, message) => Revoke(context, new RightKey(message.Issuer, message.Right)));
        registration.Action("transfer", json.TransferRightMessage, Transfer, CheckTransfer);
        registration.Action(
            "redeem",
            json.RedeemRightMessage,
            Redeem,
            CheckRedeem,
            (_, message, claims) => claims.Add(UseClaim(new RightKey(message.Issuer, message.Right))));
        registration.Action(
            "restore",
            json.RestoreRightMessage,
            (context, message) =>
                Restore(context, new RightKey(message.Issuer, message.Right), message.Amount));
        registration.Timer(BeginTimer, Begin);
        registration.Timer(ExpireTimer, Expire);
    }

    /// <summary>
    /// The right as written last; how it stands at a block's time is
    /// <see cref="RightRow.StateAt"/>.
    /// </summary>
    public bool TryGet(RightKey key, [NotNullWhen(true)] out RightRow? right) =>
        rights.TryGet(key, out right);

    /// <summary>
    /// True if the right is active now and the account holds it: for rights that are shown and not
    /// redeemed, such as mandates.
    /// </summary>
    /// <param name="context">Any; its time counts.</param>
    /// <param name="key">The right.</param>
    /// <param name="holder">The account that acts on it; the caller has seen its signature.</param>
    public bool IsActive(ExecutionContext context, RightKey key, AccountId holder) =>
        rights.TryGet(key, out var right) && right.StateAt(context.Time) == RightState.Active
            && !holder.IsUnset && right.Holder == holder;

    /// <summary>The claim of an action that redeems a right once.</summary>
    public Claim UseClaim(RightKey key) =>
        new(RemainingUses,
            new ClaimKey(key.Issuer.Thumbprint.As<ClaimSubject>(), key.Id.As<ClaimSubject>()), 1);

    // Unknown and used-up rights leave room for one, whose own refusal is the answer: it is final where
    // the pool's is transient.
    private UInt128 UsesLeft(ClaimKey key) =>
        rights.TryGet(new RightKey(new AccountId(key.First.As<PublicKey>()), key.Second.As<Right>()),
            out var right)
            ? Math.Max(1, right.Uses - right.UsesMade)
            : 1;

    private DueOutcome Begin(ExecutionContext context, DueWork work)
    {
        var key = RightKey.FromBytes(work.Id.Span);
        if (rights.TryGet(key, out var right) && right.State == RightState.Pending
            && right.StateAt(context.Time) == RightState.Active)
        {
            rights.Set(key, right with { State = RightState.Active });
            Emit(context, "rights.activated", key);
        }
        return DueOutcome.Done;
    }

    private DueOutcome Expire(ExecutionContext context, DueWork work)
    {
        var key = RightKey.FromBytes(work.Id.Span);
        if (rights.TryGet(key, out var right) && right.State != RightState.Expired
            && right.StateAt(context.Time) == RightState.Expired)
        {
            rights.Set(key, right with { State = RightState.Expired });
            Emit(context, "rights.expired", key);
        }
        return DueOutcome.Done;
    }

    private static void ScheduleTimers(ExecutionContext context, RightKey key, RightRow right)
    {
        if (right is { State: RightState.Pending, AwaitsActivation: false })
            context.Schedule(BeginTimer, right.NotBefore, key.ToBytes());
        if (right.Expires != default)
            context.Schedule(ExpireTimer, right.Expires, key.ToBytes());
    }

    private static void CancelTimers(ExecutionContext context, RightKey key, RightRow right)
    {
        if (right.NotBefore != default)
            context.Cancel(BeginTimer, right.NotBefore, key.ToBytes());
        if (right.Expires != default)
            context.Cancel(ExpireTimer, right.Expires, key.ToBytes());
    }

    /// <summary>Writes a change, with its timers where it ends or comes back.</summary>
    private void Put(ExecutionContext context, RightKey key, RightRow? before, RightRow after)
    {
        Invariant.Require(after.UsesMade <= after.Uses
            && after.UnitsUsed <= after.Limit.Units, "a right is used no more than it allows");
        Invariant.Require(after.Holder.IsUnset != after.Commitment.IsUnset, "a right has one holder");
        var wasOpen = before is not null && IsOpen(before.State);
        if (wasOpen && !IsOpen(after.State))
            CancelTimers(context, key, after);
        else if (!wasOpen && IsOpen(after.State))
            ScheduleTimers(context, key, after);
        rights.Set(key, after);
        Invariant.Require(rights.TryGet(key, out var written)
            && ReferenceEquals(written, after), "a right is read back as written");
    }

    private static bool IsOpen(RightState state) =>
        state is RightState.Pending or RightState.Active or RightState.Suspended;

    private static RefusalCode? Closed(RightState state) => state switch
    {
        RightState.Revoked => RightsRefusals.Revoked,
        RightState.Expired => RightsRefusals.Expired,
        RightState.Redeemed => RightsRefusals.AlreadyRedeemed,
        _ => null,
    };

    private static void Emit(ExecutionContext context, string happened, RightKey key) =>
        context.Emit(happened, ("issuer", key.Issuer.ToString()), ("right", key.Id.ToString()));
}
