using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Ledger.Transactions;

/// <summary>
/// Turns bytes into transactions once, at the edge: JWS compact for one signer, general JSON for several, with nothing missing, unknown,
/// repeated or left over. Checks form only. <b>Source:</b> kernel.md section 1, RFC 7515 sections 3.1 and 7.2.1.
/// </summary>
public static class TransactionParser
{
    /// <summary>The largest transaction without its attachments, in bytes.</summary>
    public const int MaximumBytes = 256 * 1024;

    /// <summary>The most accounts that sign one transaction.</summary>
    public const int MaximumSigners = 8;

    /// <summary>The longest <c>jti</c>, in characters.</summary>
    public const int MaximumJtiLength = 64;

    /// <summary>The longest <c>act</c>, in characters.</summary>
    public const int MaximumActionLength = 80;

    private static readonly PublicKeyJsonConverter KeyConverter = new();
    private static readonly SearchValues<byte> JtiAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"u8);
    private static readonly SearchValues<byte> ActionAlphabet = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_."u8);

    /// <summary>Parses a transaction; keeps the memory it is given.</summary>
    /// <param name="bytes">A compact JWS, or a general JWS as JSON; the caller does not change it afterwards.</param>
    /// <param name="transaction">The transaction, where the result is null.</param>
    /// <returns>Null, or <c>too_large</c>, <c>unsupported_algorithm</c>, <c>malformed</c> or <c>signers_mismatch</c>.</returns>
    public static RefusalCode? Parse(ReadOnlyMemory<byte> bytes, [NotNullWhen(false)] out Transaction? transaction)
    {
        transaction = null;
        if (bytes.Length > MaximumBytes)
            return TransactionRefusals.TooLarge;
        if (bytes.IsEmpty)
            return TransactionRefusals.Malformed;
        try
        {
            return bytes.Span[0] == (byte)'{' ? GeneralForm.Parse(bytes, out transaction) : ParseCompact(bytes, out transaction);
        }
        catch (JsonException)
        {
            return TransactionRefusals.Malformed;
        }
        catch (InvalidOperationException)
        {
            // A JSON string that is not valid UTF-16 once unescaped.
            return TransactionRefusals.Malformed;
        }
    }

    private static RefusalCode? ParseCompact(ReadOnlyMemory<byte> bytes, out Transaction? transaction)
    {
        transaction = null;
        var span = bytes.Span;
        var first = span.IndexOf((byte)'.');
        var second = first < 0 ? -1 : span[(first + 1)..].IndexOf((byte)'.');
        if (second < 0)
            return TransactionRefusals.Malformed;
        second += first + 1;
        if (ParseSignature(bytes[..first], bytes[..second], span[(second + 1)..], out var signature) is { } refused)
            return refused;
        return Complete(bytes, span[(first + 1)..second], [signature!], out transaction);
    }

    internal static RefusalCode? Complete(
        ReadOnlyMemory<byte> bytes, ReadOnlySpan<byte> encodedPayload, TransactionSignature[] signatures, out Transaction? transaction)
    {
        transaction = null;
        if (!Base64Url.TryDecode(encodedPayload, out var payloadBytes))
            return TransactionRefusals.Malformed;
        var payload = ParsePayload(payloadBytes);
        if (payload is null)
            return TransactionRefusals.Malformed;
        if (payload.By.Count != signatures.Length)
            return TransactionRefusals.SignersMismatch;
        transaction = new Transaction(bytes, IdOf(encodedPayload), payload, signatures);
        return null;
    }

    /// <summary>A transaction's id from the base64url text of its payload.</summary>
    public static Digest<Transaction> IdOf(ReadOnlySpan<byte> encodedPayload) => Digest<Transaction>.Of("cf-tx\0"u8, encodedPayload);

    internal static RefusalCode? ParseSignature(
        ReadOnlyMemory<byte> encodedHeader, ReadOnlyMemory<byte> signingInput, ReadOnlySpan<byte> encodedSignature, out TransactionSignature? signature)
    {
        signature = null;
        Span<byte> header = stackalloc byte[512];
        if (encodedHeader.Length > 680 || !Base64Url.TryDecode(encodedHeader.Span, header, out var length))
            return TransactionRefusals.Malformed;
        if (ParseHeader(header[..length], out var keyId, out var openingKey) is { } refused)
            return refused;
        if (!Base64Url.TryDecode(encodedSignature, out var value) || value.Length != 64)
            return TransactionRefusals.Malformed;
        signature = new TransactionSignature(keyId, openingKey, signingInput, value);
        return null;
    }

