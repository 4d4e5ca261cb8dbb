using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>The named files of a day: those of a folder, or those built into this assembly.</summary>
internal sealed class MarketFiles
{
    /// <summary>The most bytes that a file may have, packed or unpacked: a real day has 4 MB.</summary>
    private const int MaximumBytes = 64 * 1024 * 1024;

    private const string ResourcePrefix = "PowerBrokerage/ExampleDay/";
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly Func<string, Stream> open;

    private MarketFiles(IEnumerable<string> names, Func<string, Stream> open)
    {
        Names = [.. names.Order(StringComparer.Ordinal)];
        this.open = open;
    }

    internal ImmutableArray<string> Names { get; }

    internal static MarketFiles OfFolder(string folder) => Directory.Exists(folder)
        ? new MarketFiles(
            Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)),
            name => File.OpenRead(Path.Combine(folder, name)))
        : throw Missing(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)));

    internal static MarketFiles OfExample()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var names = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal));
        return new MarketFiles(names.Select(name => name[ResourcePrefix.Length..]),
            name => assembly.GetManifestResourceStream(ResourcePrefix + name) ?? throw new InvalidOperationException(name));
    }

    /// <summary>The lines of a file, all of them ended by <paramref name="ending"/>; a name ending in
    /// <c>.gz</c> is unpacked.</summary>
    internal IReadOnlyList<DataLine> Lines(string name, Encoding encoding, string ending)
    {
        if (!Names.Contains(name)) throw Missing(name);
        string text;
        try
        {
            var bytes = Bytes(name);
            text = (encoding is UTF8Encoding ? StrictUtf8 : encoding).GetString(bytes);
        }
        catch (Exception fault) when (fault is InvalidDataException or DecoderFallbackException or EndOfStreamException)
        {
            throw Damaged(name, fault is DecoderFallbackException
                ? "it is not text of its encoding"
                : "its compressed form is damaged or truncated");
        }
        if (!text.EndsWith(ending, StringComparison.Ordinal)) throw Damaged(name, "its last line is cut off");
        var parts = text[..^ending.Length].Split(ending);
        var lines = new DataLine[parts.Length];
        for (var index = 0; index < parts.Length; index++)
        {
            lines[index] = new DataLine(name, index + 1, parts[index]);
            if (parts[index].AsSpan().ContainsAny('\r', '\n'))
                throw lines[index].Damaged("a line ends otherwise than the others");
        }
        return lines;
    }

    internal static MarketDataException Missing(string name) =>
        new(MarketDataException.MissingFile, name, 0, "it is not there");

    internal static MarketDataException Damaged(string name, string reason) =>
        new(MarketDataException.DamagedFile, name, 0, reason);

    private byte[] Bytes(string name)
    {
        var packed = ReadAll(name, open(name));
        if (!name.EndsWith(".gz", StringComparison.Ordinal)) return packed;
        using var unpacking = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        var bytes = ReadAll(name, unpacking);
        // RFC 1952 ends with the length; a truncated file may else unpack without a complaint.
        if (packed.Length < 18 || BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan(^4..)) != (uint)bytes.Length)
            throw new InvalidDataException();
        return bytes;
    }

    private static byte[] ReadAll(string name, Stream stream)
    {
        using (stream)
        {
            var buffer = new MemoryStream();
            var chunk = new byte[81_920];
            int read;
            while ((read = stream.Read(chunk)) > 0)
            {
                if (buffer.Length + read > MaximumBytes) throw Damaged(name, $"it has more than {MaximumBytes} bytes");
                buffer.Write(chunk, 0, read);
            }
            return buffer.ToArray();
        }
    }
}
