using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Governance;

public sealed partial class GovernanceContract
{
    private const int MaximumIncidentLength = 100;

    /// <summary>An incomplete call lapses after it.</summary>
    private static readonly TimeSpan PauseCallLength = TimeSpan.FromHours(1);

    /// <summary>Whoever lost a key gets back to the account, whatever is paused.</summary>
    private static readonly string[] KeyActions =
        ["accounts.open", "accounts.add_key", "accounts.remove_key", "accounts.rotate_key", "accounts.recover"];

    private Table<DigestKey<PauseCall>, PauseCallRow> pauseCalls = null!;
    private Table<TextKey, PauseRow> pauses = null!;

    private void RegisterEmergency(ContractRegistration registration)
    {
        pauseCalls = registration.Table<DigestKey<PauseCall>, PauseCallRow>("pause_calls");
        pauses = registration.Table<TextKey, PauseRow>("pauses", ordered: true);
        registration.Action("pause", GovernanceJson.Instance.PauseMessage, Pause, CheckPause);
        registration.Timer("pause_lapse", LapsePause);
        registration.Timer("pause_end", EndPause);
    }

    /// <inheritdoc/>
    public bool IsAnyPaused => pauses.Count > 0;

    /// <inheritdoc/>
    public bool IsPaused(string contract, string? action) =>
        pauses.Contains(new(contract)) && (action is null || !KeyActions.Contains(action));

    /// <summary>The pauses in force, in the order of the contracts' names.</summary>
    public IReadOnlyList<KeyValuePair<string, PauseRow>> Pauses =>
        [.. pauses.From(Single, MaximumListed).Select(pair => KeyValuePair.Create(pair.Key.Text, pair.Value))];

    private const int MaximumListed = 100;

    private static Refusal? CheckPause(CheckContext context, PauseMessage message)
    {
        if (message.Incident.Length is 0 or > MaximumIncidentLength || !IsName(message.Contract))
            return GovernanceRefusals.MalformedRequest;
        return message.Contract is ContractName or "ledger" ? (Refusal)GovernanceRefusals.CannotPause : null;
    }

    private Refusal? Pause(ExecutionContext context, PauseMessage message)
    {
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        configuration.TryGet(Single, out var row);
        if (!row!.Committee.Contains(context.Issuer))
            return GovernanceRefusals.NoGovernancePermission;
        if (pauses.Contains(new(message.Contract)))
            return GovernanceRefusals.CannotPause;
        var name = new DigestKey<PauseCall>(
            Digest<PauseCall>.Of(Encoding.UTF8.GetBytes($"{message.Contract}\0"), Encoding.UTF8.GetBytes(message.Incident)));
        var exists = pauseCalls.TryGet(name, out var call);
        if (exists && (call!.WasInForce || call.Members.Contains(context.Issuer)))
            return GovernanceRefusals.Replayed;
        var first = exists ? call!.First : context.Time;
        AccountId[] members = [.. call?.Members ?? [], context.Issuer];
        // Who left the committee since does not count.
        var isInForce = members.Count(row.Committee.Contains) >= row.Threshold;
        pauseCalls.Set(name, new PauseCallRow(isInForce, first, members));
        context.Emit(
            "governance.pause_called",
            ("contract", message.Contract), ("incident", message.Incident), ("member", context.Issuer.ToString()));
        if (!exists)
            context.Schedule("pause_lapse", first + PauseCallLength, name.Digest.ToArray());
        if (!isInForce)
            return null;
        context.Cancel("pause_lapse", first + PauseCallLength, name.Digest.ToArray());
        var until = context.Time + TimeSpan.FromSeconds(ParameterOf(OwnParameters.PauseSeconds));
        PutPause(context, message.Contract, new PauseRow(message.Incident, until));
        return null;
    }

    private void PutPause(ExecutionContext context, string contract, PauseRow row)
    {
        var id = Encoding.ASCII.GetBytes(contract);
        if (pauses.TryGet(new(contract), out var before))
            context.Cancel("pause_end", before.Until, id);
        pauses.Set(new(contract), row);
        context.Schedule("pause_end", row.Until, id);
        context.Emit("governance.paused", ("contract", contract), ("incident", row.Incident), ("until", row.Until.ToString()));
    }

    private DueOutcome LapsePause(ExecutionContext context, DueWork work)
    {
        pauseCalls.Remove(new(new(work.Id.Span)));
        context.Emit("governance.pause_call_lapsed");
        return DueOutcome.Done;
    }

    private DueOutcome EndPause(ExecutionContext context, DueWork work)
    {
        var contract = Encoding.ASCII.GetString(work.Id.Span);
        pauses.Remove(new(contract));
        context.Emit("governance.pause_ended", ("contract", contract));
        return DueOutcome.Done;
    }

    private Refusal? ConfirmPause(ExecutionContext context, ConfirmPauseMessage message)
    {
        if (DenyOthers(context) is { } refusal)
            return refusal;
        if (!pauses.TryGet(new(message.Contract), out var row))
            return GovernanceRefusals.NotPaused;
        var now = context.Time.UnixSeconds;
        if (message.Until <= now || message.Until > now + MaximumSceneSeconds)
            return GovernanceRefusals.MalformedRequest;
        PutPause(context.For(this), message.Contract, row with { Until = Timestamp.FromSeconds(message.Until) });
        return null;
    }

    private Refusal? LiftPause(ExecutionContext context, LiftPauseMessage message)
    {
        if (DenyOthers(context) is { } refusal)
            return refusal;
        if (!pauses.TryGet(new(message.Contract), out var row))
            return GovernanceRefusals.NotPaused;
        context.For(this).Cancel("pause_end", row.Until, Encoding.ASCII.GetBytes(message.Contract));
        pauses.Remove(new(message.Contract));
        context.Emit("governance.pause_ended", ("contract", message.Contract));
        return null;
    }
}
