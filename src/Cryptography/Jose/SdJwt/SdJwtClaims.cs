using System.Buffers;
using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Jose.SdJwt;

/// <summary>
/// Puts what was disclosed in the place of its digests. <b>Source:</b> RFC 9901 section 7.1, step 3; its letters stand
/// in the code. Differs: <c>_sd</c>, <c>...</c> and <c>_sd_alg</c> in a place or of a kind that the format does not
/// give them are refused rather than passed on as claims.
/// </summary>
internal sealed class SdJwtClaims
{
    private const string DigestList = "_sd";
    private const string ElementDigest = "...";
    private const string HashName = "_sd_alg";
    private const string Sha256Name = "sha-256";

    private readonly Dictionary<string, SdJwtDisclosure> disclosures = new(StringComparer.Ordinal);
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private int used;

    private SdJwtClaims() { }

    public static bool IsReserved(string name) => name is DigestList or ElementDigest;

    /// <returns>The claims; unsupported algorithm for another hash function; malformed.</returns>
    public static JoseResult<JsonElement> Resolve(JsonElement payload, IReadOnlyList<SdJwtDisclosure> given)
    {
        if (payload.TryGetProperty(HashName, out var hash)
            && (hash.ValueKind != JsonValueKind.String || hash.GetString() != Sha256Name))
            return JoseRefusal.UnsupportedAlgorithm;
        var resolver = new SdJwtClaims();
        // 3.a: the digests of the disclosures.
        foreach (var disclosure in given)
            if (!resolver.disclosures.TryAdd(disclosure.Digest, disclosure))
                return JoseRefusal.Malformed;
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Jws.WriterOptions))
            if (!resolver.WriteObject(writer, payload, 0))
                return JoseRefusal.Malformed;
        // Step 5: every disclosure was found by its digest.
        if (resolver.used != given.Count)
            return JoseRefusal.Malformed;
        // Names that came together may be too many or too deep for one reading.
        return StrictJson.TryParseObject(json.WrittenSpan, out var claims) ? claims : JoseRefusal.Malformed;
    }

    private bool Write(Utf8JsonWriter writer, JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                return WriteObject(writer, value, depth);
            case JsonValueKind.Array:
                return WriteArray(writer, value, depth);
            default:
                value.WriteTo(writer);
                return true;
        }
    }

    private bool WriteObject(Utf8JsonWriter writer, JsonElement value, int depth)
    {
        if (depth >= StrictJson.MaximumDepth)
            return false;
        writer.WriteStartObject();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            // 3.e and 3.f: digests and the hash function's name are no claims.
            if (member.Name == DigestList || (depth == 0 && member.Name == HashName))
                continue;
            if (member.Name is ElementDigest or HashName)
                return false;
            names.Add(member.Name);
            writer.WritePropertyName(member.Name);
            if (!Write(writer, member.Value, depth + 1))
                return false;
        }
        if (value.TryGetProperty(DigestList, out var digests) && !WriteDisclosed(writer, digests, names, depth))
            return false;
        writer.WriteEndObject();
        return true;
    }

    private bool WriteDisclosed(Utf8JsonWriter writer, JsonElement digests, HashSet<string> names, int depth)
    {
        if (digests.ValueKind != JsonValueKind.Array)
            return false;
        foreach (var digest in digests.EnumerateArray())
        {
            if (!TryFind(digest, out var disclosure))
                return false;
            // 3.c.ii.1: a digest without disclosure, which may be a decoy.
            if (disclosure is null)
                continue;
            // 3.c.ii.3: of a claim, and of one that is not there already.
            if (disclosure.Name is null || !names.Add(disclosure.Name))
                return false;
            writer.WritePropertyName(disclosure.Name);
            if (!Write(writer, disclosure.Value, depth + 1))
                return false;
        }
        return true;
    }

    private bool WriteArray(Utf8JsonWriter writer, JsonElement value, int depth)
    {
        if (depth >= StrictJson.MaximumDepth)
            return false;
        writer.WriteStartArray();
        foreach (var element in value.EnumerateArray())
        {
            var shown = element;
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(ElementDigest, out var digest))
            {
                if (element.GetPropertyCount() != 1 || !TryFind(digest, out var disclosure))
                    return false;
                // 3.d: an element that is not disclosed is not there.
                if (disclosure is null)
                    continue;
                if (disclosure.Name is not null)
                    return false;
                shown = disclosure.Value;
            }
            if (!Write(writer, shown, depth + 1))
                return false;
        }
        writer.WriteEndArray();
        return true;
    }

    /// <returns>False if it is no text, or a digest that was met before (step 4).</returns>
    private bool TryFind(JsonElement digest, out SdJwtDisclosure? disclosure)
    {
        disclosure = null;
        if (digest.ValueKind != JsonValueKind.String || !seen.Add(digest.GetString()!))
            return false;
        if (disclosures.TryGetValue(digest.GetString()!, out disclosure))
            used++;
        return true;
    }
}
