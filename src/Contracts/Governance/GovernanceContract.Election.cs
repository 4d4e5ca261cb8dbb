using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Governance;

public sealed partial class GovernanceContract
{
    /// <summary>The most candidates at one time.</summary>
    public const int MaximumCandidates = 1_000;

    private static readonly TextKey OrderName = new("nomination_order");

    private Table<DigestKey<LockSubject>, NominationRow> nominations = null!;
    private Table<AccountKey, NominationNameRow> candidates = null!;
    private Table<AccountKey, NominationNameRow> candidateNodes = null!;
    private Table<SupportKey, TokenUnitsRow> supports = null!;
    private Table<TextKey, ParameterRow> counters = null!;

    private void RegisterElection(ContractRegistration registration)
    {
        nominations = registration.Table<DigestKey<LockSubject>, NominationRow>("nominations", ordered: true);
        candidates = registration.Table<AccountKey, NominationNameRow>("candidates");
        candidateNodes = registration.Table<AccountKey, NominationNameRow>("candidate_nodes");
        supports = registration.Table<SupportKey, TokenUnitsRow>("supports", ordered: true);
        counters = registration.Table<TextKey, ParameterRow>("counters");
        var json = GovernanceJson.Instance;
        registration.Action("nominate", json.NominateMessage, Nominate);
        registration.Action("withdraw", json.WithdrawMessage, Withdraw);
        registration.Action("support", json.SupportMessage, Support);
        registration.Action("unsupport", json.UnsupportMessage, Unsupport);
        registration.Timer("term", EndTerm);
        registration.Timer("cooled", EndCooling);
        registration.Timer("clear_support", ClearSupport);
    }

    /// <summary>The candidates, most support first, then who was nominated earlier.</summary>
    public IReadOnlyList<NominationRow> Candidates =>
    [
        .. nominations.From(default, MaximumCandidates).Select(pair => pair.Value)
            .OrderByDescending(row => row.Support).ThenBy(row => row.Order),
    ];

    private void ScheduleFirstTerm(ExecutionContext context)
    {
        if (seats is not null)
            context.Schedule("term", context.Time + TermLength, []);
    }

    private TimeSpan TermLength => TimeSpan.FromSeconds(ParameterOf(OwnParameters.ElectionTermSeconds));

    private Refusal? BeginElection(ExecutionContext context, out SceneRow scene)
    {
        scene = null!;
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        if (seats is null || ParameterOf(OwnParameters.ElectionSeats) == 0)
            return GovernanceRefusals.NoElection;
        return scenes.TryGet(new(SceneNames.ValidatorElection), out scene!)
            ? null
            : (Refusal)GovernanceRefusals.UnknownScene;
    }

    private Refusal? Nominate(ExecutionContext context, NominateMessage message)
    {
        if (BeginElection(context, out var scene) is { } refusal)
            return refusal;
        if (!context.IsSignedBy(message.Candidate))
            return GovernanceRefusals.NoGovernancePermission.With(("candidate", message.Candidate.ToString()));
        if (candidates.Contains(new(message.Candidate)) || candidateNodes.Contains(new(message.Node))
            || nominations.Count >= MaximumCandidates)
            return GovernanceRefusals.CandidateExists;
        var available = AvailableOf(context.Issuer, SceneNames.ValidatorElection);
        if (available < scene.Deposit)
            return NoPermission(scene.Deposit, available);
        if (context.Call(inner => seats!.CheckCandidate(inner, message.Candidate, message.Node)) is { } unfit)
            return unfit;
        var order = counters.TryGet(OrderName, out var last) ? last.Value + 1 : 1;
        counters.Set(OrderName, new(order));
        var subject = Digest<LockSubject>.Of("cf-nomination\0"u8, System.Text.Encoding.ASCII.GetBytes($"{message.Candidate} {Text.Of(order)}"));
        if (scene.Deposit > 0 && PutLock(StakeOf(context.Issuer, subject), scene.Deposit) is { } full)
            return full;
        nominations.Set(new(subject), new NominationRow(
            message.Candidate, message.Node, context.Issuer, scene.Deposit, 0, order));
        candidates.Set(new(message.Candidate), new(subject));
        candidateNodes.Set(new(message.Node), new(subject));
        context.Emit(
            "governance.nominated", ("candidate", message.Candidate.ToString()), ("node", message.Node.ToString()));
        return null;
    }

    private Refusal? Withdraw(ExecutionContext context, WithdrawMessage message)
    {
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        if (!candidates.TryGet(new(context.Issuer), out var name))
            return GovernanceRefusals.UnknownCandidate;
        nominations.TryGet(new(name.Subject), out var row);
        nominations.Remove(new(name.Subject));
        candidates.Remove(new(row!.Candidate));
        candidateNodes.Remove(new(row.Node));
        locks.Remove(StakeOf(row.Nominator, name.Subject));
        context.Schedule("clear_support", context.Time + ClearInterval, name.Subject.ToArray());
        context.Emit("governance.withdrawn", ("candidate", row.Candidate.ToString()));
        return null;
    }

