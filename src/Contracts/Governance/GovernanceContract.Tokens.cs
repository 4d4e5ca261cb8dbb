using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Governance;

public sealed partial class GovernanceContract
{
    private const int MaximumDistribution = 10_000;

    private void RegisterTokens(ContractRegistration registration)
    {
        var json = GovernanceJson.Instance;
        registration.Action("init", json.InitMessage, Init);
        registration.Action("transfer", json.GovernanceTransferMessage, Transfer);
        registration.Action("mint", json.GovernanceMintMessage, (_, _) => GovernanceRefusals.NoMint);
        registration.Action("alive", json.AliveMessage, (context, _) => Touch(context, context.Issuer));
    }

    private Refusal? Init(ExecutionContext context, InitMessage message)
    {
        if (!configuration.TryGet(Single, out var row))
            return GovernanceRefusals.NotInitialised;
        if (IsInitialised)
            return GovernanceRefusals.AlreadyInitialised;
        if (!row.Founders.All(context.IsSignedBy))
            return GovernanceRefusals.CallerDenied;
        return Distribute(context, message.Supply, message.Distribution);
    }

    private Refusal? Distribute(ExecutionContext context, UInt128 units, IReadOnlyList<GovernanceShare> shares)
    {
        if (units == 0 || units > MaximumSupply)
            return GovernanceRefusals.BadAmount;
        if (shares.Count > MaximumDistribution || IsTwice([.. shares.Select(share => share.Account)]))
            return GovernanceRefusals.MalformedRequest;
        var left = units;
        foreach (var share in shares)
        {
            if (share.Amount == 0 || share.Amount > left)
                return GovernanceRefusals.BadAmount;
            left -= share.Amount;
            if (accounts.StandingOf(share.Account) == AccountStanding.Unknown)
                return TransactionRefusals.UnknownAccount.With(("account", share.Account.ToString()));
        }
        if (left != 0)
            return GovernanceRefusals.BadAmount;
        supply.Set(Single, new(units));
        foreach (var share in shares)
            tokens.Set(new(share.Account), new TokenRow(share.Amount, context.Time, 0, 0));
        ScheduleFirstTerm(context);
        context.Emit("governance.initialised", ("supply", Text.Of(units)));
        return null;
    }

    private Refusal? Transfer(ExecutionContext context, GovernanceTransferMessage message)
    {
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        if (message.Amount == 0)
            return GovernanceRefusals.BadAmount;
        if (message.To == context.Issuer)
            return GovernanceRefusals.MalformedRequest;
        if (accounts.StandingOf(message.To) == AccountStanding.Unknown)
            return TransactionRefusals.UnknownAccount;
        var total = TotalOf(context.Issuer);
        if (total < message.Amount)
            return NoPermission(message.Amount, total);
        var transferable = TransferableOf(context.Issuer);
        if (transferable < message.Amount)
            return GovernanceRefusals.Locked.With(
                ("needed", Text.Of(message.Amount)), ("available", Text.Of(transferable)));
        SetTotal(context, context.Issuer, total - message.Amount);
        SetTotal(context, message.To, TotalOf(message.To) + message.Amount);
        context.Emit(
            "governance.transferred",
            ("from", context.Issuer.ToString()), ("to", message.To.ToString()), ("units", Text.Of(message.Amount)));
        return null;
    }

    /// <summary>
    /// Every request of an account begins with it: the token exists, and the account is in use, which
    /// ends a reclaim. Where the request is refused, this is undone with it.
    /// </summary>
    private Refusal? Touch(ExecutionContext context, AccountId account)
    {
        if (!IsInitialised)
            return GovernanceRefusals.NotInitialised;
        if (tokens.TryGet(new(account), out var row))
            tokens.Set(new(account), row with { LastActive = context.Time });
        EndReclaim(context, account);
        return null;
    }

    private void SetTotal(ExecutionContext context, AccountId account, UInt128 total)
    {
        Invariant.Require(total <= Supply, "nobody holds more than exists");
        var exists = tokens.TryGet(new(account), out var row);
        tokens.Set(new(account), exists ? row with { Total = total } : new TokenRow(total, context.Time, 0, 0));
    }

    /// <summary>
    /// Destroys units. What open locks hold beyond the rest goes from them, last first: burned tokens
    /// vote no more.
    /// </summary>
    private void Burn(ExecutionContext context, AccountId account, UInt128 units, string reason)
    {
        var total = TotalOf(account) - units;
        SetTotal(context, account, total);
        foreach (var (scene, locked) in OpenLocksByScene(account))
            if (locked > total)
                Trim(account, scene, locked - total);
        supply.Set(Single, new(Supply - units));
        context.Emit(
            "governance.burned",
            ("account", account.ToString()), ("units", Text.Of(units)), ("reason", reason));
    }

