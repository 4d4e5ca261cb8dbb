using System.Text.Json;

namespace Counterfoil.Ledger.Transactions;

/// <summary>
/// The general JWS JSON serialisation for transactions of several signers: exactly <c>payload</c> and <c>signatures</c>, each of exactly
/// <c>protected</c> and <c>signature</c>. <b>Source:</b> RFC 7515 section 7.2.1.
/// </summary>
internal static class GeneralForm
{
    public static RefusalCode? Parse(ReadOnlyMemory<byte> bytes, out Transaction? transaction)
    {
        transaction = null;
        using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
        var root = document.RootElement;
        if (!HasExactly(root, "payload", "signatures", out var payloadElement, out var list) || payloadElement.ValueKind != JsonValueKind.String
            || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is < 2 or > TransactionParser.MaximumSigners)
            return TransactionRefusals.Malformed;
        var payload = System.Text.Encoding.ASCII.GetBytes(payloadElement.GetString()!);
        var signatures = new TransactionSignature[list.GetArrayLength()];
        for (var i = 0; i < signatures.Length; i++)
        {
            if (!HasExactly(list[i], "protected", "signature", out var header, out var value) || header.ValueKind != JsonValueKind.String || value.ValueKind != JsonValueKind.String)
                return TransactionRefusals.Malformed;
            var encodedHeader = System.Text.Encoding.ASCII.GetBytes(header.GetString()!);
            byte[] signingInput = [.. encodedHeader, (byte)'.', .. payload];
            if (TransactionParser.ParseSignature(encodedHeader, signingInput, System.Text.Encoding.ASCII.GetBytes(value.GetString()!), out var signature) is { } refused)
                return refused;
            if (signatures.Take(i).Any(other => other.KeyId == signature!.KeyId))
                return TransactionRefusals.Malformed;
            signatures[i] = signature!;
        }
        return TransactionParser.Complete(bytes, payload, signatures, out transaction);
    }

    private static bool HasExactly(JsonElement element, string first, string second, out JsonElement firstValue, out JsonElement secondValue)
    {
        firstValue = secondValue = default;
        return element.ValueKind == JsonValueKind.Object && element.GetPropertyCount() == 2
            && element.TryGetProperty(first, out firstValue) && element.TryGetProperty(second, out secondValue);
    }
}
