using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Counterfoil.Cryptography;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;

/// <summary>
/// Looks for planted texts and numbers in every form in which a program is likely to write them: UTF-8, UTF-16, hexadecimal digits, base64url and base64 at
/// each of the three offsets, the same once more over base64url (a JWS kept in JSON), and numbers as eight bytes of either order.
/// </summary>
internal sealed class LeakHunt
{
    private const int MinimumBytes = 6;

    private readonly List<Needle> needles = [];
    private readonly List<Needle>?[] byAnchor = new List<Needle>?[ushort.MaxValue + 1];

    /// <summary>A hunt.</summary>
    /// <param name="texts">Texts; digits alone count only where no letter or digit stands beside them.</param>
    /// <param name="numbers">Numbers, as text and as bytes.</param>
    /// <param name="steps">Steps of bids, price and quantity together, as text and as they lie in memory: what does not come up by chance in gigabytes.</param>
    public LeakHunt(IEnumerable<string> texts, IEnumerable<long> numbers, IEnumerable<(long Price, long Quantity)>? steps = null)
    {
        foreach (var (price, quantity) in steps ?? [])
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"[{price},{quantity}]");
            Plant(text);
            var bytes = new byte[16];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, price);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), quantity);
            Add(text, "two int64", bytes);
        }
        foreach (var text in texts)
            Plant(text);
        foreach (var number in numbers)
        {
            Plant(number.ToString(CultureInfo.InvariantCulture));
            var bytes = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, number);
            Add(number.ToString(CultureInfo.InvariantCulture), "int64 big-endian", bytes);
            Add(number.ToString(CultureInfo.InvariantCulture), "int64 little-endian", [.. bytes.Reverse()]);
        }
    }

    /// <summary>What was planted.</summary>
    public IReadOnlyList<string> Canaries => [.. needles.Select(needle => needle.Canary).Distinct()];

    /// <summary>The forms that are looked for.</summary>
    public IReadOnlyList<(string Canary, string Form, byte[] Bytes)> Forms => [.. needles.Select(needle => (needle.Canary, needle.Form, needle.Bytes))];

    /// <summary>What is found in all files below a folder.</summary>
    public IReadOnlyList<string> SearchFolder(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .SelectMany(file => Search(Path.GetRelativePath(folder, file), Read(file)))];

    /// <summary>What is found in the writable memory of a process.</summary>
    public IReadOnlyList<string> SearchMemory(int processId, out long bytes)
    {
        bytes = 0;
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var portion in ProcessMemory.Read(processId))
        {
            bytes += portion.Length;
            found.UnionWith(Search("memory", portion.Span));
        }
        return [.. found];
    }

    /// <summary>What is found in these bytes: where, which canary, in which form; each once.</summary>
    public IReadOnlyList<string> Search(string place, ReadOnlySpan<byte> content)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        for (var at = 0; at + sizeof(ushort) <= content.Length; at++)
        {
            if (byAnchor[BinaryPrimitives.ReadUInt16BigEndian(content[at..])] is not { } candidates)
                continue;
            foreach (var needle in candidates)
            {
                var start = at - needle.Anchor;
                if (start >= 0 && content[start..].StartsWith(needle.Bytes) && IsWhole(needle, content, start))
                    found.Add($"{place}: {needle.Canary} as {needle.Form}");
            }
        }
        return [.. found];
    }

    /// <summary>A file that another part of this process may be writing.</summary>
    public static byte[] Read(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        }
        catch (IOException) when (Path.GetFileName(file) == "lock")
        {
            // The claim of the home: empty, and held by the node.
            return [];
        }
    }

    // Digits within a longer number are no leak: six of them come up in the ledger's times, eight in a long enough digest.
    private static bool IsWhole(Needle needle, ReadOnlySpan<byte> content, int at)
    {
        if (!needle.Canary.All(char.IsAsciiDigit))
            return true;
        return needle.Form switch
        {
            "UTF-8" => IsToken(content, at, needle.Bytes.Length),
            "base64url" => IsTokenEncoded(content, at - needle.Skipped, needle.Bytes.Length + needle.Skipped, needle.Canary),
            _ => true,
        };
    }

    // Decoded from the group of four characters before the one in which the digits begin, as far as there is base64url.
    private static bool IsTokenEncoded(ReadOnlySpan<byte> content, int group, int length, string canary)
    {
        var begin = group >= 4 && IsBase64Url(content[(group - 4)..group]) ? group - 4 : Math.Max(group, 0);
        var end = begin;
        while (end < content.Length && end < group + length + 4 && IsBase64Url(content.Slice(end, 1)))
            end++;
        end -= (end - begin) % 4 == 1 ? 1 : 0;
        var decoded = Convert.FromBase64String(
            Encoding.ASCII.GetString(content[begin..end]).Replace('-', '+').Replace('_', '/').PadRight((end - begin + 3) / 4 * 4, '='));
        var digits = decoded.AsSpan().IndexOf(Encoding.ASCII.GetBytes(canary));
        return digits < 0 || IsToken(decoded, digits, canary.Length);
    }

    private static bool IsBase64Url(ReadOnlySpan<byte> characters)
    {
        foreach (var character in characters)
            if (!char.IsAsciiLetterOrDigit((char)character) && character is not ((byte)'-' or (byte)'_'))
                return false;
        return true;
    }

    private static bool IsToken(ReadOnlySpan<byte> content, int at, int length) =>
        (at == 0 || !char.IsAsciiLetterOrDigit((char)content[at - 1]))
        && (at + length == content.Length || !char.IsAsciiLetterOrDigit((char)content[at + length]));

    private void Plant(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Add(text, "UTF-8", bytes);
        Add(text, "UTF-16", Encoding.Unicode.GetBytes(text));
        Add(text, "UTF-16 big-endian", Encoding.BigEndianUnicode.GetBytes(text));
        Add(text, "hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        foreach (var (once, skipped) in Encoded(bytes))
        {
            var ascii = Encoding.ASCII.GetBytes(once);
            Add(text, "base64url", ascii, skipped);
            if (once.Contains('-', StringComparison.Ordinal) || once.Contains('_', StringComparison.Ordinal))
                Add(text, "base64", Encoding.ASCII.GetBytes(once.Replace('-', '+').Replace('_', '/')));
            foreach (var (twice, _) in Encoded(ascii))
                Add(text, "base64url of base64url", Encoding.ASCII.GetBytes(twice));
        }
    }

    // At each offset, without the first and last characters that depend on what precedes and follows.
    private static IEnumerable<(string Text, int Skipped)> Encoded(byte[] bytes)
    {
        for (var offset = 0; offset < 3; offset++)
        {
            var encoded = Base64Url.Encode([.. new byte[offset], .. bytes]);
            var skipped = (8 * offset + 5) / 6;
            yield return (encoded[skipped..(8 * (offset + bytes.Length) / 6)], skipped);
        }
    }

    private void Add(string canary, string form, byte[] bytes, int skipped = 0)
    {
        if (bytes.Length < MinimumBytes)
            throw new ArgumentException($"{canary} is too short to be looked for as {form}: it would come up by chance.");
        // Two bytes without a zero, where there are such: files are full of zeros.
        var anchor = Enumerable.Range(0, bytes.Length - 1).FirstOrDefault(index => bytes[index] != 0 && bytes[index + 1] != 0);
        var needle = new Needle(canary, form, bytes, skipped, anchor);
        needles.Add(needle);
        var pair = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(anchor));
        (byAnchor[pair] ??= []).Add(needle);
    }

    private sealed record Needle(string Canary, string Form, byte[] Bytes, int Skipped, int Anchor);
}
