using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Execution;

/// <summary>
/// What a handler is given: the block, the transaction, whose authority it acts with, and the means to call other contracts. Valid during the
/// call only; used by one thread.
/// </summary>
public sealed class ExecutionContext
{
    private readonly BlockScope block;

    internal ExecutionContext(
        BlockScope block, Digest<Transaction> transaction, AccountId issuer, IReadOnlyList<AccountId> signers, Contract? contract, string? caller)
    {
        this.block = block;
        TransactionId = transaction;
        Issuer = issuer;
        Signers = signers;
        Contract = contract;
        Caller = caller;
    }

    /// <summary>The ledger's name.</summary>
    public Digest<Net> Net => block.Net;

    /// <summary>The block's height, 1 for the first; 0 while genesis is being applied.</summary>
    public long Height => block.Height;

    /// <summary>The block's time, the only clock there is.</summary>
    public Timestamp Time => block.Time;

    /// <summary>The version of the rules in force at this height.</summary>
    public int Rules => block.Rules;

    /// <summary>The kernel's parameters in force at this height.</summary>
    public LedgerParameters Parameters => block.Parameters;

    /// <summary>Who certified the block of that height, or will: up to the present height.</summary>
    /// <param name="height">From 1.</param>
    /// <returns>Null if the height is beyond the present one.</returns>
    public ValidatorSet? ValidatorsAt(long height) => height > Height || height < 1 ? null : block.ValidatorsAt(height);

    /// <summary>The transaction's id; the receipt's id for due work; unset in genesis.</summary>
    public Digest<Transaction> TransactionId { get; }

    /// <summary>The issuing account; unset in an inner call, in due work and in genesis.</summary>
    public AccountId Issuer { get; }

    /// <summary>The accounts whose signatures stand under the call; none in an inner call, in due work and in genesis.</summary>
    public IReadOnlyList<AccountId> Signers { get; }

    /// <summary>The contract that makes this inner call and by whose authority it acts; null where a transaction calls.</summary>
    public string? Caller { get; }

    /// <summary>True while genesis is applied, which may do everything.</summary>
    public bool IsGenesis => Height == 0;

    internal Contract? Contract { get; }

    /// <summary>True if the account signed this transaction.</summary>
    public bool IsSignedBy(AccountId account) => Signers.Contains(account);

    /// <summary>
    /// Calls a kernel contract inside this transaction with the calling contract's authority. A refusal leaves nothing of the call; the
    /// caller may go on.
    /// </summary>
    public Refusal? Call(Func<ExecutionContext, Refusal?> inner)
    {
        var savepoint = block.Mark();
        var refusal = inner(new ExecutionContext(block, TransactionId, default, [], null, Owner.Name));
        if (refusal is not null)
            block.RollbackTo(savepoint);
        return refusal;
    }

    /// <summary>Runs a call as <see cref="Call"/> does and undoes it whatever its result: would it be accepted?</summary>
    public Refusal? Try(Func<ExecutionContext, Refusal?> inner) => Try(inner, out _);

    /// <summary>Runs a call and undoes it, and tells what it wrote.</summary>
    /// <param name="inner">The call.</param>
    /// <param name="written">
    /// The rows of the contracts' tables that it wrote, in order. Left out is what follows from them: the ledger's own tables (due work) and past
    /// versions.
    /// </param>
    public Refusal? Try(Func<ExecutionContext, Refusal?> inner, out IReadOnlyList<RowName> written)
    {
        var savepoint = block.Mark();
        var refusal = inner(new ExecutionContext(block, TransactionId, default, [], null, Owner.Name));
        written = [.. block.RowsWrittenSince(savepoint).Where(IsOfAContract)];
        block.RollbackTo(savepoint);
        return refusal;
    }

    private static bool IsOfAContract(RowName row) =>
        !row.Table.StartsWith("ledger.", StringComparison.Ordinal) && !row.Table.EndsWith("/past", StringComparison.Ordinal);

    /// <summary>The digest of a row's present value, by which a later change of it is noticed.</summary>
    /// <param name="row">The row's name.</param>
    /// <param name="value">The digest of the value's bytes; unset if there is no such row.</param>
    /// <returns>False if there is no such table, or the bytes are no key of it.</returns>
    public bool TryDigestRow(RowName row, out Digest<StateValue> value) => block.TryDigestRow(row, out value);

    /// <summary>
    /// Records a fact in the past tense, right after the change, in the transaction's outcome. Nothing secret or personal.
    /// </summary>
    /// <param name="type"><c>contract.happened</c>.</param>
    /// <param name="facts">Names and values.</param>
    public void Emit(string type, params ReadOnlySpan<(string Name, string Value)> facts) => block.Emit(new LedgerEvent(type, facts.ToArray()));

    /// <summary>The VRF output of a block: this one's, or a past one's while it is kept (65,536 blocks).</summary>
    /// <returns>False if the height is in the future, before the first block, or no longer kept.</returns>
    public bool TryGetRandomness(long height, out Digest<VrfOutput> output) => block.TryGetRandomness(height, out output);

    /// <summary>The time of a block: this one's, or a past one's while it is kept (65,536 blocks).</summary>
    /// <returns>False if the height is in the future, before the first block, or no longer kept.</returns>
    public bool TryGetTime(long height, out Timestamp time) => block.TryGetTime(height, out time);

    /// <summary>Registers due work of the calling contract.</summary>
    /// <param name="timer">The timer's name as the contract declared it.</param>
    /// <param name="due">Block time from which it runs; a time that is past runs in the next block.</param>
    /// <param name="id">At most 64 bytes; (due, timer, id) is unique.</param>
    public void Schedule(string timer, Timestamp due, ReadOnlySpan<byte> id) =>
        block.Schedule(new DueKey(due, Owner.Name, timer, id.ToArray()));

    /// <summary>Takes due work back.</summary>
    /// <returns>False if there is none.</returns>
    public bool Cancel(string timer, Timestamp due, ReadOnlySpan<byte> id) => block.Cancel(new DueKey(due, Owner.Name, timer, id.ToArray()));

    private Contract Owner => Contract ?? throw new InvalidOperationException("Only a contract's handler has timers.");

    /// <summary>
    /// The same authority seen from inside the contract that is called, which gives it its own timers and inner calls. A kernel contract's public operation
    /// begins with it.
    /// </summary>
    /// <param name="contract">The contract that enters.</param>
    public ExecutionContext For(Contract contract) =>
        Contract == contract ? this : new ExecutionContext(block, TransactionId, Issuer, Signers, contract, Caller);
}
