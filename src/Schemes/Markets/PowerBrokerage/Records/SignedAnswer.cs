using System.Globalization;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>
/// An answer of the trading server with its signature, kept as it came: a wrong answer is evidence that anybody can verify with the server's key. Covered
/// are status, content digest, height and block that the server knew, method and target of the request, and when the answer was made.
/// <b>Source:</b> RFC 9421 section 2.4, RFC 9530; D1 step 16.
/// </summary>
public sealed class SignedAnswer
{
    /// <summary>The field with the ledger's height when the server answered.</summary>
    public const string HeightField = "cf-height";

    /// <summary>The field with the id of the block of that height; <c>none</c> before the first.</summary>
    public const string BlockField = "cf-block";

    private const int MaximumBytes = 8 * 1024 * 1024;
    private static readonly string[] KeptFields = [DigestFields.ContentDigest, HeightField, BlockField, "Signature-Input", "Signature"];

    private static readonly SignaturePolicy Policy = new()
    {
        RequiredComponents =
        [
            SignatureComponents.Status, SignatureComponents.ContentDigest, SignatureComponents.Of(HeightField), SignatureComponents.Of(BlockField),
            SignatureComponents.OfRequest(SignatureComponents.Method), SignatureComponents.OfRequest(SignatureComponents.TargetUri),
        ],
    };

    private readonly byte[] bytes;

    private SignedAnswer(string method, string target, int status, IReadOnlyList<HttpField> fields, byte[] content)
    {
        Method = method;
        Target = target;
        Status = status;
        Fields = fields;
        Content = content;
        bytes = Write();
        Digest = Digest<SignedAnswer>.Of(bytes);
    }

    /// <summary>The request's method.</summary>
    public string Method { get; }

    /// <summary>The request's target, absolute.</summary>
    public string Target { get; }

    /// <summary>The status.</summary>
    public int Status { get; }

    /// <summary>The fields that are covered, and those of the signature.</summary>
    public IReadOnlyList<HttpField> Fields { get; }

    /// <summary>The content as it came.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>SHA-256 of <see cref="ToBytes"/>: what a dispute names.</summary>
    public Digest<SignedAnswer> Digest { get; }

    /// <summary>True for an answer with what was asked for.</summary>
    public bool IsSuccess => Status is >= 200 and <= 299;

    /// <summary>The ledger's height when the server answered; 0 where it does not say.</summary>
    public long Height => long.TryParse(ValueOf(HeightField), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>An answer as a client received it.</summary>
    public static SignedAnswer Of(string method, string target, int status, IEnumerable<HttpField> fields, byte[] content) =>
        new(method, target, status,
            [.. from name in KeptFields from field in fields where string.Equals(field.Name, name, StringComparison.OrdinalIgnoreCase) select new HttpField(name, field.Value)],
            content);

    /// <summary>Verifies signature and content.</summary>
    /// <param name="key">The server's key.</param>
    /// <param name="now">When it must have been made just now; null for evidence, which does not age.</param>
    /// <returns>Null, or as <see cref="HttpSignatureVerifier.Verify"/> and <see cref="DigestFields"/> say.</returns>
    public HttpRefusal? Verify(PublicKey key, DateTimeOffset? now = null)
    {
        if (!HttpTarget.TryParse(Target, out var target))
            return HttpRefusal.InvalidTarget;
        var message = HttpMessage.OfResponse(Status, Fields, HttpMessage.OfRequest(Method, target, []));
        var keyId = key.ToString();
        return HttpSignatureVerifier.Verify(
            message, now is null ? Policy with { MaximumAge = null } : Policy, id => id == keyId ? HttpVerificationKey.Of(key) : null,
            now ?? DateTimeOffset.MaxValue).TryGet(out _, out var refusal)
            ? DigestFields.Check(message, Content.Span) : refusal;
    }

    /// <summary>The answer as canonical JSON: what is filed with a dispute.</summary>
    public byte[] ToBytes() => [.. bytes];

    /// <summary>Reads a filed answer; null if it has not the form. It is not verified yet.</summary>
    public static SignedAnswer? Parse(ReadOnlyMemory<byte> json)
    {
        if (!StrictJson.TryParseObject(json.Span, out var element, MaximumBytes))
            return null;
        var members = new JsonMembers(element);
        var content = members.Text("content");
        var fields = members.Element("fields");
        var method = members.Text("method", 16);
        var status = members.Integer("status", minimum: 100, maximum: 599);
        var target = members.Text("target", HttpTarget.MaximumLength);
        if (!members.AreExact || method.Length == 0 || !Base64Url.TryDecode(content, out var bytes) || fields.ValueKind != JsonValueKind.Object
            || fields.EnumerateObject().Any(field => field.Value.ValueKind != JsonValueKind.String || !KeptFields.Contains(field.Name)))
            return null;
        return Of(method, target, (int)status, [.. fields.EnumerateObject().Select(field => new HttpField(field.Name, field.Value.GetString()!))], bytes);
    }

    private string? ValueOf(string name) => Fields.FirstOrDefault(field => field.Name == name).Value;

    private byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("content"u8, Base64Url.Encode(Content.Span));
            writer.WriteStartObject("fields"u8);
            // Several lines of one field are one value, as the signature sees them: RFC 9421 section 2.1.
            foreach (var group in Fields.GroupBy(field => field.Name))
                writer.WriteString(group.Key, string.Join(", ", group.Select(field => field.Value.Trim(' ', '\t'))));
            writer.WriteEndObject();
            writer.WriteString("method"u8, Method);
            writer.WriteNumber("status"u8, Status);
            writer.WriteString("target"u8, Target);
            writer.WriteEndObject();
        }
        return Jcs.Canonicalize(stream.ToArray(), MaximumBytes) ?? throw new InvalidOperationException("An answer has no canonical form.");
    }
}
