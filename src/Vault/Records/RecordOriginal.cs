using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Vault.Records;

/// <summary>
/// The original of a confidential record: canonical JSON <c>{aud[], body, iat, iss[], market, prev?, rid, rtype, salt, session?, ver}</c>, whose
/// SHA-256 is anchored. The random salt keeps a body with few possible values from being guessed from that digest.
/// <c>rid</c> and <c>prev</c> are 64 hexadecimal digits, accounts and <c>salt</c> are base64url; <c>prev</c> is there exactly from version 2 on.
/// <b>Source:</b> RFC 8785; kernel.md section 5; D1 "The confidential record".
/// </summary>
public sealed class RecordOriginal
{
    /// <summary>The largest original in bytes: what fits, twice base64-encoded, into an attachment of 256 KiB.</summary>
    public const int MaximumBytes = 128 * 1024;

    /// <summary>The most signers.</summary>
    public const int MaximumIssuers = 16;

    /// <summary>The most readers.</summary>
    public const int MaximumAudience = 64;

    /// <summary>The length of the salt in bytes.</summary>
    public const int SaltBytes = 32;

    private const int MaximumNameLength = 64;
    private const int MaximumRtypeLength = 32;
    private static readonly SearchValues<char> RtypeLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-");

    private RecordOriginal(
        byte[] bytes, Digest<VaultRecord> rid, string rtype, long ver, Digest<RecordOriginal> prev, string market, string? session,
        IReadOnlyList<Digest<PublicKey>> iss, IReadOnlyList<Digest<PublicKey>> aud, long iat, JsonElement body)
    {
        Bytes = bytes;
        Digest = Digest<RecordOriginal>.Of(bytes);
        Rid = rid;
        Rtype = rtype;
        Ver = ver;
        Prev = prev;
        Market = market;
        Session = session;
        Iss = iss;
        Aud = aud;
        Iat = iat;
        Body = body;
    }

    /// <summary>The canonical bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>SHA-256 of the bytes: what is anchored.</summary>
    public Digest<RecordOriginal> Digest { get; }

    /// <summary>The record's id.</summary>
    public Digest<VaultRecord> Rid { get; }

    /// <summary>The kind of record.</summary>
    public string Rtype { get; }

    /// <summary>The version, from 1.</summary>
    public long Ver { get; }

    /// <summary>The digest of the version before; unset for the first.</summary>
    public Digest<RecordOriginal> Prev { get; }

    /// <summary>The market or undertaking.</summary>
    public string Market { get; }

    /// <summary>The session, or null.</summary>
    public string? Session { get; }

    /// <summary>The accounts that sign.</summary>
    public IReadOnlyList<Digest<PublicKey>> Iss { get; }

    /// <summary>The accounts that the record is for.</summary>
    public IReadOnlyList<Digest<PublicKey>> Aud { get; }

    /// <summary>When it was made, Unix seconds.</summary>
    public long Iat { get; }

    /// <summary>The content, an object. The scheme parses it.</summary>
    public JsonElement Body { get; }

