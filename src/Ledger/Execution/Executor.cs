using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Execution;

/// <summary>One leaf of a block: a transaction or due work, and what became of it.</summary>
/// <param name="Id">The transaction's id, or the receipt id of due work.</param>
/// <param name="Entry">The admitted transaction; null for due work.</param>
/// <param name="Due">What was due, as text for people: contract, timer and time; null for a transaction.</param>
/// <param name="Outcome">What became of it.</param>
internal sealed record ExecutedLeaf(Digest<Transaction> Id, VerifiedTransaction? Entry, DueLeaf? Due, Outcome Outcome);

/// <summary>A block as it was executed.</summary>
/// <param name="Rules">The version of the rules.</param>
/// <param name="Validators">Who certifies it.</param>
/// <param name="NextValidators">Who certifies the next one.</param>
/// <param name="Leaves">What happened, due work first.</param>
/// <param name="LeftOut">Transactions without authority: whoever proposes leaves them out, whoever verifies refuses a block that has one.</param>
internal sealed record ExecutedBlock(
    int Rules, ValidatorSet Validators, ValidatorSet NextValidators, List<ExecutedLeaf> Leaves, IReadOnlyList<LeftOutTransaction> LeftOut);

/// <summary>A transaction that has no place in a block.</summary>
/// <param name="Transaction">Which.</param>
/// <param name="Reason">Why.</param>
internal sealed record LeftOutTransaction(VerifiedTransaction Transaction, RefusalCode Reason);

/// <summary>Identifies due work in a block.</summary>
/// <param name="Contract">The contract.</param>
/// <param name="Timer">The timer's name.</param>
/// <param name="Due">When it was due.</param>
/// <param name="Id">The id that the contract gave it.</param>
public sealed record DueLeaf(string Contract, string Timer, Timestamp Due, ReadOnlyMemory<byte> Id);

/// <summary>
/// Executes blocks on the state: due work first, then transactions in their order, one thread, no way but through the undo journal. Knows nothing of
/// validators, disks or clocks.
/// </summary>
internal sealed class Executor(ContractSet contracts, Genesis genesis)
{
    /// <summary>At most so many pieces of due work a block; the rest goes on in the next.</summary>
    public const int MaximumDueWork = 1_000;

    private readonly SystemTables tables = contracts.System;
    private readonly LedgerState state = contracts.State;
    private readonly ReplayExpiry expiring = new();

    /// <summary>By which rules the next block is made.</summary>
    public RulesInForce Rules { get; } = new(genesis, contracts);

    /// <summary>The earliest time at which work is due, or null.</summary>
    public Timestamp? NextDue => FirstDue(default) is { } key ? key.Due : null;

    /// <summary>
    /// Executes a block. The caller has begun it on the state, and commits or rolls it back.
    /// </summary>
    public ExecutedBlock Execute(long height, Timestamp time, Digest<VrfOutput> randomness, IReadOnlyList<VerifiedTransaction> transactions)
    {
        var scope = new BlockScope(state, tables, genesis.Net, height, time, Rules.At(height), Rules.Parameters);
        var (validators, nextValidators) = (Rules.Validators, Rules.NextValidators);
        if (!ReferenceEquals(validators, nextValidators))
            tables.Validators.Set(ValidatorsRow.Key, new ValidatorsRow(nextValidators));
        tables.Randomness.Set(new HeightKey(height), new RandomnessRow(randomness, time));
        tables.Randomness.Remove(new HeightKey(height - SystemTables.RandomnessKeptBlocks));
        DropExpired(time.UnixSeconds);
        var leaves = new List<ExecutedLeaf>(transactions.Count + 4);
        ExecuteDue(scope, leaves);
        List<LeftOutTransaction>? leftOut = null;
        foreach (var transaction in transactions)
            if (MissingAuthority(scope.Time, transaction) is { } reason)
                (leftOut ??= []).Add(new LeftOutTransaction(transaction, reason));
            else
                leaves.Add(new ExecutedLeaf(transaction.Transaction.Id, transaction, null, ExecuteTransaction(scope, transaction)));
        return new ExecutedBlock(scope.Rules, validators, nextValidators, leaves, leftOut ?? []);
    }

    /// <summary>Tells that a block stands, so that what expired in it is forgotten for good.</summary>
    public void Committed(Timestamp time) => expiring.Forget(time.UnixSeconds);

    /// <summary>Builds what is derived from the state, after a snapshot was read.</summary>
    public void Rebuild()
    {
        foreach (var (key, row) in tables.Replay.All())
            expiring.Add(row.ExpiresSeconds, key.Digest);
    }

    private void DropExpired(long seconds)
    {
        foreach (var key in expiring.DueBy(seconds))
            if (tables.Replay.TryGet(new DigestKey<ReplayKey>(key), out var row) && row.ExpiresSeconds <= seconds)
                tables.Replay.Remove(new DigestKey<ReplayKey>(key));
    }

