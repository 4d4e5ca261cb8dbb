using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// All that a light client needs in one file: genesis, the changes of validators since, and receipts. Made by <c>ledger export-light</c>, verified by
/// <c>src/Tools/LightClient</c> in another language. <b>Source:</b> docs/storage.md.
/// </summary>
public sealed record LightFile
{
    /// <summary>The format version that this code makes.</summary>
    public const int FormatVersion = 1;

    /// <summary>The format version, 1.</summary>
    public required int Format { get; init; }

    /// <summary>The genesis document's exact bytes.</summary>
    [JsonConverter(typeof(Base64UrlBytesConverter))]
    public required byte[] Genesis { get; init; }

    /// <summary>
    /// The list of genesis' validators as <see cref="ValidatorSet.Bytes"/>: a reader that compares it with genesis need not know how to spell it.
    /// </summary>
    [JsonConverter(typeof(Base64UrlBytesConverter))]
    public required byte[] Validators { get; init; }

    /// <summary>The changes of validators, in order.</summary>
    public required IReadOnlyList<ValidatorChange> Changes { get; init; }

    /// <summary>Receipts, of any heights.</summary>
    public required IReadOnlyList<Receipt> Receipts { get; init; }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, LightFileJson.Instance.LightFile);

    /// <summary>Reads a file; null if it has not the form.</summary>
    public static LightFile? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, LightFileJson.Instance.LightFile) is { Format: FormatVersion } file ? file : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(LightFile))]
internal sealed partial class LightFileJson : JsonSerializerContext
{
    public static LightFileJson Instance { get; } = new(MessageJson.NewOptions());
}