    /// <summary>
    /// Makes an original with a fresh salt. Refusal: <c>malformed</c> where a member is outside its range, the body is no
    /// strict JSON object, or one of its numbers would be rounded in canonical form (a double): such a number is written as a string.
    /// </summary>
    public static RecordResult<RecordOriginal> Create(RecordDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        if (!StrictJson.TryParseObject(draft.Body.Span, out var body, MaximumBytes) || !KeepsNumbers(body))
            return RecordRefusal.Malformed;
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            WriteAccounts(writer, "aud", draft.Aud);
            writer.WritePropertyName("body");
            writer.WriteRawValue(draft.Body.Span, skipInputValidation: true);
            writer.WriteNumber("iat", draft.Iat);
            WriteAccounts(writer, "iss", draft.Iss);
            writer.WriteString("market", draft.Market);
            if (!draft.Prev.IsUnset)
                writer.WriteString("prev", draft.Prev.ToString());
            writer.WriteString("rid", draft.Rid.ToString());
            writer.WriteString("rtype", draft.Rtype);
            writer.WriteString("salt", Base64Url.Encode(RandomNumberGenerator.GetBytes(SaltBytes)));
            if (draft.Session is not null)
                writer.WriteString("session", draft.Session);
            writer.WriteNumber("ver", draft.Ver);
            writer.WriteEndObject();
        }
        return Jcs.Canonicalize(json.WrittenSpan, 2 * MaximumBytes) is { } canonical ? Parse(canonical) : RecordRefusal.Malformed;
    }

    /// <summary>Reads an original. Refusal: <c>malformed</c> for anything but the canonical form of exactly these members.</summary>
    public static RecordResult<RecordOriginal> Parse(ReadOnlyMemory<byte> bytes)
    {
        if (!StrictJson.TryParseObject(bytes.Span, out var element, MaximumBytes)
            || Jcs.Canonicalize(bytes.Span, MaximumBytes) is not { } canonical
            || !canonical.AsSpan().SequenceEqual(bytes.Span))
            return RecordRefusal.Malformed;
        var members = new JsonMembers(element);
        var aud = ReadAccounts(members.Element("aud"), 0, MaximumAudience);
        var body = members.Element("body");
        var iat = members.Integer("iat");
        var iss = ReadAccounts(members.Element("iss"), 1, MaximumIssuers);
        var market = members.Text("market", MaximumNameLength);
        var prevText = members.OptionalText("prev");
        var ridText = members.Text("rid");
        var rtype = members.Text("rtype", MaximumRtypeLength);
        var salt = members.Bytes("salt", SaltBytes);
        var session = members.OptionalText("session", MaximumNameLength);
        var ver = members.Integer("ver", minimum: 1);
        Digest<RecordOriginal> prev = default;
        if (!members.AreExact || body.ValueKind != JsonValueKind.Object || aud is null || iss is null
            || market.Length == 0 || session is "" || !IsRtype(rtype) || salt.Length != SaltBytes
            || !Digest<VaultRecord>.TryParse(ridText, out var rid)
            || (prevText is not null && !Digest<RecordOriginal>.TryParse(prevText, out prev))
            || prevText is null != (ver == 1))
            return RecordRefusal.Malformed;
        return new RecordOriginal(canonical, rid, rtype, ver, prev, market, session, iss, aud, iat, body);
    }

    internal static bool IsRtype(string rtype) =>
        rtype.Length is > 0 and <= MaximumRtypeLength && !rtype.AsSpan().ContainsAnyExcept(RtypeLetters);

    internal static bool IsSession(string? session) => session is null or { Length: > 0 and <= MaximumNameLength };

    private static bool KeepsNumbers(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().All(member => KeepsNumbers(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().All(KeepsNumbers),
        JsonValueKind.Number => Jcs.Canonicalize(Encoding.ASCII.GetBytes(element.GetRawText())) is { } canonical
            && decimal.TryParse(element.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var written)
            && decimal.TryParse(Encoding.ASCII.GetString(canonical), NumberStyles.Float, CultureInfo.InvariantCulture, out var kept)
            && written == kept,
        _ => true,
    };

    private static void WriteAccounts(Utf8JsonWriter writer, string name, IReadOnlyList<Digest<PublicKey>> accounts)
    {
        writer.WriteStartArray(name);
        foreach (var account in accounts)
            writer.WriteStringValue(Base64Url.Encode(account.ToArray()));
        writer.WriteEndArray();
    }

    private static List<Digest<PublicKey>>? ReadAccounts(JsonElement array, int minimum, int maximum)
    {
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() < minimum || array.GetArrayLength() > maximum)
            return null;
        var accounts = new List<Digest<PublicKey>>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || !Base64Url.TryDecode(item.GetString(), out var bytes) || bytes.Length != Digest<PublicKey>.Size)
                return null;
            var account = new Digest<PublicKey>(bytes);
            if (account.IsUnset || accounts.Contains(account))
                return null;
            accounts.Add(account);
        }
        return accounts;
    }
}
