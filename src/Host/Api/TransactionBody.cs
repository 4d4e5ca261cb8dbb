using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Api;

/// <summary>
/// Reads the body of <c>POST /transactions</c> without a document model: each item's bytes are copied once
/// into an array of their own, since they outlive the request's buffer (the pool, the log and subscribers
/// keep them).
/// </summary>
internal static class TransactionBody
{
    /// <summary>The most items of one request.</summary>
    public const int MaximumItems = 1_000;

    /// <summary>The most attachments of one item; their sizes are the ledger's rule.</summary>
    public const int MaximumAttachments = 64;

    /// <summary>The most readers of one attachment.</summary>
    public const int MaximumReaders = 1_024;

    // Deeper than any item: a general JWS has objects in arrays in an object.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 16 };

    /// <summary>
    /// Reads a JSON array of items. An item that is no transaction is refused by the ledger in its place.
    /// </summary>
    /// <returns>Null, or why the body as a whole is not read.</returns>
    public static RefusalCode? ReadArray(ReadOnlySpan<byte> body, List<Submission> items)
    {
        try
        {
            var reader = new Utf8JsonReader(body, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                return ApiRefusals.MalformedRequest;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (items.Count == MaximumItems)
                    return ApiRefusals.TooManyItems;
                if (!ReadItem(body, ref reader, out var item))
                    return ApiRefusals.MalformedRequest;
                items.Add(item!);
            }
            // Reading on past the end finds trailing bytes.
            return reader.TokenType == JsonTokenType.EndArray && !reader.Read() ? null : ApiRefusals.MalformedRequest;
        }
        catch (JsonException)
        {
            return ApiRefusals.MalformedRequest;
        }
        catch (InvalidOperationException)
        {
            // A string that is not valid UTF-16 once unescaped.
            return ApiRefusals.MalformedRequest;
        }
    }

    private static bool ReadItem(ReadOnlySpan<byte> body, ref Utf8JsonReader reader, out Submission? item)
    {
        item = null;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                // A compact JWS has nothing to escape; an escaped one is left to the parser to refuse.
                item = Submission.Of(reader.ValueSpan.ToArray());
                return true;
            case JsonTokenType.StartObject:
                var start = (int)reader.TokenStartIndex;
                var ahead = reader;
                if (!ahead.Read() || ahead.TokenType != JsonTokenType.PropertyName)
                    return false;
                if (ahead.ValueTextEquals("transaction"u8) || ahead.ValueTextEquals("attachments"u8))
                    return ReadWithAttachments(body, ref reader, out item);
                reader.Skip();
                item = Submission.Of(body[start..(int)reader.BytesConsumed].ToArray());
                return true;
            default:
                return false;
        }
    }

    private static bool ReadWithAttachments(ReadOnlySpan<byte> body, ref Utf8JsonReader reader, out Submission? item)
    {
        item = null;
        byte[]? transaction = null;
        List<AttachmentContent>? attachments = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("transaction"u8) && transaction is null)
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                switch (reader.TokenType)
                {
                    case JsonTokenType.String:
                        transaction = reader.ValueSpan.ToArray();
                        break;
                    case JsonTokenType.StartObject:
                        reader.Skip();
                        transaction = body[start..(int)reader.BytesConsumed].ToArray();
                        break;
                    default:
                        return false;
                }
            }
            else if (reader.ValueTextEquals("attachments"u8) && attachments is null)
            {
                attachments = [];
                if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray || !ReadAttachments(ref reader, attachments))
                    return false;
            }
            else
            {
                return false;
            }
        }
        if (transaction is null)
            return false;
        item = new Submission(transaction, attachments ?? []);
        return true;
    }

    private static bool ReadAttachments(ref Utf8JsonReader reader, List<AttachmentContent> attachments)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            if (attachments.Count == MaximumAttachments || !ReadAttachment(ref reader, out var attachment))
                return false;
            attachments.Add(attachment!);
        }
        return reader.TokenType == JsonTokenType.EndArray;
    }

    private static bool ReadAttachment(ref Utf8JsonReader reader, out AttachmentContent? attachment)
    {
        attachment = null;
        byte[]? content = null;
        List<Digest<DocumentReader>>? readers = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("content"u8) && content is null)
            {
                if (!reader.Read() || reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped
                    || !Base64Url.TryDecode(reader.ValueSpan, out content))
                    return false;
            }
            else if (reader.ValueTextEquals("readers"u8) && readers is null)
            {
                readers = [];
                if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray || !ReadReaders(ref reader, readers))
                    return false;
            }
            else
            {
                return false;
            }
        }
        if (content is null || readers is null)
            return false;
        attachment = new AttachmentContent(Digest<Attachment>.Of(content), content, readers);
        return true;
    }

    private static bool ReadReaders(ref Utf8JsonReader reader, List<Digest<DocumentReader>> readers)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            if (readers.Count == MaximumReaders || !Digest<DocumentReader>.TryParse(reader.GetString(), out var digest))
                return false;
            readers.Add(digest);
        }
        return reader.TokenType == JsonTokenType.EndArray;
    }
}
