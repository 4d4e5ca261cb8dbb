using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Tools;

/// <summary>What the genesis document says that the log depends on.</summary>
internal sealed record StoredGenesis
{
    private const int LargestDocument = 1 << 30;

    public required Hash Net { get; init; }

    public required long Time { get; init; }

    public required int Rules { get; init; }

    public required StoredValidators Validators { get; init; }

    public required long MaximumValiditySeconds { get; init; }

    public required long MaximumBlockTransactions { get; init; }

    public required long MaximumBlockBytes { get; init; }

    public required long CheckpointIntervalBlocks { get; init; }

    public required long CheckpointIntervalSeconds { get; init; }

    /// <summary>The section of the contract accounts, or null.</summary>
    public required JsonElement? Accounts { get; init; }

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
        var validators = StoredValidators.Read(members.Array("validators"));
        var parameters = new StrictMembers(members.Element("parameters"));
        var contracts = members.Element("contracts");
        var genesis = new StoredGenesis
        {
            Net = Hash.Of(bytes),
            Time = time,
            Rules = (int)rules,
            Validators = validators!,
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
        return members.AreExact && parameters.AreExact && format == 1 && validators is not null ? genesis : null;
    }
}