    private void Trim(AccountId account, string scene, UInt128 excess)
    {
        foreach (var (key, row) in locks.From(new(account, scene, 0, default), MaximumLocks + 1).Reverse())
        {
            if (excess == 0)
                return;
            if (key.Account != account || key.Scene != scene || !IsOpen(key))
                continue;
            var taken = UInt128.Min(excess, row.Units);
            excess -= taken;
            locks.Set(key, new(row.Units - taken));
            switch (key.Kind)
            {
                case LockKind.Deposit:
                    ballots.TryGet(ProposalOf(key.Subject), out var deposited);
                    ballots.Set(ProposalOf(key.Subject), deposited! with { Deposit = deposited.Deposit - taken });
                    break;
                case LockKind.Vote:
                    var entry = new VoteKey(ProposalOf(key.Subject), account);
                    votes.TryGet(entry, out var vote);
                    votes.Set(entry, vote with { Units = vote.Units - taken });
                    ballots.TryGet(entry.Proposal, out var ballot);
                    ballots.Set(entry.Proposal, ballot!.Minus(vote.Option, taken));
                    break;
                case LockKind.Support:
                    TakeSupport(key.Subject, account, taken);
                    break;
            }
        }
        Invariant.Require(excess == 0, "locks hold what their sum says");
    }

    private (UInt128 Units, int Count) OpenLocks(AccountId account, string scene)
    {
        (UInt128 Units, int Count) open = default;
        foreach (var (key, row) in locks.From(new(account, scene, 0, default), MaximumLocks + 1))
        {
            if (key.Account != account || key.Scene != scene)
                break;
            if (IsOpen(key))
                open = (open.Units + row.Units, open.Count + 1);
        }
        return open;
    }

    private List<(string Scene, UInt128 Units)> OpenLocksByScene(AccountId account)
    {
        var open = new List<(string Scene, UInt128 Units)>();
        foreach (var (key, row) in locks.From(new(account, "", 0, default), MaximumLocks * MaximumScenes + 1))
        {
            if (key.Account != account)
                break;
            if (!IsOpen(key))
                continue;
            if (open.Count > 0 && open[^1].Scene == key.Scene)
                open[^1] = (key.Scene, open[^1].Units + row.Units);
            else
                open.Add((key.Scene, row.Units));
        }
        return open;
    }

    /// <summary>A lock binds as long as what it belongs to is open, whether its record is cleared or not.</summary>
    private bool IsOpen(in LockKey key) => key.Kind switch
    {
        LockKind.Deposit or LockKind.Vote =>
            ballots.TryGet(ProposalOf(key.Subject), out var ballot) && ballot.State == ProposalState.Voting,
        LockKind.Stake or LockKind.Support => nominations.Contains(new(key.Subject)),
        _ => true,
    };

    /// <summary>
    /// Locks units of an account under a key, in the place of what is locked there; the caller has
    /// compared them with what is available. Closed records of the scene go, so that no more are stored
    /// than may be open.
    /// </summary>
    private Refusal? PutLock(in LockKey key, UInt128 units)
    {
        if (!locks.Contains(key))
        {
            var count = 0;
            foreach (var (other, _) in locks.From(new(key.Account, key.Scene, 0, default), MaximumLocks + 1))
            {
                if (other.Account != key.Account || other.Scene != key.Scene)
                    break;
                if (IsOpen(other))
                    count++;
                else
                    locks.Remove(other);
            }
            if (count >= MaximumLocks)
                return GovernanceRefusals.TooManyLocks.With(("most", Text.Of(MaximumLocks)));
        }
        locks.Set(key, new(units));
        return null;
    }

    private static Digest<LockSubject> SubjectOf(ProposalId proposal)
    {
        var writer = new StateWriter(stackalloc byte[32]);
        writer.UInt128(0);
        proposal.Write(ref writer);
        var subject = new Digest<LockSubject>(writer.Written);
        writer.Dispose();
        return subject;
    }

    private static ProposalId ProposalOf(Digest<LockSubject> subject)
    {
        Span<byte> bytes = stackalloc byte[32];
        subject.CopyTo(bytes);
        var reader = new StateReader(bytes[16..]);
        return ProposalId.Read(ref reader);
    }
}
