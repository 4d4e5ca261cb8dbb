using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// The JOSE header of a signature or of a recipient: the protected part and, in the JSON serialisations, the
/// unprotected ones, whose names are disjoint. What the standards define is read; everything else is to be
/// had by name. Only what <see cref="IsProtected"/> is covered by the signature or tag. <b>Source:</b> RFC
/// 7515 section 4, RFC 7516 section 4, RFC 7797 section 3.
/// </summary>
public sealed partial class JoseHeader
{
    /// <summary>The largest header in bytes that is read, each part by itself.</summary>
    public const int MaximumBytes = 16 * 1024;

    private readonly List<StrongBox<JsonElement>?> parts = [];
    private readonly List<ReadOnlyMemory<byte>> partBytes = [];
    private int protectedParts;
    private ReadOnlyMemory<byte> key;

    private JoseHeader()
    {
    }

    /// <summary><c>alg</c>.</summary>
    public string Algorithm { get; private set; } = "";

    /// <summary><c>enc</c>, of a JWE; empty in a JWS.</summary>
    public string Encryption { get; private set; } = "";

    /// <summary><c>typ</c>, or null.</summary>
    public string? Type { get; private set; }

    /// <summary><c>cty</c>, or null.</summary>
    public string? ContentType { get; private set; }

    /// <summary><c>kid</c>, or null.</summary>
    public string? KeyId { get; private set; }

    /// <summary>
    /// The names in <c>crit</c>, each of them a member of this header; empty if there is no <c>crit</c>.
    /// </summary>
    public IReadOnlyList<string> Critical { get; private set; } = [];

    /// <summary>True if there is a <c>jwk</c> member.</summary>
    public bool HasKey => !key.IsEmpty;

    /// <summary>True if the header says <c>zip</c>.</summary>
    internal bool IsCompressed { get; private set; }

    /// <summary>
    /// False if the header says <c>"b64": false</c>, which it then also names in <c>crit</c>.
    /// </summary>
    internal bool IsPayloadEncoded { get; private set; } = true;

    /// <summary><c>epk</c> as JSON; empty if absent.</summary>
    internal ReadOnlyMemory<byte> EphemeralKey { get; private set; }

    /// <summary><c>apu</c> in base64url, or null.</summary>
    internal string? PartyUInfo { get; private set; }

    /// <summary><c>apv</c> in base64url, or null.</summary>
    internal string? PartyVInfo { get; private set; }

    /// <summary><c>iv</c> of a wrapped key in base64url, or null.</summary>
    internal string? KeyInitializationVector { get; private set; }

    /// <summary><c>tag</c> of a wrapped key in base64url, or null.</summary>
    internal string? KeyTag { get; private set; }

    /// <summary>The bytes of the protected header's JSON, as they came; empty if there is none.</summary>
    public ReadOnlyMemory<byte> ProtectedBytes => protectedParts == 1 ? partBytes[0] : default;

    /// <summary>
    /// The public key in <c>jwk</c>. Malformed if there is none; else as
    /// <see cref="Jwk.ParsePublicKey(ReadOnlySpan{byte})"/>.
    /// </summary>
    public JoseResult<Keys.PublicKey> Key() => HasKey ? Jwk.ParsePublicKey(key.Span) : JoseRefusal.Malformed;

    /// <summary>A member of any part, or null.</summary>
    public JsonElement? Member(string name)
    {
        for (var part = 0; part < parts.Count; part++)
            if (Part(part).TryGetProperty(name, out var value))
                return value;
        return null;
    }

    /// <summary>A string member of any part, or null if it is absent or no string.</summary>
    public string? Text(string name) =>
        Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>True if the member stands in the protected part.</summary>
    public bool IsProtected(string name) => protectedParts == 1 && Part(0).TryGetProperty(name, out _);

    /// <summary>
    /// True if every member, of every part, is one of these names and stands in the protected part. Allocates
    /// nothing.
    /// </summary>
    public bool HasOnlyProtected(params ReadOnlySpan<string> names)
    {
        if (protectedParts != 1 || partBytes.Count != 1)
            return false;
        var reader = new Utf8JsonReader(partBytes[0].Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var known = false;
            foreach (var name in names)
                known |= reader.ValueTextEquals(name);
            if (!known)
                return false;
            reader.Skip();
        }
        return true;
    }

    private JsonElement Part(int index)
    {
        // Boxed: several threads may come here at once, and a reference is written whole.
        if (parts[index] is { } parsed)
            return parsed.Value;
        var reader = new Utf8JsonReader(partBytes[index].Span);
        var element = JsonElement.ParseValue(ref reader);
        parts[index] = new StrongBox<JsonElement>(element);
        return element;
    }
}
