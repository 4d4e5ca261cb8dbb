using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>By what the members decide about nodes; set in genesis, changed by governance only.</summary>
public sealed record NodeParameters
{
    /// <summary>How votes count: <c>count</c>, <c>weight</c> or <c>ratio</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>T1 for validators as a share of the electorate: at least two thirds, below 1.</summary>
    public required Fraction ValidatorParticipation { get; init; }

    /// <summary>T2 for validators as a share of the electorate: at least two thirds, below 1, since anything less lets a minority
    /// rewrite the set.</summary>
    public required Fraction ValidatorApproval { get; init; }

    /// <summary>T1 for other roles as a share of the committee: below 1.</summary>
    public required Fraction OtherParticipation { get; init; }

    /// <summary>T2 for other roles as a share of the committee, never below f: below 1.</summary>
    public required Fraction OtherApproval { get; init; }

    /// <summary>For the ratio rule: approving voters ÷ linked nodes must be greater; at least one half, below 1.</summary>
    public required Fraction Ratio { get; init; }

    /// <summary>For what an authority writes: approvals ÷ messages must be at least this; at least one half.</summary>
    public required Fraction Completed { get; init; }

    /// <summary>The committee for other roles weighs more than this share of the electorate, or all of it: at least one third.</summary>
    public required Fraction CommitteeWeight { get; init; }

    /// <summary>How long a request is open, in seconds of block time: 60 to 7,776,000 (90 days).</summary>
    public required int WindowSeconds { get; init; }

    /// <summary>How long ago the block that proofs name may have ceased to be the last one, in seconds: 10 to 86,400.</summary>
    public required int FreshnessSeconds { get; init; }

    /// <summary>The weight of a new validator: 1 to 1,000,000,000.</summary>
    public required long NewValidatorWeight { get; init; }

    /// <summary>The longest validity of a certificate in days: 1 to 3,650.</summary>
    public required int MaximumValidityDays { get; init; }

    /// <summary>How long before its end an entry's expiry is announced, in days: 1 to 365.</summary>
    public required int WarningDays { get; init; }

    /// <summary>Algorithms that certificates may have; <c>ES256</c> is the only one offered.</summary>
    public required IReadOnlyList<string> Algorithms { get; init; }

    /// <summary>No decision and no expiry leaves fewer validators: 1 to 1,000.</summary>
    public required int MinimumValidators { get; init; }

    /// <summary>How many requests an account has open at one time: 1 to 10,000.</summary>
    public required int OpenRequests { get; init; }

    /// <summary>How many requests an account makes on one day of block time (UTC): 1 to 100,000.</summary>
    public required int DailyRequests { get; init; }

    /// <summary>What holds where the genesis document says nothing.</summary>
    public static NodeParameters Default { get; } = new()
    {
        Rule = "weight",
        ValidatorParticipation = new(2, 3),
        ValidatorApproval = new(2, 3),
        OtherParticipation = new(2, 3),
        OtherApproval = new(1, 2),
        Ratio = new(2, 3),
        Completed = new(2, 3),
        CommitteeWeight = new(2, 3),
        WindowSeconds = 3 * 86_400,
        FreshnessSeconds = 600,
        NewValidatorWeight = 1,
        MaximumValidityDays = 730,
        WarningDays = 30,
        Algorithms = [Es256],
        MinimumValidators = 1,
        OpenRequests = 16,
        DailyRequests = 256,
    };

    /// <summary>ECDSA over P-256 with SHA-256.</summary>
    internal const string Es256 = "ES256";

    /// <summary>The rule as a value.</summary>
    [JsonIgnore]
    public DecisionRule DecisionRule => Rule switch
    {
        "count" => DecisionRule.Count,
        "weight" => DecisionRule.Weight,
        "ratio" => DecisionRule.Ratio,
        _ => DecisionRule.None,
    };

    /// <summary>The member that is outside its range, or null.</summary>
    public string? FindFault()
    {
        var third = new Fraction(1, 3);
        var half = new Fraction(1, 2);
        var quorum = new Fraction(2, 3);
        return DecisionRule == DecisionRule.None ? "rule"
            : !IsThreshold(ValidatorParticipation, quorum) ? "validator_participation"
            : !IsThreshold(ValidatorApproval, quorum) ? "validator_approval"
            : !IsThreshold(OtherParticipation, default) ? "other_participation"
            : !IsThreshold(OtherApproval, default) ? "other_approval"
            : !IsThreshold(Ratio, half) ? "ratio"
            : !Completed.IsValid || !Completed.IsAtLeast(half) ? "completed"
            : !CommitteeWeight.IsValid || !CommitteeWeight.IsAtLeast(third) ? "committee_weight"
            : WindowSeconds is < 60 or > 7_776_000 ? "window_seconds"
            : FreshnessSeconds is < 10 or > 86_400 ? "freshness_seconds"
            : NewValidatorWeight is < 1 or > 1_000_000_000 ? "new_validator_weight"
            : MaximumValidityDays is < 1 or > 3_650 ? "maximum_validity_days"
            : WarningDays is < 1 or > 365 ? "warning_days"
            : Algorithms.Count is 0 or > 4 || Algorithms.Any(name => name != Es256) ? "algorithms"
            : MinimumValidators is < 1 or > 1_000 ? "minimum_validators"
            : OpenRequests is < 1 or > 10_000 ? "open_requests"
            : DailyRequests is < 1 or > 100_000 ? "daily_requests"
            : null;
    }

    // A threshold that is the whole would never be exceeded.
    private static bool IsThreshold(Fraction value, Fraction least) =>
        value.IsValid && value.Numerator < value.Denominator && (least.IsUnset || value.IsAtLeast(least));
}

/// <summary>
/// The parameters, table <c>certificates.node_parameters</c>, one row under the empty text.
/// Bytes: length 4 and compact JSON, members in the order of <see cref="NodeParameters"/>.
/// </summary>
/// <param name="Parameters">The parameters.</param>
public sealed record NodeParametersRow(NodeParameters Parameters) : IStateRow<NodeParametersRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) =>
        writer.Bytes(JsonSerializer.SerializeToUtf8Bytes(Parameters, NodesJson.Instance.NodeParameters));

    /// <inheritdoc/>
    public static NodeParametersRow Read(ref StateReader reader)
    {
        try
        {
            return new NodeParametersRow(
                JsonSerializer.Deserialize(reader.Bytes(), NodesJson.Instance.NodeParameters)
                ?? throw new StateFormatException("The row of certificates.node_parameters is null."));
        }
        catch (JsonException cause)
        {
            throw new StateFormatException("The row of certificates.node_parameters has not the right form.", cause);
        }
    }
}
