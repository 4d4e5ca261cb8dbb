using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose.SdJwt;

/// <summary>
/// A signed document whose holder shows of it what it wants, as issued or as presented, in the compact form
/// <c>&lt;JWT&gt;~&lt;disclosure&gt;~…~[&lt;key binding JWT&gt;]</c>. Well formed, and its disclosures belong to it, but
/// not verified until <see cref="Verify"/> and <see cref="VerifyKeyBinding"/> say so. <b>Source:</b> RFC 9901
/// sections 4 and 7. Differs: ES256 and SHA-256 only; the JSON serialisation of section 8 is not read.
/// </summary>
public sealed class SdJwtToken
{
    /// <summary>The largest token in bytes that is read where nothing else is said: 64 KiB.</summary>
    public const int DefaultMaximumBytes = 64 * 1024;

    /// <summary>The most disclosures that are read.</summary>
    public const int MaximumDisclosures = 256;

    /// <summary>The <c>typ</c> of an SD-JWT VC. <b>Source:</b> draft-ietf-oauth-sd-jwt-vc section 2.2.1.</summary>
    public const string CredentialType = "dc+sd-jwt";

    /// <summary>The <c>typ</c> of the holder's proof. <b>Source:</b> RFC 9901 section 4.3.</summary>
    public const string KeyBindingType = "kb+jwt";

    private const byte Separator = (byte)'~';

    private static readonly JwsExpectation KeyBindingExpectation =
        new() { Type = KeyBindingType, MaximumBytes = DefaultMaximumBytes };

    private readonly string presented;

    private SdJwtToken(
        CompactJws issued, IReadOnlyList<SdJwtDisclosure> disclosures, CompactJws? keyBinding, JsonElement claims,
        JsonElement keyBindingClaims, string presented)
    {
        Issued = issued;
        Disclosures = disclosures;
        KeyBinding = keyBinding;
        Claims = claims;
        KeyBindingClaims = keyBindingClaims;
        this.presented = presented;
    }

    /// <summary>What the issuer signed; its payload holds digests.</summary>
    public CompactJws Issued { get; }

    /// <summary>What is shown with it, in the order in which it came.</summary>
    public IReadOnlyList<SdJwtDisclosure> Disclosures { get; }

    /// <summary>The holder's proof, or null.</summary>
    public CompactJws? KeyBinding { get; }

    /// <summary>The claims, those that are shown in their places and no digests.</summary>
    public JsonElement Claims { get; }

    /// <summary>The claims of the holder's proof; undefined where there is none.</summary>
    public JsonElement KeyBindingClaims { get; }

    /// <summary>Reads a token.</summary>
    /// <param name="bytes">The token.</param>
    /// <param name="type">The only <c>typ</c> of the issuer's header that is taken; null for any.</param>
    /// <param name="maximumBytes">The largest token that is read.</param>
    /// <returns>
    /// Refused as malformed (parts, base64url, JSON, a disclosure that no digest names or that two name, a claim
    /// twice), unsupported algorithm (of a signature, or of the digests) or unexpected type.
    /// </returns>
    public static JoseResult<SdJwtToken> Parse(
        ReadOnlyMemory<byte> bytes, string? type = null, int maximumBytes = DefaultMaximumBytes)
    {
        var end = bytes.Span.LastIndexOf(Separator);
        if (bytes.Length > maximumBytes || end < 0)
            return JoseRefusal.Malformed;
        var parts = new List<ReadOnlyMemory<byte>>();
        for (var rest = bytes[..end]; ;)
        {
            var at = rest.Span.IndexOf(Separator);
            parts.Add(at < 0 ? rest : rest[..at]);
            if (at < 0)
                break;
            rest = rest[(at + 1)..];
        }
        if (parts.Count - 1 > MaximumDisclosures)
            return JoseRefusal.Malformed;
        var expectation = new JwsExpectation { Type = type, MaximumBytes = maximumBytes };
        var issued = Jws.ParseCompact(parts[0], expectation);
        if (!issued.TryGet(out var jws))
            return issued.As<SdJwtToken>();
        if (!StrictJson.TryParseObject(jws.Payload.Span, out var payload, maximumBytes))
            return JoseRefusal.Malformed;
        var disclosures = new List<SdJwtDisclosure>();
        foreach (var part in parts.Skip(1))
        {
            if (!SdJwtDisclosure.Parse(Encoding.UTF8.GetString(part.Span)).TryGet(out var disclosure))
                return JoseRefusal.Malformed;
            disclosures.Add(disclosure);
        }
        var resolved = SdJwtClaims.Resolve(payload, disclosures);
        if (!resolved.TryGet(out var claims))
            return resolved.As<SdJwtToken>();
        var presented = SdJwtDisclosure.DigestOf(bytes.Span[..(end + 1)]);
        if (end + 1 == bytes.Length)
            return new SdJwtToken(jws, disclosures, null, claims, default, presented);
        var bound = Jws.ParseCompact(bytes[(end + 1)..], KeyBindingExpectation);
        if (!bound.TryGet(out var proof))
            return bound.As<SdJwtToken>();
        return StrictJson.TryParseObject(proof.Payload.Span, out var proofClaims)
            ? new SdJwtToken(jws, disclosures, proof, claims, proofClaims, presented)
            : JoseRefusal.Malformed;
    }

