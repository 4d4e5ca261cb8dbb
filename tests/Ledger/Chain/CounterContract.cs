using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using ExecutionContext = Counterfoil.Ledger.Execution.ExecutionContext;

namespace Counterfoil.Ledger.Tests.Chain;

/// <summary>A small contract that uses every means that the ledger gives: accounts with one key, named counters, claims, timers, inner calls.</summary>
internal sealed class CounterContract : Contract, IAccountDirectory
{
    private Table<AccountKey, KeyRow> keys = null!;
    private Table<TextKey, CountRow> counts = null!;
    private readonly ClaimKind once;

    private readonly ClaimKind single;

    public CounterContract()
    {
        once = new ClaimKind("once", AlreadyCounted, _ => 1);
        // What the state has spent has no room: the pool knows, not only the block.
        single = new ClaimKind("single", AlreadyCounted, key => counts.All().Any(row => ClaimKeyOf(row.Key.Text) == key) ? 0u : 1u);
    }

    private static ClaimKey ClaimKeyOf(string name) => new(Digest<ClaimSubject>.Of(System.Text.Encoding.UTF8.GetBytes(name)));

    public static readonly RefusalCode AlreadyCounted = new("already_counted", "This name was counted once already.");
    public static readonly RefusalCode TooMuch = new("too_much", "The count would exceed its limit.");
    public static readonly RefusalCode Overslept = new("overslept", "The alarm rang for a counter that does not exist.");

    public override string Name => "counter";

    public override void Register(ContractRegistration registration)
    {
        keys = registration.Table<AccountKey, KeyRow>("keys");
        counts = registration.Table<TextKey, CountRow>("counts", ordered: true);
        registration.Action("add", CounterJson.Instance.AddMessage, Add);
        registration.Action("once", CounterJson.Instance.NameMessage, Once, claims: (_, message, claims) => claims.Add(new Claim(once, new ClaimKey(Digest<ClaimSubject>.Of(System.Text.Encoding.UTF8.GetBytes(message.Name))), 1)));
        registration.Action("single", CounterJson.Instance.NameMessage, Once, claims: (_, message, claims) => claims.Add(new Claim(single, ClaimKeyOf(message.Name), 1)));
        registration.Action("twice", CounterJson.Instance.AddMessage, Twice);
        registration.Action("alarm", CounterJson.Instance.AlarmMessage, Alarm);
        registration.Action("fail", CounterJson.Instance.NameMessage, (_, _) => throw new InvalidOperationException("a bug"));
        registration.Timer("ring", Ring);
    }

    public override void Initialise(ExecutionContext context, JsonElement section)
    {
        foreach (var key in section.EnumerateArray().Select(element => element.Deserialize<PublicKey>()))
            keys.Set(new AccountKey(AccountId.Of(key)), new KeyRow(key));
    }

    public long CountOf(string name) => counts.TryGet(new TextKey(name), out var row) ? row.Count : 0;

    private Refusal? Add(ExecutionContext context, AddMessage message)
    {
        var count = CountOf(message.Name) + message.By;
        if (count > 1_000)
            return TooMuch.With(("limit", "1000"), ("count", $"{count}"));
        counts.Set(new TextKey(message.Name), new CountRow(count));
        context.Emit("counter.added", ("name", message.Name), ("count", $"{count}"));
        return null;
    }

    private Refusal? Once(ExecutionContext context, NameMessage message) =>
        CountOf(message.Name) > 0 ? AlreadyCounted : Add(context, new AddMessage(message.Name, 1));

    /// <summary>Adds, then tries an inner call that is refused when the second addition is too much; the first stays.</summary>
    private Refusal? Twice(ExecutionContext context, AddMessage message)
    {
        if (Add(context, message) is { } refusal)
            return refusal;
        var inner = context.Call(call => Add(call.For(this), message));
        context.Emit("counter.doubled", ("second", inner?.Code ?? "accepted"));
        return null;
    }

    private Refusal? Alarm(ExecutionContext context, AlarmMessage message)
    {
        context.Schedule("ring", new Timestamp(message.At), System.Text.Encoding.UTF8.GetBytes(message.Name));
        return null;
    }

    private DueOutcome Ring(ExecutionContext context, DueWork work)
    {
        var name = System.Text.Encoding.UTF8.GetString(work.Id.Span);
        if (CountOf(name) == 0)
            return DueOutcome.Failed(Overslept);
        Add(context, new AddMessage(name, 100));
        return CountOf(name) < 300 ? DueOutcome.More : DueOutcome.Done;
    }

    public AccountStanding StandingOf(AccountId account) => keys.Contains(new AccountKey(account)) ? AccountStanding.Open : AccountStanding.Unknown;

    public bool TryGetActiveKey(AccountId account, Digest<PublicKey> keyId, out PublicKey key)
    {
        key = keys.TryGet(new AccountKey(account), out var row) && row.Key.Thumbprint == keyId ? row.Key : default;
        return !key.IsUnset;
    }

    public Refusal? Open(ExecutionContext context, AccountId account, PublicKey firstKey, AccountId sponsor)
    {
        keys.Set(new AccountKey(account), new KeyRow(firstKey));
        return null;
    }
}

internal readonly record struct KeyRow(PublicKey Key) : IStateRow<KeyRow>
{
    public void Write(ref StateWriter writer) => writer.PublicKey(Key);

    public static KeyRow Read(ref StateReader reader) => new(reader.PublicKey());
}

internal readonly record struct CountRow(long Count) : IStateRow<CountRow>
{
    public void Write(ref StateWriter writer) => writer.Int64(Count);

    public static CountRow Read(ref StateReader reader) => new(reader.Int64());
}

internal sealed record AddMessage(string Name, long By);

internal sealed record NameMessage(string Name);

internal sealed record AlarmMessage(string Name, long At);

[JsonSerializable(typeof(AddMessage))]
[JsonSerializable(typeof(NameMessage))]
[JsonSerializable(typeof(AlarmMessage))]
internal sealed partial class CounterJson : JsonSerializerContext
{
    public static CounterJson Instance { get; } = new(MessageJson.NewOptions());
}
