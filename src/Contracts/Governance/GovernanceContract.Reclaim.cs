using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Governance;

public sealed partial class GovernanceContract
{
    private Table<AccountKey, ReclaimRow> reclaims = null!;

    private void RegisterReclaim(ContractRegistration registration)
    {
        reclaims = registration.Table<AccountKey, ReclaimRow>("reclaims");
        registration.Timer("reclaim", BurnDormant);
    }

    /// <summary>When the account's tokens are burned unless it shows that it is used; null if they are not.</summary>
    public Timestamp? ReclaimOf(AccountId account) => reclaims.TryGet(new(account), out var row) ? row.BurnAt : null;

    private Refusal? Reclaim(ExecutionContext context, ReclaimMessage message)
    {
        if (DenyOthers(context) is { } refusal)
            return refusal;
        if (!tokens.TryGet(new(message.Account), out var row) || row.Total == 0)
            return TransactionRefusals.UnknownAccount;
        if (reclaims.Contains(new(message.Account)))
            return GovernanceRefusals.Replayed;
        var notice = TimeSpan.FromSeconds(ParameterOf(OwnParameters.ReclaimNoticeSeconds));
        if (row.LastActive + notice > context.Time)
            return GovernanceRefusals.NotDormant.With(("last_active", row.LastActive.ToString()));
        var burnAt = context.Time + notice;
        reclaims.Set(new(message.Account), new(burnAt));
        context.For(this).Schedule("reclaim", burnAt, message.Account.Thumbprint.ToArray());
        context.Emit(
            "governance.reclaim_announced", ("account", message.Account.ToString()), ("burn_at", burnAt.ToString()));
        return null;
    }

    private void EndReclaim(ExecutionContext context, AccountId account)
    {
        if (!reclaims.TryGet(new(account), out var row))
            return;
        reclaims.Remove(new(account));
        context.Cancel("reclaim", row.BurnAt, account.Thumbprint.ToArray());
        context.Emit("governance.reclaim_ended", ("account", account.ToString()));
    }

    private DueOutcome BurnDormant(ExecutionContext context, DueWork work)
    {
        var account = new AccountId(new(work.Id.Span));
        reclaims.Remove(new(account));
        if (TotalOf(account) is var units && units > 0)
            Burn(context, account, units, "dormant");
        return DueOutcome.Done;
    }
}
