using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Http;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Http;

/// <summary>The messages and sample values of RFC 9530: ../shared/vectors/http-digest-fields.</summary>
public sealed class DigestFieldVectorTests(ITestOutputHelper output)
{
    private const string Folder = "vectors/http-digest-fields";

    private static JsonElement Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Shared.Find($"{Folder}/{file}")!));
        return document.RootElement.Clone();
    }

    public static TheoryData<int> Messages() =>
        new(Shared.Find(Folder) is null ? [-1] : Read("messages.json").EnumerateArray().Select(row => row.GetProperty("line").GetInt32()));

    public static TheoryData<string> Samples() =>
        new(Shared.Find(Folder) is null ? ["absent"] : Read("sample-values.json").GetProperty("values").EnumerateObject().Select(value => value.Name));

    [SharedTheory(Folder)]
    [MemberData(nameof(Samples))]
    public void Check_OfTheSampleValues_AcceptsWhatIsOfferedAndLeavesTheRestAside(string algorithm)
    {
        var samples = Read("sample-values.json");
        var content = Encoding.UTF8.GetBytes(samples.GetProperty("input").GetString()!);
        var digest = DigestFields.Parse($"{algorithm}={samples.GetProperty("values").GetProperty(algorithm).GetString()}").Value;

        if (algorithm is "sha-256" or "sha-512")
        {
            Assert.Null(digest.Check(content));
            Assert.Equal(digest.ToString(), DigestFields.Of(content, algorithm).ToString());
            Assert.Equal(HttpRefusal.DigestMismatch, digest.Check([.. content, (byte)'\n']));
        }
        else
            Assert.Equal(HttpRefusal.UnsupportedDigest, digest.Check(content));
    }

    [SharedTheory(Folder)]
    [MemberData(nameof(Messages))]
    public void Check_OfTheStandardsMessages_FitsTheContentThatTheyPrint(int line)
    {
        if (line < 0)
            return;
        var text = Read("messages.json").EnumerateArray().Single(row => row.GetProperty("line").GetInt32() == line).GetProperty("text").GetString()!;
        foreach (var field in RawMessage.Parse(text).Fields)
        {
            if (field.Name.StartsWith("Want-", StringComparison.Ordinal))
            {
                Assert.True(DigestFields.TryChoose(field.Value.Trim(), out var chosen), field.Value);
                Assert.Equal(field.Value.Contains("sha-256", StringComparison.Ordinal) ? "sha-256" : null, chosen);
            }
            if (field.Name is not ("Content-Digest" or "Repr-Digest"))
                continue;
            var digest = DigestFields.Parse(field.Value.Trim()).Value;
            Assert.Equal(digest.ToString(), DigestFields.Parse(digest.ToString()).Value.ToString());
            var candidates = Contents(text, isRepresentation: field.Name == "Repr-Digest").ToArray();
            Assert.True(
                candidates.Length == 0 || candidates.Any(content => digest.Check(content) is null),
                $"{field.Name} of line {line} fits no content printed");
            Assert.All(candidates, content => Assert.NotNull(digest.Check([.. content, 0])));
        }
    }

    [SharedFact(Folder)]
    public void Check_OfTheStandardsMessages_Summary()
    {
        var messages = Read("messages.json").EnumerateArray().Select(row => row.GetProperty("text").GetString()!).ToArray();
        var digests = messages.Count(text => text.Contains("-Digest: sha-", StringComparison.Ordinal));
        var compared = messages.Count(text =>
            text.Contains("-Digest: sha-", StringComparison.Ordinal) && Contents(text, isRepresentation: false).Any());
        output.WriteLine($"http-digest-fields: {messages.Length} messages, {digests} with a digest, {compared} of these with its content");
        Assert.True(compared > 0);
    }

    // The standard prints content with or without its final line end, binary content as hexadecimal digits, and a representation that
    // a message does not carry in another message.
    private static IEnumerable<byte[]> Contents(string text, bool isRepresentation)
    {
        if (RawMessage.StartLine(text) is not { } start || RawMessage.Content(text) is not { } content)
            yield break;
        var isPartial = start.Contains(" 206 ", StringComparison.Ordinal);
        if (isRepresentation && (isPartial || content.Length == 0))
            yield break;
        if (text.Contains("Content-Encoding: br", StringComparison.Ordinal) && content.Length > 0)
        {
            // This draft prints 8B 08 80 at the beginning, where the encoder gives 0B 09 80, of which the digests are.
            var brotli = new byte[64];
            Assert.True(BrotliEncoder.TryCompress("{\"hello\": \"world\"}\n"u8, brotli, out var written, quality: 11, window: 22));
            Assert.EndsWith(Convert.ToHexString(brotli.AsSpan(2, written - 2)), content.Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
            yield return brotli[..written];
            yield break;
        }
        if (text.Contains("Content-Encoding", StringComparison.Ordinal) && content.Length > 0)
        {
            yield return Convert.FromHexString(content.Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
            yield break;
        }
        yield return Encoding.UTF8.GetBytes(content);
        if (content.Length > 0)
            yield return Encoding.UTF8.GetBytes(content + "\n");
    }
}
