using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Http;

/// <summary>
/// The values of a Content-Digest or Repr-Digest field: made, parsed, compared with content. Algorithms
/// offered are sha-256 and sha-512; others are read and left aside, and a field with none of the two proves
/// nothing. <b>Source:</b> RFC 9530 sections 2, 3 and 5.
/// </summary>
public sealed class DigestFields
{
    /// <summary>The field over the content as it travels.</summary>
    public const string ContentDigest = "Content-Digest";

    /// <summary>The field over the selected representation.</summary>
    public const string ReprDigest = "Repr-Digest";

    /// <summary>SHA-256.</summary>
    public const string Sha256Name = "sha-256";

    /// <summary>SHA-512.</summary>
    public const string Sha512Name = "sha-512";

    private readonly StructuredDictionary values;

    private DigestFields(StructuredDictionary values) => this.values = values;

    /// <summary>The algorithms' names in their order.</summary>
    public IReadOnlyList<string> Algorithms => [.. values.Members.Select(member => member.Key)];

    /// <summary>The digests of the content.</summary>
    /// <param name="content">The bytes that the field is about.</param>
    /// <param name="algorithms">Names of the two offered; none means sha-256.</param>
    public static DigestFields Of(ReadOnlySpan<byte> content, params ReadOnlySpan<string> algorithms)
    {
        var members = new List<KeyValuePair<string, StructuredMember>>();
        foreach (var algorithm in algorithms.IsEmpty ? [Sha256Name] : algorithms)
        {
            var digest = Hash(algorithm, content)
                ?? throw new ArgumentException($"'{algorithm}' is not offered.", nameof(algorithms));
            members.Add(new(algorithm, new StructuredItem(new BareItem.Bytes(digest))));
        }
        return new DigestFields(new StructuredDictionary(members));
    }

    /// <summary>Parses a combined field value.</summary>
    /// <returns>
    /// Refused as <c>malformed_digest</c>: not a dictionary of byte sequences, empty, an algorithm twice, or
    /// a digest of another length than its algorithm's.
    /// </returns>
    public static HttpResult<DigestFields> Parse(string text)
    {
        if (!StructuredField.TryParseDictionary(text, out var dictionary, refuseDuplicates: true) || dictionary.Members.Count == 0)
            return HttpRefusal.MalformedDigest;
        foreach (var (algorithm, member) in dictionary.Members)
        {
            if (member is not StructuredItem { Value: BareItem.Bytes digest }
                || (algorithm == Sha256Name && digest.Value.Length != SHA256.HashSizeInBytes)
                || (algorithm == Sha512Name && digest.Value.Length != SHA512.HashSizeInBytes))
                return HttpRefusal.MalformedDigest;
        }
        return new DigestFields(dictionary);
    }

    /// <summary>Compares the digest field of a message with the content that came.</summary>
    /// <returns>
    /// Null if it fits; else <c>missing_digest</c>, <c>malformed_digest</c>,
    /// <c>unsupported_digest_algorithm</c> or <c>digest_mismatch</c>.
    /// </returns>
    public static HttpRefusal? Check(HttpMessage message, ReadOnlySpan<byte> content, string field = ContentDigest)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Combined(field) is not { } text)
            return HttpRefusal.MissingDigest;
        return Parse(text).TryGet(out var digests, out var refusal) ? digests.Check(content) : refusal;
    }

    /// <summary>Compares all offered digests with the content.</summary>
    /// <returns>Null if all fit; else <c>unsupported_digest_algorithm</c> or <c>digest_mismatch</c>.</returns>
    public HttpRefusal? Check(ReadOnlySpan<byte> content)
    {
        var compared = false;
        foreach (var (algorithm, member) in values.Members)
        {
            if (Hash(algorithm, content) is not { } digest)
                continue;
            compared = true;
            if (!CryptographicOperations.FixedTimeEquals(((BareItem.Bytes)((StructuredItem)member).Value).Value, digest))
                return HttpRefusal.DigestMismatch;
        }
        return compared ? null : HttpRefusal.UnsupportedDigest;
    }

    /// <summary>
    /// The algorithm of the two offered that a Want-Content-Digest or Want-Repr-Digest field prefers; sha-256
    /// among equals. <b>Source:</b> RFC 9530 section 4.
    /// </summary>
    /// <param name="text">The combined field value.</param>
    /// <param name="algorithm">The name, or null if the field wants none that is offered.</param>
    /// <returns>False if the field is not a dictionary of whole numbers 0 to 10.</returns>
    public static bool TryChoose(string text, out string? algorithm)
    {
        algorithm = null;
        if (!StructuredField.TryParseDictionary(text, out var wanted, refuseDuplicates: true))
            return false;
        long best = 0;
        foreach (var (name, member) in wanted.Members)
        {
            if (member is not StructuredItem { Value: BareItem.Integer { Value: >= 0 and <= 10 } weight })
                return false;
            var isBetter = weight.Value > best || (weight.Value == best && best > 0 && name == Sha256Name);
            if (name is not (Sha256Name or Sha512Name) || !isBetter)
                continue;
            best = weight.Value;
            algorithm = name;
        }
        return true;
    }

    /// <summary>The field's value.</summary>
    public override string ToString() => values.ToString();

    private static byte[]? Hash(string algorithm, ReadOnlySpan<byte> content) => algorithm switch
    {
        Sha256Name => SHA256.HashData(content),
        Sha512Name => SHA512.HashData(content),
        _ => null,
    };
}