    /// <summary>The first work from a key on that does not wait for the end of a pause.</summary>
    private DueKey? FirstDue(DueKey from)
    {
        if (contracts.Rules is not { IsAnyPaused: true } rules)
            return tables.Due.First(out var first, out _) ? first : null;
        foreach (var (key, _) in tables.Due.AllFrom(from))
            if (!rules.IsPaused(key.Contract, null))
                return key;
        return null;
    }

    private void ExecuteDue(BlockScope scope, List<ExecutedLeaf> leaves)
    {
        // Where something is paused, what waits is passed over once and not again for each piece of work.
        DueKey from = default;
        for (var count = 0; count < MaximumDueWork && FirstDue(from) is { } key && key.Due <= scope.Time; count++)
        {
            // The contract that pauses may have ended a pause: what waited comes first again.
            from = contracts.Rules is Contract rules && rules.Name == key.Contract ? default : key;
            var id = key.ReceiptId;
            tables.Due.Remove(key);
            var context = new ExecutionContext(scope, id, default, [], null, null);
            if (!contracts.Timers.TryGetValue($"{key.Contract}.{key.Timer}", out var handler))
                throw new InvalidOperationException($"The timer {key.Contract}.{key.Timer} is due and no contract has it.");
            var result = handler(context, new DueWork(key.Due, key.Id));
            var events = scope.TakeEvents();
            var outcome = result.Failure is { } failure ? Outcome.Failed(failure.Code, events) : Outcome.Done(events);
            if (!result.IsFinished)
            {
                // The rest is due still, in the next block; it has no leaf until it is finished.
                tables.Due.Set(key, default);
                return;
            }
            leaves.Add(new ExecutedLeaf(id, null, new DueLeaf(key.Contract, key.Timer, key.Due, key.Id), outcome));
        }
    }

    /// <summary>
    /// Why a transaction may not stand in this block at all: its time is over, its (iss, jti) is spent, or a key that signed is active no more. Signatures are
    /// not verified again.
    /// </summary>
    public RefusalCode? MissingAuthority(Timestamp time, VerifiedTransaction verified)
    {
        var payload = verified.Transaction.Payload;
        if (payload.ExpiresSeconds <= time.UnixSeconds)
            return TransactionRefusals.Expired;
        if (tables.Replay.Contains(new DigestKey<ReplayKey>(payload.ReplayKey)))
            return TransactionRefusals.Replayed;
        foreach (var signer in verified.Signers)
        {
            if (contracts.BarOf(signer.Account, payload.Action) is { } barred)
                return barred;
            // Nodes may hold different valid signatures of one transaction, with the key that opens the account or without it, and must decide alike.
            var isOpening = !signer.OpeningKey.IsUnset && contracts.Accounts.StandingOf(signer.Account) != AccountStanding.Open;
            if (!isOpening && (!contracts.Accounts.TryGetActiveKey(signer.Account, signer.KeyId, out var key) || key != signer.Key))
                return TransactionRefusals.KeyInactive;
        }
        return null;
    }

    private Outcome ExecuteTransaction(BlockScope scope, VerifiedTransaction verified)
    {
        var transaction = verified.Transaction;
        var payload = transaction.Payload;
        tables.Replay.Set(new DigestKey<ReplayKey>(payload.ReplayKey), new ReplayRow(transaction.Id, payload.ExpiresSeconds, scope.Height));
        expiring.Add(payload.ExpiresSeconds, payload.ReplayKey);

        var savepoint = scope.Mark();
        var context = new ExecutionContext(scope, transaction.Id, payload.Issuer, payload.By, null, null);
        var refusal = Paused(payload.Action) ?? OpenAccounts(context, verified) ?? verified.Definition.Apply(context, verified.Message);
        if (refusal is null)
            return Outcome.Accepted(scope.TakeEvents());
        scope.RollbackTo(savepoint);
        return Outcome.Refused(refusal);
    }

    private Refusal? Paused(string action)
    {
        if (contracts.Rules is not { IsAnyPaused: true } rules)
            return null;
        var contract = action[..action.IndexOf('.', StringComparison.Ordinal)];
        return rules.IsPaused(contract, action) ? TransactionRefusals.Paused.With(("contract", contract)) : null;
    }

    private Refusal? OpenAccounts(ExecutionContext context, VerifiedTransaction verified)
    {
        foreach (var signer in verified.Signers)
        {
            if (signer.OpeningKey.IsUnset || contracts.Accounts.StandingOf(signer.Account) == AccountStanding.Open)
                continue;
            var sponsor = verified.Signers.FirstOrDefault(other => other.OpeningKey.IsUnset);
            if (contracts.Accounts.Open(context, signer.Account, signer.OpeningKey, sponsor?.Account ?? default) is { } refusal)
                return refusal;
        }
        return null;
    }
}
