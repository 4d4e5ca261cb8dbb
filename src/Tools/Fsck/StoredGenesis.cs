using System.Text.Encodings.Web;
using System.Text.Json;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Tools;

/// <summary>A validator's entry in genesis.</summary>
internal sealed record StoredValidator(
    string Name, Hash Account, PublicKey ConsensusKey, PublicKey VrfKey, long Weight);

/// <summary>What the genesis document says that the log depends on.</summary>
internal sealed record StoredGenesis
{
    private const int LargestDocument = 1 << 30;

    public required Hash Net { get; init; }

    public required long Time { get; init; }

    public required int Rules { get; init; }

    /// <summary>Ordered by account.</summary>
    public required IReadOnlyList<StoredValidator> Validators { get; init; }

    public required Hash ValidatorsDigest { get; init; }

    public required long MaximumValiditySeconds { get; init; }

    public required long MaximumBlockTransactions { get; init; }

    public required long MaximumBlockBytes { get; init; }

    public required long CheckpointIntervalBlocks { get; init; }

    public required long CheckpointIntervalSeconds { get; init; }

    /// <summary>The section of the contract accounts, or null.</summary>
    public required JsonElement? Accounts { get; init; }

    public long Quorum
    {
        get
        {
            var total = (Int128)0;
            foreach (var validator in Validators)
                total += validator.Weight;
            return (long)(2 * total / 3) + 1;
        }
    }

    /// <summary>Reads the document; null if it is none.</summary>
    public static StoredGenesis? Read(byte[] bytes)
    {
        if (!StrictJson.TryParseObject(bytes, out var document, LargestDocument))
            return null;
        var members = new StrictMembers(document);
        var format = members.Integer("format", 1, 1);
        members.AnyText("name");
        var time = members.Integer("time_milliseconds", 0, long.MaxValue);
        var rules = members.Integer("rules", 1, int.MaxValue);
        members.Flag("sandbox", absent: false);
        var validators = members.Array("validators").Select(ReadValidator).ToArray();
        var parameters = new StrictMembers(members.Element("parameters"));
        var contracts = members.Element("contracts");
        var genesis = new StoredGenesis
        {
            Net = Hash.Of(bytes),
            Time = time,
            Rules = (int)rules,
            Validators = [.. validators.OfType<StoredValidator>().OrderBy(validator => validator.Account)],
            ValidatorsDigest = default,
            MaximumValiditySeconds = parameters.Integer("maximum_validity_seconds", 1, 600, absent: 120),
            MaximumBlockTransactions = parameters.Integer(
                "maximum_block_transactions", 1, 65_536, absent: 4_096),
            MaximumBlockBytes = parameters.Integer("maximum_block_bytes", 1 << 20, 64 << 20, absent: 8 << 20),
            CheckpointIntervalBlocks = parameters.Integer(
                "checkpoint_interval_blocks", 1, 100_000, absent: 64),
            CheckpointIntervalSeconds = parameters.Integer(
                "checkpoint_interval_seconds", 1, 3_600, absent: 10),
            Accounts = contracts.ValueKind == JsonValueKind.Object
                && contracts.TryGetProperty("accounts", out var accounts) ? accounts : null,
        };
        parameters.Integer("clock_skew_seconds", 0, 300, absent: 30);
        parameters.Integer("sponsor_quota", 1, 1_000_000_000, absent: 100_000);
        var isWhole = members.AreExact && parameters.AreExact && format == 1 && validators.Length > 0
            && validators.All(validator => validator is not null)
            && genesis.Validators.DistinctBy(validator => validator.Account).Count() == validators.Length
            && genesis.Validators.DistinctBy(validator => validator.ConsensusKey).Count() == validators.Length;
        return isWhole ? genesis with { ValidatorsDigest = DigestOf(genesis.Validators) } : null;
    }

    private static StoredValidator? ReadValidator(JsonElement element)
    {
        var members = new StrictMembers(element);
        var validator = new StoredValidator(
            members.AnyText("name"), members.Account("account"), members.Key("consensus_key"), members.Key("vrf_key"), members.Integer("weight", 1, long.MaxValue));
        return members.AreExact ? validator : null;
    }

    private static Hash DigestOf(IReadOnlyList<StoredValidator> validators)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(
            buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach (var validator in validators)
            {
                writer.WriteStartObject();
                writer.WriteString("name"u8, validator.Name);
                writer.WriteString("account"u8, Cryptography.Base64Url.Encode(validator.Account.ToArray()));
                WriteKey(writer, "consensus_key", validator.ConsensusKey);
                WriteKey(writer, "vrf_key", validator.VrfKey);
                writer.WriteNumber("weight"u8, validator.Weight);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        return Hash.Of(buffer.ToArray());
    }

    private static void WriteKey(Utf8JsonWriter writer, string name, PublicKey key)
    {
        writer.WriteStartObject(name);
        writer.WriteString("kty"u8, "EC"u8);
        writer.WriteString("crv"u8, "P-256"u8);
        writer.WriteString("x"u8, key.X);
        writer.WriteString("y"u8, key.Y);
        writer.WriteEndObject();
    }
}
