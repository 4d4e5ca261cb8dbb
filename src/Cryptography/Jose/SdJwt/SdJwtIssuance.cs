using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose.SdJwt;

/// <summary>Issues tokens and presents them. <b>Source:</b> RFC 9901 sections 4 and 6.</summary>
public static class SdJwtIssuance
{
    private const int DecoyBytes = 32;

    /// <summary>Issues a token with all its disclosures, <c>&lt;JWT&gt;~&lt;disclosure&gt;~…~</c>.</summary>
    /// <param name="type"><c>typ</c>, such as <see cref="SdJwtToken.CredentialType"/>.</param>
    /// <param name="claims">The claims, an object; those of the issuer's that verifiers need stay in the clear.</param>
    /// <param name="disclosable">Names of members of the claims that the holder shows or does not.</param>
    /// <param name="key">The issuer.</param>
    /// <param name="decoys">How many digests of nothing hide how many claims there are.</param>
    /// <param name="reference">How the header names the issuer's key.</param>
    /// <exception cref="ArgumentException">The claims are no object, or a name is not among them.</exception>
    public static string Issue(
        string type, JsonElement claims, IReadOnlyCollection<string> disclosable, ISigningKey key, int decoys = 0,
        KeyReference reference = KeyReference.Thumbprint)
    {
        if (claims.ValueKind != JsonValueKind.Object || disclosable.Any(name => !claims.TryGetProperty(name, out _)))
            throw new ArgumentException("The claims are an object that has all that is disclosable.", nameof(claims));
        SdJwtDisclosure[] disclosures =
            [.. disclosable.Select(name => SdJwtDisclosure.Create(name, claims.GetProperty(name)))];
        // In the order of the digests: their places tell nothing.
        string[] digests =
        [
            .. disclosures.Select(disclosure => disclosure.Digest)
                .Concat(Enumerable.Range(0, decoys).Select(_ => Base64Url.Encode(RandomNumberGenerator.GetBytes(DecoyBytes))))
                .Order(StringComparer.Ordinal),
        ];
        var payload = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(payload, Jws.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var member in claims.EnumerateObject())
                if (!disclosable.Contains(member.Name))
                    member.WriteTo(writer);
            if (digests.Length > 0)
            {
                writer.WriteStartArray("_sd"u8);
                foreach (var digest in digests)
                    writer.WriteStringValue(digest);
                writer.WriteEndArray();
                writer.WriteString("_sd_alg"u8, "sha-256"u8);
            }
            writer.WriteEndObject();
        }
        var signed = Jws.SignCompact(type, payload.WrittenSpan, key, reference: reference);
        return Join(signed, disclosures);
    }

    /// <summary>Presents a token with some of its disclosures and the holder's proof.</summary>
    /// <param name="issued">The token as issued, or as presented without proof.</param>
    /// <param name="isShown">Which disclosures are shown; one in another's value needs the other.</param>
    /// <param name="holder">The key in <c>cnf</c>.</param>
    /// <param name="audience">Whom it is for.</param>
    /// <param name="nonce">Which request it is for.</param>
    /// <param name="now">The holder's time; whole seconds.</param>
    public static string Present(
        SdJwtToken issued, Func<SdJwtDisclosure, bool> isShown, ISigningKey holder, string audience, string nonce,
        DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(issued);
        var shown = Join(Encoding.ASCII.GetString(issued.Issued.Bytes.Span), issued.Disclosures.Where(isShown));
        var payload = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(payload, Jws.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
            writer.WriteString("aud"u8, audience);
            writer.WriteString("nonce"u8, nonce);
            writer.WriteString("sd_hash"u8, SdJwtDisclosure.DigestOf(Encoding.ASCII.GetBytes(shown)));
            writer.WriteEndObject();
        }
        return shown + Jws.SignCompact(
            SdJwtToken.KeyBindingType, payload.WrittenSpan, holder, reference: KeyReference.None);
    }

    private static string Join(string signed, IEnumerable<SdJwtDisclosure> disclosures) =>
        $"{signed}~{string.Concat(disclosures.Select(disclosure => disclosure.Text + "~"))}";
}
