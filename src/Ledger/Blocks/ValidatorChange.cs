using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// A certified header that announces other validators, with their list: one step of the way from genesis to the validators of today. Nothing is trusted
/// before <see cref="TrustedValidators.Advance"/> took it. <b>Source:</b> docs/storage.md.
/// </summary>
public sealed record ValidatorChange
{
    /// <summary>The header's exact bytes.</summary>
    [JsonConverter(typeof(Base64UrlBytesConverter))]
    public required byte[] Header { get; init; }

    /// <summary>The block certificate, general JWS, by the validators before the change.</summary>
    public required JsonNode Certificate { get; init; }

    /// <summary>The list of the validators from the next block on, as <see cref="ValidatorSet.Bytes"/>.</summary>
    [JsonConverter(typeof(Base64UrlBytesConverter))]
    public required byte[] NextValidators { get; init; }

    /// <summary>The change that a block announces; null if it announces none.</summary>
    public static ValidatorChange? Of(StoredBlock block) => block.NextValidatorsBytes.Length == 0 ? null : new ValidatorChange
    {
        Header = block.HeaderBytes,
        Certificate = JsonNode.Parse(block.CertificateBytes)!,
        NextValidators = block.NextValidatorsBytes,
    };

    /// <summary>The change as JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ValidatorChangeJson.Instance.ValidatorChange);

    /// <summary>Reads a change; null if it has not the form.</summary>
    public static ValidatorChange? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ValidatorChangeJson.Instance.ValidatorChange);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(ValidatorChange))]
internal sealed partial class ValidatorChangeJson : JsonSerializerContext
{
    public static ValidatorChangeJson Instance { get; } = new(MessageJson.NewOptions());
}
