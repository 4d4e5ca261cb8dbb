using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Ledger.Blocks;

/// <summary>The validators of a height, ordered by account; its digest stands in the header.</summary>
public sealed class ValidatorSet
{
    /// <summary>A set of at least one validator, without repetition.</summary>
    /// <exception cref="GenesisException">It is empty, repeats an account or a key, or a weight is below 1.</exception>
    public ValidatorSet(IEnumerable<Validator> validators)
    {
        Validators = [.. validators.OrderBy(validator => validator.Account)];
        if (Validators.Count == 0 || Validators.Any(validator => validator.Weight < 1)
            || Validators.DistinctBy(validator => validator.Account).Count() != Validators.Count
            || Validators.DistinctBy(validator => validator.ConsensusKey).Count() != Validators.Count)
            throw new GenesisException("Validators have weights of at least 1 and keys and accounts of their own.");
        Digest = Digest<ValidatorSet>.Of(JsonSerializer.SerializeToUtf8Bytes(Validators, ValidatorJson.Instance.IReadOnlyListValidator));
        byKey = Validators.ToDictionary(validator => validator.ConsensusKey.Thumbprint);
    }

    private readonly Dictionary<Digest<PublicKey>, Validator> byKey;

    /// <summary>The validators, ordered by account.</summary>
    public IReadOnlyList<Validator> Validators { get; }

    /// <summary>SHA-256 of the list as compact JSON, ordered by account, members in the order of <see cref="Validator"/>.</summary>
    public Digest<ValidatorSet> Digest { get; }

    /// <summary>All weights together.</summary>
    public long TotalWeight => Validators.Sum(validator => validator.Weight);

    /// <summary>The weight that decides: floor(2n/3) + 1. <b>Source:</b> arXiv 1807.04938 (more than two thirds).</summary>
    public long Quorum => (long)((Int128)2 * TotalWeight / 3) + 1;

    /// <summary>The validator whose consensus key has this thumbprint, or null.</summary>
    public Validator? Find(Digest<PublicKey> consensusKeyId) => byKey.GetValueOrDefault(consensusKeyId);
}

[JsonSerializable(typeof(IReadOnlyList<Validator>))]
internal sealed partial class ValidatorJson : JsonSerializerContext
{
    public static ValidatorJson Instance { get; } = new(MessageJson.NewOptions());
}
