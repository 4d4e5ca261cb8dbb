using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Api;

/// <summary>Writes what became of submissions, straight into the response.</summary>
internal static class TransactionAnswer
{
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<SubmissionResult> results)
    {
        writer.WriteStartArray();
        foreach (var result in results)
            Write(writer, result);
        writer.WriteEndArray();
    }

    public static void Write(Utf8JsonWriter writer, SubmissionResult result)
    {
        writer.WriteStartObject();
        if (!result.Id.IsUnset)
            WriteDigest(writer, "id"u8, result.Id);
        if (result.Refusal is { } refusal)
        {
            writer.WriteString("status"u8, "refused"u8);
            writer.WriteString("code"u8, refusal.Code);
            writer.WriteString("detail"u8, refusal.Reason.Meaning);
            if (refusal.Facts.Count > 0)
                Problem.WriteFacts(writer, refusal.Facts);
            if (refusal.Reason.Transient)
                writer.WriteBoolean("transient"u8, true);
        }
        else if (result.Acknowledgement is { } acknowledgement)
        {
            writer.WriteString("status"u8, "admitted"u8);
            writer.WriteString("acknowledgement"u8, acknowledgement);
            if (result.Repeat)
                writer.WriteBoolean("repeat"u8, true);
        }
        else
        {
            writer.WriteString("status"u8, "final"u8);
            writer.WriteNumber("height"u8, result.Height);
            writer.WriteNumber("index"u8, result.Index);
            writer.WritePropertyName("outcome"u8);
            // The outcome's bytes are compact JSON that the ledger itself made and certified.
            writer.WriteRawValue(result.Outcome!.Bytes, skipInputValidation: true);
            if (result.Repeat)
                writer.WriteBoolean("repeat"u8, true);
        }
        writer.WriteEndObject();
    }

    private static void WriteDigest(Utf8JsonWriter writer, ReadOnlySpan<byte> name, Digest<Transaction> digest)
    {
        Span<byte> bytes = stackalloc byte[Digest<Transaction>.Size];
        Span<byte> text = stackalloc byte[2 * Digest<Transaction>.Size];
        digest.CopyTo(bytes);
        Convert.TryToHexStringLower(bytes, text, out _);
        writer.WriteString(name, text);
    }
}