    private static RefusalCode? ParseHeader(ReadOnlySpan<byte> json, out Digest<PublicKey> keyId, out PublicKey openingKey)
    {
        keyId = default;
        openingKey = default;
        var reader = new Utf8JsonReader(json);
        var seen = 0;
        Span<byte> thumbprint = stackalloc byte[33];
        Read(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var bit = reader.ValueTextEquals("alg"u8) ? 1 : reader.ValueTextEquals("typ"u8) ? 2 : reader.ValueTextEquals("kid"u8) ? 4 : reader.ValueTextEquals("jwk"u8) ? 8 : 0;
            if (bit == 0 || (seen & bit) != 0)
                return TransactionRefusals.Malformed;
            seen |= bit;
            reader.Read();
            if (bit == 8)
                openingKey = KeyConverter.Read(ref reader, typeof(PublicKey), JsonSerializerOptions.Default);
            else if (reader.TokenType != JsonTokenType.String)
                return TransactionRefusals.Malformed;
            else if (bit == 1 && !reader.ValueTextEquals("ES256"u8))
                return TransactionRefusals.UnsupportedAlgorithm;
            else if (bit == 2 && !reader.ValueTextEquals("cf+jws"u8))
                return TransactionRefusals.Malformed;
            else if (bit == 4)
            {
                if (reader.ValueIsEscaped || reader.ValueSpan.Length != 43 || !Base64Url.TryDecode(reader.ValueSpan, thumbprint, out var written) || written != 32)
                    return TransactionRefusals.Malformed;
                keyId = new Digest<PublicKey>(thumbprint[..32]);
            }
        }
        End(ref reader, json.Length);
        return (seen & 7) != 7 || keyId.IsUnset ? TransactionRefusals.Malformed : null;
    }

    private static TransactionPayload? ParsePayload(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = 32 });
        Digest<Net> net = default;
        AccountId issuer = default;
        IReadOnlyList<AccountId>? by = null;
        string? action = null;
        ReadOnlyMemory<byte> argument = default;
        long issuedAt = 0, expires = 0;
        Span<byte> jti = stackalloc byte[MaximumJtiLength];
        var jtiLength = 0;
        var seen = 0;
        Read(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var bit = PayloadMember(ref reader);
            if (bit == 0 || (seen & bit) != 0)
                return null;
            seen |= bit;
            reader.Read();
            var valid = bit switch
            {
                1 => reader.TokenType == JsonTokenType.String && Digest<Net>.TryParse(reader.GetString(), out net),
                2 => reader.TokenType == JsonTokenType.String && AccountId.TryParse(reader.GetString(), out issuer),
                4 => (by = ParseSigners(ref reader)) is not null,
                8 => ParseJti(ref reader, jti, out jtiLength),
                16 => reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out issuedAt),
                32 => reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out expires),
                64 => (action = ParseAction(ref reader)) is not null,
                _ => reader.TokenType == JsonTokenType.StartObject,
            };
            if (!valid)
                return null;
            if (bit == 128)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                argument = json[start..(int)reader.BytesConsumed];
            }
        }
        End(ref reader, json.Length);
        const int required = 255 - 4;
        if ((seen & required) != required || issuedAt is < 0 or > MaximumSeconds || expires is < 0 or > MaximumSeconds)
            return null;
        if (by is not null && !by.Contains(issuer))
            return null;
        return new TransactionPayload(net, issuer, by ?? [issuer], ReplayKeyOf(issuer, jti[..jtiLength]), issuedAt, expires, action!, argument);
    }

    // The year 9999: later seconds would overflow no type, but no calendar either.
    private const long MaximumSeconds = 253_402_300_799;

    private static int PayloadMember(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("net"u8) ? 1
        : reader.ValueTextEquals("iss"u8) ? 2
        : reader.ValueTextEquals("by"u8) ? 4
        : reader.ValueTextEquals("jti"u8) ? 8
        : reader.ValueTextEquals("iat"u8) ? 16
        : reader.ValueTextEquals("exp"u8) ? 32
        : reader.ValueTextEquals("act"u8) ? 64
        : reader.ValueTextEquals("arg"u8) ? 128 : 0;

    private static List<AccountId>? ParseSigners(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return null;
        var signers = new List<AccountId>(2);
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            if (!AccountId.TryParse(reader.GetString(), out var account) || signers.Contains(account) || signers.Count == MaximumSigners)
                return null;
            signers.Add(account);
        }
        return reader.TokenType == JsonTokenType.EndArray && signers.Count > 0 ? signers : null;
    }

    private static bool ParseJti(ref Utf8JsonReader reader, scoped Span<byte> jti, out int length)
    {
        length = 0;
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
            return false;
        var text = reader.ValueSpan;
        length = text.Length;
        return length is > 0 and <= MaximumJtiLength && !text.ContainsAnyExcept(JtiAlphabet) && text.TryCopyTo(jti);
    }

    private static string? ParseAction(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
            return null;
        var text = reader.ValueSpan;
        return text.Length is > 2 and <= MaximumActionLength && !text.ContainsAnyExcept(ActionAlphabet) && text.Contains((byte)'.')
            ? System.Text.Encoding.ASCII.GetString(text)
            : null;
    }

    /// <summary>The key under which the replay table keeps (<c>iss</c>, <c>jti</c>).</summary>
    public static Digest<ReplayKey> ReplayKeyOf(AccountId issuer, ReadOnlySpan<byte> jti)
    {
        Span<byte> input = stackalloc byte[32 + MaximumJtiLength];
        issuer.CopyTo(input);
        jti.CopyTo(input[32..]);
        return Digest<ReplayKey>.Of(input[..(32 + jti.Length)]);
    }

    private static void Read(ref Utf8JsonReader reader, JsonTokenType expected)
    {
        if (!reader.Read() || reader.TokenType != expected)
            throw new JsonException("Another token was expected.");
    }

    private static void End(ref Utf8JsonReader reader, int length)
    {
        // Utf8JsonReader itself refuses whatever but white space follows the value.
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read() || reader.BytesConsumed != length)
            throw new JsonException("The object does not end where the bytes end.");
    }
}
