using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.ReadModel;

/// <summary>
/// What the read model keeps of a leaf, read from bytes that the ledger has verified: only the members that
/// are needed are looked at.
/// </summary>
internal readonly record struct TransactionRow(byte[] Id, string Action, byte[]? Issuer, long Status, string? Code)
{
    private static readonly string[] Statuses = ["", "accepted", "refused", "done", "failed"];

    /// <summary>The word of a status number.</summary>
    public static string StatusOf(long number) => Statuses[number];

    public static TransactionRow Of(StoredLeaf leaf)
    {
        var (status, code) = ReadOutcome(leaf.Outcome.Span);
        if (leaf.Due is { } due)
            return new TransactionRow(leaf.Id.ToArray(), $"{due.Contract}.{due.Timer}", null, status, code);
        var (action, issuer) = ReadPayload(leaf.Transaction.Span);
        return new TransactionRow(leaf.Id.ToArray(), action, issuer, status, code);
    }

    private static (long Status, string? Code) ReadOutcome(ReadOnlySpan<byte> outcome)
    {
        var reader = new Utf8JsonReader(outcome);
        reader.Read();
        long status = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Members come in this order: status, code, facts, events.
            if (reader.ValueTextEquals("status"u8))
            {
                reader.Read();
                status = reader.ValueTextEquals("accepted"u8) ? 1 : reader.ValueTextEquals("refused"u8) ? 2 : reader.ValueTextEquals("done"u8) ? 3 : 4;
            }
            else if (reader.ValueTextEquals("code"u8))
            {
                reader.Read();
                return (status, reader.GetString());
            }
            else
            {
                break;
            }
        }
        return (status, null);
    }

    private static (string Action, byte[] Issuer) ReadPayload(ReadOnlySpan<byte> transaction)
    {
        var encoded = transaction[0] == (byte)'{' ? PayloadOfGeneral(transaction) : PayloadOfCompact(transaction);
        var rented = System.Buffers.ArrayPool<byte>.Shared.Rent(encoded.Length);
        try
        {
            if (!Base64Url.TryDecode(encoded, rented, out var length))
                throw new InvalidDataException("A stored transaction's payload is not base64url.");
            return ReadMembers(rented.AsSpan(0, length));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static (string Action, byte[] Issuer) ReadMembers(ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload);
        reader.Read();
        string? action = null;
        byte[]? issuer = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAction = reader.ValueTextEquals("act"u8);
            var isIssuer = reader.ValueTextEquals("iss"u8);
            reader.Read();
            if (isAction)
                action = ActionNames.Intern(reader.ValueSpan);
            else if (isIssuer)
                issuer = Base64Url.TryDecode(reader.ValueSpan, out var bytes) ? bytes : null;
            else
                reader.Skip();
            if (action is not null && issuer is not null)
                return (action, issuer);
        }
        throw new InvalidDataException("A stored transaction names no action or issuer.");
    }

    private static ReadOnlySpan<byte> PayloadOfCompact(ReadOnlySpan<byte> compact)
    {
        var first = compact.IndexOf((byte)'.') + 1;
        return compact[first..(first + compact[first..].IndexOf((byte)'.'))];
    }

    private static ReadOnlySpan<byte> PayloadOfGeneral(ReadOnlySpan<byte> general)
    {
        var reader = new Utf8JsonReader(general);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isPayload = reader.ValueTextEquals("payload"u8);
            reader.Read();
            if (isPayload)
                return reader.ValueSpan;
            reader.Skip();
        }
        throw new InvalidDataException("A stored transaction has no payload.");
    }
}

/// <summary>
/// The few names of actions, so that a million rows do not make a million strings. For one thread.
/// </summary>
internal static class ActionNames
{
    // Names come from executed transactions, so there are as many as contracts have actions.
    [ThreadStatic]
    private static HashSet<string>? known;

    public static string Intern(ReadOnlySpan<byte> ascii)
    {
        Span<char> text = stackalloc char[TransactionParser.MaximumActionLength];
        text = text[..System.Text.Encoding.ASCII.GetChars(ascii, text)];
        known ??= new HashSet<string>(StringComparer.Ordinal);
        if (known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var name))
            return name;
        name = text.ToString();
        known.Add(name);
        return name;
    }
}
