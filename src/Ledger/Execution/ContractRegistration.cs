using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Execution;

/// <summary>Applies an action: the guard ladder, then the writes.</summary>
/// <returns>Null where it accepts; a refusal leaves nothing of what it wrote.</returns>
public delegate Refusal? ApplyHandler<in TMessage>(ExecutionContext context, TMessage message);

/// <summary>The stateless part of an action: pure, run in parallel at admission, never repeated in execution.</summary>
public delegate Refusal? CheckHandler<in TMessage>(CheckContext context, TMessage message);

/// <summary>Names the funds and single-use keys that an action will spend; pure.</summary>
public delegate void ClaimsHandler<in TMessage>(TransactionPayload payload, TMessage message, ICollection<Claim> claims);

/// <summary>Names the attachments that must travel with the action; pure.</summary>
public delegate IEnumerable<Digest<Attachment>> AttachmentsHandler<in TMessage>(TMessage message);

/// <summary>Does due work. What it writes stays, whatever its outcome.</summary>
public delegate DueOutcome TimerHandler(ExecutionContext context, DueWork work);

/// <summary>Where a contract declares what it is made of.</summary>
public sealed class ContractRegistration
{
    private readonly Contract contract;
    private readonly LedgerState state;
    private readonly Dictionary<string, ActionDefinition> actions;
    private readonly Dictionary<string, TimerHandler> timers;

    internal ContractRegistration(
        Contract contract, LedgerState state, Dictionary<string, ActionDefinition> actions, Dictionary<string, TimerHandler> timers)
    {
        this.contract = contract;
        this.state = state;
        this.actions = actions;
        this.timers = timers;
    }

    /// <summary>A typed table of the contract's own, named <c>contract.name</c> in proofs.</summary>
    /// <param name="name">Lower-case, unique in the contract.</param>
    /// <param name="ordered">True if the table is read in key order.</param>
    public Table<TKey, TRow> Table<TKey, TRow>(string name, bool ordered = false)
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow> => state.Define<TKey, TRow>($"{contract.Name}.{name}", ordered);

    /// <summary>A table that can be read as of a past height.</summary>
    /// <param name="name">Lower-case, unique in the contract.</param>
    /// <param name="ordered">True if the table's present rows are read in key order.</param>
    public HistoryTable<TKey, TRow> HistoryTable<TKey, TRow>(string name, bool ordered = false)
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow> => state.DefineHistory<TKey, TRow>($"{contract.Name}.{name}", ordered);

    /// <summary>An action that a transaction can name as <c>contract.name</c>.</summary>
    /// <param name="name">Lower-case, unique in the contract; may have dots of its own.</param>
    /// <param name="format">The strict JSON form of <c>arg</c> (see <see cref="MessageJson"/>).</param>
    /// <param name="apply">The rule.</param>
    /// <param name="check">What needs no state: lengths, inner signatures, proofs.</param>
    /// <param name="claims">What it will spend, so that the pool does not promise it twice.</param>
    /// <param name="attachments">The documents that must travel with it; none where left out.</param>
    /// <param name="attachmentMismatch">What it is refused as where other documents travel with it; the
    /// ledger's <c>attachment_mismatch</c> where left out.</param>
    public void Action<TMessage>(
        string name,
        JsonTypeInfo<TMessage> format,
        ApplyHandler<TMessage> apply,
        CheckHandler<TMessage>? check = null,
        ClaimsHandler<TMessage>? claims = null,
        AttachmentsHandler<TMessage>? attachments = null,
        RefusalCode? attachmentMismatch = null)
        where TMessage : class
    {
        var full = $"{contract.Name}.{name}";
        var definition = new ActionDefinition(
            full,
            argument => Deserialize(argument, format),
            (context, message) => apply(context.For(contract), (TMessage)message),
            check is null ? null : (context, message) => check(context, (TMessage)message),
            claims is null ? null : (payload, message, list) => claims(payload, (TMessage)message, list),
            attachments is null ? null : message => attachments((TMessage)message),
            attachmentMismatch ?? TransactionRefusals.AttachmentMismatch);
        if (!actions.TryAdd(full, definition))
            throw new InvalidOperationException($"The action {full} is declared twice.");
    }

    /// <summary>Work that runs when block time reaches its due time, first in its block, ordered by (due, contract, name, id).</summary>
    /// <param name="name">Lower-case, unique in the contract.</param>
    /// <param name="handler">Does the work or a bounded portion of it.</param>
    public void Timer(string name, TimerHandler handler)
    {
        if (!timers.TryAdd($"{contract.Name}.{name}", (context, work) => handler(context.For(contract), work)))
            throw new InvalidOperationException($"The timer {contract.Name}.{name} is declared twice.");
    }

    private static TMessage? Deserialize<TMessage>(ReadOnlyMemory<byte> argument, JsonTypeInfo<TMessage> format)
        where TMessage : class
    {
        try
        {
            return JsonSerializer.Deserialize(argument.Span, format);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // A string with an unpaired surrogate.
            return null;
        }
    }
}

/// <summary>One action as the ledger uses it, its message type erased.</summary>
internal sealed record ActionDefinition(
    string Name,
    Func<ReadOnlyMemory<byte>, object?> Parse,
    Func<ExecutionContext, object, Refusal?> Apply,
    Func<CheckContext, object, Refusal?>? Check,
    Action<TransactionPayload, object, ICollection<Claim>>? Claims,
    Func<object, IEnumerable<Digest<Attachment>>>? Attachments,
    RefusalCode AttachmentMismatch);