    /// <summary>The same of a text.</summary>
    /// <param name="text">The token.</param>
    /// <param name="type">The only <c>typ</c> of the issuer's header that is taken; null for any.</param>
    /// <param name="maximumBytes">The largest token that is read.</param>
    public static JoseResult<SdJwtToken> Parse(
        string text, string? type = null, int maximumBytes = DefaultMaximumBytes) =>
        Parse(Encoding.UTF8.GetBytes(text), type, maximumBytes);

    /// <summary>
    /// The holder's key, <c>cnf.jwk</c>. Malformed if there is none; else as
    /// <see cref="Jwk.ParsePublicKey(ReadOnlySpan{byte})"/>. <b>Source:</b> RFC 7800 section 3.2.
    /// </summary>
    public JoseResult<PublicKey> HolderKey() =>
        Claims.TryGetProperty("cnf", out var confirmation) && confirmation.ValueKind == JsonValueKind.Object
        && confirmation.TryGetProperty("jwk", out var key) && key.ValueKind == JsonValueKind.Object
            ? Jwk.ParsePublicKey(Encoding.UTF8.GetBytes(key.GetRawText()))
            : JoseRefusal.Malformed;

    /// <summary>Verifies the issuer's signature.</summary>
    /// <param name="issuer">The key that must have signed; never one taken from the token unless the caller trusts
    /// it otherwise.</param>
    /// <returns>Null if it is valid; invalid signature.</returns>
    public JoseRefusal? Verify(PublicKey issuer) => Issued.Verify(issuer);

    /// <summary>
    /// Verifies that whoever presents it holds the key that it was issued to, and presents it here and now.
    /// <b>Source:</b> RFC 9901 section 7.3. How old the proof may be (<c>iat</c>) is the caller's to say.
    /// </summary>
    /// <param name="audience">Whom it must be made for.</param>
    /// <param name="nonce">Which request it must be made for.</param>
    /// <returns>
    /// Null if it is valid; in this order <c>key_binding_missing</c>, malformed (claims), <c>audience_mismatch</c>,
    /// <c>nonce_mismatch</c>, <c>disclosures_mismatch</c>, <c>key_binding_invalid</c>.
    /// </returns>
    public JoseRefusal? VerifyKeyBinding(string audience, string nonce)
    {
        if (KeyBinding is null || !HolderKey().TryGet(out var holder))
            return SdJwtRefusals.KeyBindingMissing;
        var members = new JsonMembers(KeyBindingClaims);
        members.Integer("iat");
        var (madeFor, madeOn, hash) = (members.Text("aud"), members.Text("nonce"), members.Text("sd_hash"));
        if (!members.AreComplete)
            return JoseRefusal.Malformed;
        if (madeFor != audience)
            return SdJwtRefusals.AudienceMismatch;
        if (madeOn != nonce)
            return SdJwtRefusals.NonceMismatch;
        if (hash != presented)
            return SdJwtRefusals.DisclosuresMismatch;
        return KeyBinding.Verify(holder) is null ? null : SdJwtRefusals.KeyBindingInvalid;
    }
}
