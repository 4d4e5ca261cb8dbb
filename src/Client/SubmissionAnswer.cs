using System.Net;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client;

/// <summary>What a node answered to one transaction. <b>Source:</b> kernel.md section 8.</summary>
public sealed record SubmissionAnswer
{
    /// <summary>The transaction's id; unset where the node could not read one.</summary>
    public Digest<Transaction> Id { get; init; }

    /// <summary>The block's height; 0 where the transaction is in no block.</summary>
    public long Height { get; init; }

    /// <summary>The leaf in the block, from 0.</summary>
    public int Index { get; init; }

    /// <summary>What became of it in a block; null where it was refused at the door or only admitted.</summary>
    public Outcome? Outcome { get; init; }

    /// <summary>Why the door stayed shut; null where it is in a block or admitted.</summary>
    public NodeRefusal? Refusal { get; init; }

    /// <summary>True if these bytes were in a block already: the first answer again.</summary>
    public bool Repeat { get; init; }

    /// <summary>The node's signed word that it admitted the transaction (compact JWS), where it was asked not to wait.</summary>
    public string? Acknowledgement { get; init; }

    /// <summary>True if it is in a block and was accepted there.</summary>
    public bool IsAccepted => Outcome is { IsSuccess: true };

    /// <summary>True if it is in a block, accepted or refused.</summary>
    public bool IsFinal => Outcome is not null;

    /// <summary>The code of the refusal, at the door or in the block; null where accepted or only admitted.</summary>
    public string? Code => Refusal?.Code ?? Outcome?.Code;

    /// <summary>Itself if accepted.</summary>
    /// <exception cref="NodeRefusedException">It was refused, or only admitted.</exception>
    public SubmissionAnswer Required() =>
        IsAccepted ? this : throw new NodeRefusedException(Refusal ?? new NodeRefusal
        {
            Code = Outcome?.Code ?? "not_final",
            Facts = Outcome?.Facts.ToDictionary(fact => fact.Name, fact => fact.Value) ?? [],
        });

    /// <summary>Reads one item of an answer, or the answer to the single form.</summary>
    internal static SubmissionAnswer Of(JsonElement item, HttpStatusCode status)
    {
        if (item.ValueKind != JsonValueKind.Object)
            throw new NodeFaultException("The answer to a transaction is no object.");
        Outcome? outcome = null;
        if (item.TryGetProperty("outcome", out var json) && json.ValueKind == JsonValueKind.Object
            && !Outcome.TryParse(Encoding.UTF8.GetBytes(json.GetRawText()), out outcome))
            throw new NodeFaultException("The answer holds an outcome that has not the form of one.");
        var answer = new SubmissionAnswer
        {
            Id = Digest<Transaction>.TryParse(item.Text("id"), out var id) ? id : default,
            Height = item.Number("height") ?? 0,
            Index = checked((int)(item.Number("index") ?? 0)),
            Outcome = outcome,
            Repeat = item.TryGetProperty("repeat", out var repeat) && repeat.ValueKind == JsonValueKind.True,
            Acknowledgement = item.Text("acknowledgement"),
        };
        if (outcome is not null || answer.Acknowledgement is not null)
            return answer;
        var refusal = NodeRefusal.Of(item, status)
            ?? throw new NodeFaultException("The answer to a transaction says neither what became of it nor why it was refused.");
        return answer with { Refusal = refusal };
    }

    /// <summary>The answer as JSON, in the form in which nodes answer.</summary>
    internal byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            if (!Id.IsUnset)
                writer.WriteString("id"u8, Id.ToString());
            if (Outcome is not null)
            {
                writer.WriteNumber("height"u8, Height);
                writer.WriteNumber("index"u8, Index);
                writer.WritePropertyName("outcome"u8);
                writer.WriteRawValue(Outcome.Bytes);
            }
            if (Refusal is not null)
            {
                writer.WriteString("code"u8, Refusal.Code);
                writer.WriteString("detail"u8, Refusal.Detail);
                writer.WriteBoolean("transient"u8, Refusal.Transient);
                writer.WriteStartObject("facts"u8);
                foreach (var (name, value) in Refusal.Facts)
                    writer.WriteString(name, value);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    internal static SubmissionAnswer Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return Of(document.RootElement, 0) with { Repeat = true };
    }
}
