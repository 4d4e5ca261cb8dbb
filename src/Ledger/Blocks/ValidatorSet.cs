using System.Diagnostics.CodeAnalysis;
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
    /// <exception cref="GenesisException">It is empty, repeats an account or a key, or its weights are out of range.</exception>
    public ValidatorSet(IEnumerable<Validator> validators)
    {
        Validators = [.. validators.OrderBy(validator => validator.Account)];
        if (Validators.Count == 0 || Validators.Any(validator => validator.Weight < 1)
            || Validators.DistinctBy(validator => validator.Account).Count() != Validators.Count
            || Validators.DistinctBy(validator => validator.ConsensusKey).Count() != Validators.Count)
            throw new GenesisException("Validators have weights of at least 1 and keys and accounts of their own.");
        if (Validators.Aggregate(Int128.Zero, (sum, validator) => sum + validator.Weight) > long.MaxValue)
            throw new GenesisException("The validators' weights together exceed 2^63 - 1.");
        Bytes = JsonSerializer.SerializeToUtf8Bytes(Validators, ValidatorJson.Instance.IReadOnlyListValidator);
        Digest = Digest<ValidatorSet>.Of(Bytes);
        byKey = Validators.ToDictionary(validator => validator.ConsensusKey.Thumbprint);
    }

    private readonly Dictionary<Digest<PublicKey>, Validator> byKey;

    /// <summary>The validators, ordered by account.</summary>
    public IReadOnlyList<Validator> Validators { get; }

    /// <summary>The list as compact JSON, ordered by account, members in the order of <see cref="Validator"/>.</summary>
    public byte[] Bytes { get; }

    /// <summary>SHA-256 of <see cref="Bytes"/>.</summary>
    public Digest<ValidatorSet> Digest { get; }

    /// <summary>All weights together.</summary>
    public long TotalWeight => Validators.Sum(validator => validator.Weight);

    /// <summary>The weight that decides: floor(2n/3) + 1. <b>Source:</b> arXiv 1807.04938 (more than two thirds).</summary>
    public long Quorum => (long)((Int128)2 * TotalWeight / 3) + 1;

    /// <summary>The weight that may be faulty: floor((n-1)/3), the rest of the quorum.</summary>
    public long FaultyWeight => TotalWeight - Quorum;

    /// <summary>The validator whose consensus key has this thumbprint, or null.</summary>
    public Validator? Find(Digest<PublicKey> consensusKeyId) => byKey.GetValueOrDefault(consensusKeyId);

    /// <summary>The validator of this account, or null.</summary>
    public Validator? Find(AccountId account) => Validators.FirstOrDefault(validator => validator.Account == account);

    /// <summary>True if the list makes this set.</summary>
    public bool IsOf(IReadOnlyList<Validator> validators) =>
        validators.Count == Validators.Count && validators.OrderBy(validator => validator.Account).SequenceEqual(Validators);

    /// <summary>Reads a set's bytes.</summary>
    /// <returns>False if they are not those of a set, exactly as <see cref="Bytes"/> writes them.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ValidatorSet? set)
    {
        set = null;
        try
        {
            if (JsonSerializer.Deserialize(bytes, ValidatorJson.Instance.IReadOnlyListValidator) is { } validators && !validators.Contains(null!))
                set = new ValidatorSet(validators);
        }
        catch (Exception fault) when (fault is JsonException or GenesisException)
        {
            return false;
        }
        if (set is not null && !bytes.SequenceEqual(set.Bytes))
            set = null;
        return set is not null;
    }
}

[JsonSerializable(typeof(IReadOnlyList<Validator>))]
internal sealed partial class ValidatorJson : JsonSerializerContext
{
    public static ValidatorJson Instance { get; } = new(MessageJson.NewOptions());
}
