using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Client;

/// <summary>
/// Sends a party's orders so that each takes effect once, whatever breaks in between: the signed bytes are journalled before they leave and the same
/// bytes are sent again; an order is signed anew only when a certified block's time is past <c>exp</c> and no receipt exists, since then the old
/// bytes can never execute. Safe for concurrent use in one process. <b>Source:</b> kernel.md section 1.
/// </summary>
public sealed class Outbox
{
    private static readonly SchemaStep[] Schema =
    [
        new(1, """
            CREATE TABLE outbox (
              order_key {text} PRIMARY KEY, action {text} NOT NULL, argument {blob} NOT NULL, attachments {blob} NOT NULL,
              signed {blob} NOT NULL, id {blob} NOT NULL, expires {integer} NOT NULL, answer {blob}
            ) {strict};
            CREATE INDEX outbox_open ON outbox (expires) WHERE answer IS NULL
            """),
    ];

    private readonly Database database;
    private readonly Party party;
    private readonly ReceiptVerifier verifier;
    private readonly TimeSpan pause;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Task<OutboxResult>> running = [];

    /// <summary>An outbox whose journal lies in a database.</summary>
    /// <param name="database">Opened with full durability; the caller disposes it.</param>
    /// <param name="party">Who signs and sends.</param>
    /// <param name="verifier">The ledger and its validators: no node is believed that time is over.</param>
    /// <param name="pause">How long to wait before the same bytes are sent again; half a second by default.</param>
    public Outbox(Database database, Party party, ReceiptVerifier verifier, TimeSpan? pause = null)
    {
        this.database = database;
        this.party = party;
        this.verifier = verifier;
        this.pause = pause ?? TimeSpan.FromMilliseconds(500);
        database.Migrate("outbox", Schema);
    }

    /// <summary>The names of the orders that are not done.</summary>
    public IReadOnlyList<string> Open()
    {
        using var session = database.OpenSession();
        return session.Query("SELECT order_key FROM outbox WHERE answer IS NULL ORDER BY expires, order_key LIMIT 100000", row => row.Text(0));
    }

