using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Http;

/// <summary>RFC 9421 appendix B and the examples of section 2: ../shared/vectors/http-message-signatures.</summary>
public sealed class HttpMessageSignatureVectorTests(ITestOutputHelper output)
{
    private const string Folder = "vectors/http-message-signatures";
    private static readonly DateTimeOffset Made = DateTimeOffset.FromUnixTimeSeconds(1_618_884_473);

    // The examples call this field a dictionary; it is registered nowhere.
    private static readonly Dictionary<string, StructuredFieldKind> Kinds =
        new(StringComparer.Ordinal) { ["example-dict"] = StructuredFieldKind.Dictionary };

    private static JsonElement Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Shared.Find($"{Folder}/{file}")!));
        return document.RootElement.Clone();
    }

    public static TheoryData<string> Cases() => Rows(() => Read("cases.json").EnumerateArray().Select(row => Text(row, "label")));

    public static TheoryData<int, int> ComponentLines()
    {
        var data = new TheoryData<int, int>();
        if (Shared.Find(Folder) is null)
        {
            data.Add(-1, 0);
            return data;
        }
        foreach (var example in Read("component-examples.json").EnumerateArray().Where(IsBase))
        {
            for (var line = 0; line < Text(example, "text").Split('\n').Length; line++)
                data.Add(example.GetProperty("line").GetInt32(), line);
        }
        return data;
    }

    [SharedTheory(Folder)]
    [MemberData(nameof(Cases))]
    public void SignatureBase_OfAppendixB_IsByteForByteTheStandards(string label)
    {
        var (row, message) = Case(label);
        Assert.Equal(Text(row, "signature_base"), SignatureBase.Of(message, ParametersOf(row)).Value);
    }

    [SharedTheory(Folder)]
    [MemberData(nameof(Cases))]
    public void Verify_OfAppendixB_AcceptsOfferedAlgorithmsAndRefusesTheOthersAsUnsupported(string label)
    {
        var (row, message) = Case(label);
        message = message.With(new("Signature-Input", Text(row, "signature_input")), new("Signature", Text(row, "signature")));
        var algorithm = Text(row, "alg");

        var result = HttpSignatureVerifier.Verify(message, Anything, _ => KeyOf(Text(row, "key"), algorithm), Made);

        if (SignatureAlgorithms.IsOffered(algorithm))
        {
            Assert.Equal("", result.Refusal.ToString());
            Assert.Equal(label, result.Value.Label);
            var wrong = message.With(new HttpField("Date", "Tue, 20 Apr 2021 02:07:57 GMT"), new HttpField("Content-Type", "text/plain"));
            wrong = wrong.Status is null ? wrong : HttpMessage.OfResponse(503, wrong.Fields);
            Assert.Equal(
                HttpRefusal.InvalidSignature,
                HttpSignatureVerifier.Verify(wrong, Anything, _ => KeyOf(Text(row, "key"), algorithm), Made).Refusal);
        }
        else
            Assert.Equal(HttpRefusal.UnsupportedAlgorithm, result.Refusal);
    }

    [SharedFact(Folder)]
    public void Verify_OfAppendixB_Summary()
    {
        var algorithms = Read("cases.json").EnumerateArray().Select(row => Text(row, "alg")).ToArray();
        var offered = algorithms.Count(SignatureAlgorithms.IsOffered);
        output.WriteLine(
            $"http-message-signatures: {algorithms.Length} bases; verified {offered + 1} (with the proxy's); "
            + $"refused as unsupported_algorithm {algorithms.Length - offered}");
        Assert.True(offered > 0);
    }

    [SharedFact(Folder)]
    public void Verify_OfTheTlsTerminatingProxysRequest_IsAccepted()
    {
        var proxy = Read("tls-terminating-proxy.json");
        var before = RawMessage.Parse(Text(proxy, "request_before"));
        var after = RawMessage.Parse(Text(proxy, "request_after"));
        var key = KeyOf(Text(proxy, "key"), Text(proxy, "alg"));

        var signature = HttpSignatureVerifier.Verify(after, Anything with { Label = "ttrp" }, _ => key, Made);

        Assert.Equal("", signature.Refusal.ToString());
        Assert.Equal(Text(proxy, "signature_base"), SignatureBase.Of(before, signature.Value.Parameters).Value);
    }

    [SharedTheory(Folder)]
    [MemberData(nameof(ComponentLines))]
    public void SignatureBase_OfSection2sExamples_HasTheStandardsLine(int line, int lineInExample)
    {
        if (line < 0)
            return;
        var examples = Read("component-examples.json").EnumerateArray().ToArray();
        var example = examples.Single(one => one.GetProperty("line").GetInt32() == line);
        var wanted = Text(example, "text").Replace("(SP)", " ", StringComparison.Ordinal).Split('\n')[lineInExample];
        var identifier = wanted[..(wanted.IndexOf(": ", StringComparison.Ordinal))];
        Assert.True(StructuredField.TryParseItem(identifier, out var component), identifier);
        var parameters = new SignatureParameters([component]);
        var section = Text(example, "section");
        var messages = examples
            .Where(one => Text(one, "section") == section && one.GetProperty("line").GetInt32() < line && !IsBase(one)
                && IsMessage(Text(one, "text")))
            .Select(one => RawMessage.Parse(
                Text(one, "text"), Text(one, "before").Contains("plain HTTP", StringComparison.Ordinal) ? "http" : "https"));

        var bases = messages.Select(message => SignatureBase.Of(message, parameters, Kinds)).Where(made => made.IsAccepted)
            .Select(made => made.Value.Split('\n')[0]).ToArray();

        Assert.Contains(wanted, bases);
    }

    private static readonly SignaturePolicy Anything = new() { RequiredComponents = [] };

    private static bool IsBase(JsonElement example) => Text(example, "text").StartsWith('"');

    private static bool IsMessage(string text) => text.Contains(':', StringComparison.Ordinal) && text.Contains(' ', StringComparison.Ordinal)
        || text.StartsWith("X-", StringComparison.Ordinal);

    private static (JsonElement Row, HttpMessage Message) Case(string label)
    {
        var row = Read("cases.json").EnumerateArray().Single(one => Text(one, "label") == label);
        var raw = Text(Read("messages.json"), Text(row, "message"));
        var message = RawMessage.Parse(raw);
        if (message.Status is null)
            return (row, message);
        // The draft's Content-Digest of test-response is not that of its content; the base has the right one: the folder's README.
        var digest = DigestFields.Of(Encoding.UTF8.GetBytes(RawMessage.Content(raw)! + "\n"), "sha-512");
        if (DigestFields.Check(message, Encoding.UTF8.GetBytes(RawMessage.Content(raw)!)) is null)
            return (row, message);
        if (!Text(row, "signature_base").Contains(digest.ToString(), StringComparison.Ordinal))
            digest = DigestFields.Of(Encoding.UTF8.GetBytes(RawMessage.Content(raw)!), "sha-512");
        var fields = message.Fields
            .Select(field => field.Name == "Content-Digest" ? field with { Value = digest.ToString() } : field).ToArray();
        return (row, HttpMessage.OfResponse(message.Status.Value, fields));
    }

    private static SignatureParameters ParametersOf(JsonElement row)
    {
        Assert.True(StructuredField.TryParseDictionary(Text(row, "signature_input"), out var input));
        return SignatureParameters.Of(input.Members[0].Value).Value;
    }

    private static HttpVerificationKey KeyOf(string name, string algorithm)
    {
        if (!SignatureAlgorithms.IsOffered(algorithm))
            return HttpVerificationKey.Unsupported(algorithm);
        var key = Read("keys.json").GetProperty(name);
        if (key.TryGetProperty("base64", out var secret))
            return new HttpHmacKey(secret.GetBytesFromBase64());
        var jwk = key.GetProperty("jwk");
        Assert.True(Base64Url.TryDecode(Text(jwk, "x").AsSpan(), out var x));
        Assert.True(Base64Url.TryDecode(Text(jwk, "y").AsSpan(), out var y));
        return HttpVerificationKey.Of(new PublicKey((byte[])[.. x, .. y]));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static TheoryData<string> Rows(Func<IEnumerable<string>> rows) => new(Shared.Find(Folder) is null ? ["absent"] : rows());
}
