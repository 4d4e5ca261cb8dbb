using System.Globalization;
using System.Text.Json;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>Reads what a transaction anchored out of its signed argument, whichever action it was.</summary>
internal static class AnchorContents
{
    /// <summary>The event by which the anchors contract says that it anchored a version.</summary>
    public const string EventType = "anchors.put";

    /// <summary>Reads that event.</summary>
    public static bool TryReadEvent(LedgerEvent happened, out AnchorVersionKey key, out Digest<RecordVersion> digest)
    {
        key = default;
        digest = default;
        var facts = happened.Facts.ToDictionary(fact => fact.Name, fact => fact.Value, StringComparer.Ordinal);
        if (!facts.TryGetValue("author", out var authorText) || !AccountId.TryParse(authorText, out var author)
            || !facts.TryGetValue("rid", out var ridText) || !Digest<AnchoredRecord>.TryParse(ridText, out var rid)
            || !facts.TryGetValue("ver", out var verText) || !long.TryParse(verText, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || !facts.TryGetValue("digest", out var digestText) || !Digest<RecordVersion>.TryParse(digestText, out digest))
            return false;
        key = new AnchorVersionKey(new AnchorKey(author, rid), version);
        return true;
    }

    /// <summary>True if the outcome says that this version was anchored with this digest.</summary>
    public static bool Anchors(Outcome outcome, AnchorVersionKey key, Digest<RecordVersion> digest) =>
        outcome.Events.Any(happened => happened.Type == EventType && TryReadEvent(happened, out var found, out var anchored) && found == key && anchored == digest);

    /// <summary>
    /// What the argument says of the version, or an object directly inside it; null if it says nothing of it. Members that an action leaves to what
    /// it accepts (kind, predecessor, session) are those of the caller.
    /// </summary>
    public static AnchorContent? Find(TransactionPayload payload, AnchorVersionKey key, Digest<RecordVersion> digest, string rtype)
    {
        if (!StrictJson.TryParseObject(payload.Argument.Span, out var argument, payload.Argument.Length))
            return null;
        return Read(argument, key, digest, rtype)
            ?? argument.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Object)
                .Select(member => Read(member.Value, key, digest, rtype)).FirstOrDefault(found => found is not null);
    }

    private static AnchorContent? Read(JsonElement message, AnchorVersionKey key, Digest<RecordVersion> digest, string rtype)
    {
        if (TextOf(message, "rid") != key.Anchor.Rid.ToString() || TextOf(message, "digest") != digest.ToString()
            || !message.TryGetProperty("ver", out var version) || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt64(out var number) || number != key.Version)
            return null;
        IReadOnlyList<string> signatures = !message.TryGetProperty("sig", out var sig) ? []
            : sig.ValueKind == JsonValueKind.String ? [sig.GetString()!]
            : sig.ValueKind == JsonValueKind.Array ? [.. sig.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : [];
        return new AnchorContent
        {
            Rid = key.Anchor.Rid.As<VaultRecord>(),
            Rtype = TextOf(message, "rtype") ?? rtype,
            Ver = key.Version,
            Prev = Digest<RecordOriginal>.TryParse(TextOf(message, "prev"), out var previous) ? previous : default,
            Session = TextOf(message, "session"),
            Digest = digest.As<RecordOriginal>(),
            Sig = signatures,
            CtDigest = Digest<VaultDocument>.TryParse(TextOf(message, "ct_digest"), out var ciphertext) ? ciphertext : default,
            CtLen = message.TryGetProperty("ct_len", out var length) && length.ValueKind == JsonValueKind.Number ? length.GetInt64() : 0,
        };
    }

    private static string? TextOf(JsonElement message, string name) =>
        message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