    /// <summary>
    /// Sends an order and waits until it is final or refused for good. An order of this name that was done before gives its first answer again. Lasts
    /// through faults of line and node until cancelled; what was journalled goes on with <see cref="ResumeAsync"/>.
    /// </summary>
    /// <exception cref="OutboxConflictException">An order of this name has other content.</exception>
    public Task<OutboxResult> SendAsync(OutboxOrder order, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order.Key.Length, OutboxOrder.MaximumKeyLength);
        var (row, done) = Journal(order);
        return done is null ? RunOnceAsync(row, cancellation) : Task.FromResult(done);
    }

    /// <summary>Goes on with all orders that are not done, after a restart.</summary>
    public async Task<IReadOnlyList<OutboxResult>> ResumeAsync(CancellationToken cancellation = default)
    {
        var results = new List<OutboxResult>();
        foreach (var key in Open())
        {
            if (Find(key) is { Answer: null } found)
                results.Add(await RunOnceAsync(found.Row, cancellation).ConfigureAwait(false));
        }
        return results;
    }

    /// <summary>Two callers of the same order share one sender.</summary>
    private Task<OutboxResult> RunOnceAsync(OutboxRow row, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (running.TryGetValue(row.Key, out var task))
                return task.WaitAsync(cancellation);
            task = RunAsync(row, cancellation);
            if (!task.IsCompleted)
            {
                running[row.Key] = task;
                _ = task.ContinueWith(_ => Forget(row.Key), TaskScheduler.Default);
            }
            return task;
        }
    }

    private void Forget(string key)
    {
        lock (gate)
            running.Remove(key);
    }

    private async Task<OutboxResult> RunAsync(OutboxRow row, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var answer = await party.SubmitAsync(row.Transaction, OutboxRow.Read(row.Attachments), cancellation).ConfigureAwait(false);
                if (answer.IsFinal)
                    return Finish(row, answer);
                if (answer.Refusal is { Transient: false } refusal && refusal.Code != TransactionRefusals.Expired.Code && !row.IsUncertain)
                    return Finish(row, answer);
                if (await FindFinalAsync(row, cancellation).ConfigureAwait(false) is { } found)
                    return Finish(row, found);
                if (await IsOverAsync(row, cancellation).ConfigureAwait(false))
                {
                    // The old bytes can never execute: now, and only now, a refusal at the door is final, and new bytes are safe.
                    if (answer.Refusal is { Transient: false } last && last.Code != TransactionRefusals.Expired.Code)
                        return Finish(row, answer);
                    row = SignAnew(row);
                    continue;
                }
            }
            catch (NodeFaultException)
            {
                // What was sent may have arrived: from here on only receipts and time decide.
                row = row with { IsUncertain = true };
            }
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The outcome by a verified receipt, if there is one.</summary>
    private async Task<SubmissionAnswer?> FindFinalAsync(OutboxRow row, CancellationToken cancellation)
    {
        var result = await party.Node.GetReceiptAsync(row.Id, cancellation).ConfigureAwait(false);
        if (!result.TryGet(out var receipt, out _) || receipt.Id != row.Id)
            return null;
        var (verified, _) = await verifier.VerifyAsync(party.Node, receipt, cancellation).ConfigureAwait(false);
        return verified is null ? null
            : new SubmissionAnswer { Id = row.Id, Height = verified.Header.Height, Index = (int)receipt.Path.Index, Outcome = verified.Outcome, Repeat = true };
    }

    /// <summary>True if a certified block's time is past <c>exp</c> and the node, which has that block, has no receipt.</summary>
    private async Task<bool> IsOverAsync(OutboxRow row, CancellationToken cancellation)
    {
        var status = await party.Node.GetStatusAsync(cancellation).ConfigureAwait(false);
        if (status.Time.UnixSeconds <= row.ExpiresSeconds || status.Height == 0)
            return false;
        var block = await party.Node.GetBlockAsync(status.Height, cancellation).ConfigureAwait(false);
        if (!block.TryGet(out var last, out _) || last.Header.Time / 1000 <= row.ExpiresSeconds
            || !await verifier.IsCertifiedAsync(party.Node, last, cancellation).ConfigureAwait(false))
            return false;
        var receipt = await party.Node.GetReceiptAsync(row.Id, cancellation).ConfigureAwait(false);
        return receipt.Refusal is { Transient: false, Code: "unknown_transaction" };
    }

    private (OutboxRow Row, OutboxResult? Done) Journal(OutboxOrder order)
    {
        lock (gate)
        {
            if (Find(order.Key) is { } found)
            {
                if (found.Row.Action != order.Action || !found.Row.Argument.AsSpan().SequenceEqual(order.Argument.Span)
                    || !found.Row.Attachments.AsSpan().SequenceEqual(OutboxRow.Write(order.Attachments)))
                    throw new OutboxConflictException(order.Key);
                return (found.Row, found.Answer is null ? null : new OutboxResult(order.Key, found.Row.Id, found.Answer));
            }
            var row = Sign(new OutboxRow(order.Key, order.Action, order.Argument.ToArray(), OutboxRow.Write(order.Attachments), [], default, 0, false));
            database.Execute(
                "INSERT INTO outbox (order_key, action, argument, attachments, signed, id, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                row.Key, row.Action, row.Argument, row.Attachments, row.Transaction, row.Id.ToArray(), row.ExpiresSeconds);
            return (row, null);
        }
    }

    private OutboxRow Sign(OutboxRow row)
    {
        var draft = party.Draft(row.Action, row.Argument);
        return row with { Transaction = party.Sign(draft), Id = draft.Id, ExpiresSeconds = draft.ExpiresSeconds, IsUncertain = false };
    }

    private OutboxRow SignAnew(OutboxRow old)
    {
        var row = Sign(old);
        database.Execute(
            "UPDATE outbox SET signed = $2, id = $3, expires = $4 WHERE order_key = $1",
            row.Key, row.Transaction, row.Id.ToArray(), row.ExpiresSeconds);
        return row;
    }

    private OutboxResult Finish(OutboxRow row, SubmissionAnswer answer)
    {
        database.Execute("UPDATE outbox SET answer = $2 WHERE order_key = $1", row.Key, answer.ToBytes());
        return new OutboxResult(row.Key, row.Id, answer);
    }

    /// <summary>What was journalled before: unless it has its answer nobody knows whether it was sent.</summary>
    private (OutboxRow Row, SubmissionAnswer? Answer)? Find(string key)
    {
        using var session = database.OpenSession();
        var rows = session.Query(
            "SELECT action, argument, attachments, signed, id, expires, answer FROM outbox WHERE order_key = $1 LIMIT 1",
            row => (
                new OutboxRow(
                    key, row.Text(0), row.Bytes(1), row.Bytes(2), row.Bytes(3), new Digest<Transaction>(row.Bytes(4)), row.Integer(5), IsUncertain: true),
                row.BytesOrNull(6) is { } answer ? SubmissionAnswer.Parse(answer) : null),
            key);
        return rows.Count == 0 ? null : rows[0];
    }
}