    private Refusal? Support(ExecutionContext context, SupportMessage message)
    {
        if (BeginElection(context, out _) is { } refusal)
            return refusal;
        if (message.Amount == 0)
            return GovernanceRefusals.BadAmount;
        if (!candidates.TryGet(new(message.Candidate), out var name))
            return GovernanceRefusals.UnknownCandidate;
        var available = AvailableOf(context.Issuer, SceneNames.ValidatorElection);
        if (available < message.Amount)
            return NoPermission(message.Amount, available);
        var key = SupportLockOf(context.Issuer, name.Subject);
        var before = locks.TryGet(key, out var held) ? held.Units : 0;
        if (PutLock(key, before + message.Amount) is { } full)
            return full;
        supports.Set(new(name.Subject, context.Issuer), new(before + message.Amount));
        nominations.TryGet(new(name.Subject), out var row);
        nominations.Set(new(name.Subject), row! with { Support = checked(row.Support + message.Amount) });
        context.Emit(
            "governance.supported", ("candidate", message.Candidate.ToString()), ("units", Text.Of(message.Amount)));
        return null;
    }

    private Refusal? Unsupport(ExecutionContext context, UnsupportMessage message)
    {
        if (BeginElection(context, out _) is { } refusal)
            return refusal;
        if (message.Amount == 0)
            return GovernanceRefusals.BadAmount;
        if (!candidates.TryGet(new(message.Candidate), out var name))
            return GovernanceRefusals.UnknownCandidate;
        var key = SupportLockOf(context.Issuer, name.Subject);
        var held = locks.TryGet(key, out var units) ? units.Units : 0;
        if (held < message.Amount)
            return NoPermission(message.Amount, held);
        if (held == message.Amount)
            locks.Remove(key);
        else
            locks.Set(key, new(held - message.Amount));
        TakeSupport(name.Subject, context.Issuer, message.Amount);
        context.Emit(
            "governance.support_withdrawn", ("candidate", message.Candidate.ToString()), ("units", Text.Of(message.Amount)));
        return Cool(context, message.Amount);
    }

    private Refusal? Cool(ExecutionContext context, UInt128 units)
    {
        var cooling = ParameterOf(OwnParameters.ElectionCoolingSeconds);
        if (cooling == 0)
            return null;
        var due = context.Time + TimeSpan.FromSeconds(cooling);
        var subject = Digest<LockSubject>.Of("cf-cooling\0"u8, System.Text.Encoding.ASCII.GetBytes(due.ToString()));
        var key = new LockKey(context.Issuer, SceneNames.ValidatorElection, LockKind.Cooling, subject);
        var before = locks.TryGet(key, out var held) ? held.Units : 0;
        if (PutLock(key, before + units) is { } full)
            return full;
        context.Schedule("cooled", due, [.. context.Issuer.Thumbprint.ToArray(), .. subject.ToArray()]);
        return null;
    }

    private DueOutcome EndCooling(ExecutionContext context, DueWork work)
    {
        var account = new AccountId(new(work.Id.Span[..32]));
        locks.Remove(new(account, SceneNames.ValidatorElection, LockKind.Cooling, new(work.Id.Span[32..])));
        return DueOutcome.Done;
    }

    private DueOutcome ClearSupport(ExecutionContext context, DueWork work)
    {
        var subject = new Digest<LockSubject>(work.Id.Span);
        var portion = supports.From(new(subject, default), ClearedAtOnce).TakeWhile(pair => pair.Key.Subject == subject).ToList();
        foreach (var (key, _) in portion)
        {
            supports.Remove(key);
            locks.Remove(SupportLockOf(key.Account, subject));
        }
        if (portion.Count == ClearedAtOnce)
            context.Schedule("clear_support", context.Time + ClearInterval, work.Id.Span);
        return DueOutcome.Done;
    }

    private void TakeSupport(Digest<LockSubject> subject, AccountId account, UInt128 units)
    {
        supports.TryGet(new(subject, account), out var held);
        if (held.Units == units)
            supports.Remove(new(subject, account));
        else
            supports.Set(new(subject, account), new(held.Units - units));
        nominations.TryGet(new(subject), out var row);
        nominations.Set(new(subject), row! with { Support = checked(row.Support - units) });
    }

    private DueOutcome EndTerm(ExecutionContext context, DueWork work)
    {
        context.Schedule("term", context.Time + TermLength, []);
        var wanted = (int)ParameterOf(OwnParameters.ElectionSeats);
        if (wanted == 0 || !scenes.TryGet(new(SceneNames.ValidatorElection), out var scene))
            return DueOutcome.Done;
        var present = seats!.Seats;
        // Whose node is no longer fit at the end of the term stands no more, and holds up nobody.
        NominationRow[] fit =
        [
            .. Candidates.Where(row => context.Call(inner => seats.CheckCandidate(inner, row.Candidate, row.Node)) is null),
        ];
        var next = SeatElection.Decide(present, fit, wanted, Supply, scene.PassPercent);
        if (next.SequenceEqual(present))
        {
            context.Emit("governance.term_ended", ("changed", "0"));
            return DueOutcome.Done;
        }
        if (context.Call(inner => seats.Fill(inner, next)) is { } refusal)
        {
            context.Emit("governance.execution_failed", [("inner_code", refusal.Code), .. refusal.Facts]);
            return DueOutcome.Failed(GovernanceRefusals.ExecutionFailed);
        }
        context.Emit("governance.term_ended", ("changed", Text.Of(next.Except(present).Count() + present.Except(next).Count())));
        return DueOutcome.Done;
    }

    private static LockKey StakeOf(AccountId account, Digest<LockSubject> subject) =>
        new(account, SceneNames.ValidatorElection, LockKind.Stake, subject);

    private static LockKey SupportLockOf(AccountId account, Digest<LockSubject> subject) =>
        new(account, SceneNames.ValidatorElection, LockKind.Support, subject);
}
