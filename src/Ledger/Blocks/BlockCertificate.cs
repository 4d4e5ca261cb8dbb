using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>What a validator signs when it votes for a block.</summary>
/// <param name="Net">The ledger.</param>
/// <param name="Height">The height.</param>
/// <param name="Round">The round of the vote.</param>
/// <param name="Block">The block's id; null for a vote for none, which no certificate is made of.</param>
public sealed record BlockVote(
    Digest<Net> Net, long Height, int Round, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] Digest<Block>? Block)
{
    /// <summary>The exact bytes that are signed: compact JSON, members in this order.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, VoteJson.Instance.BlockVote);
}

/// <summary>
/// A block certificate: a general JWS over the vote, signed by validators of more than two thirds of the weight. Anybody with a JOSE library and the
/// validators' keys checks it.
/// </summary>
public sealed class BlockCertificate
{
    /// <summary><c>typ</c> of a precommit, the vote that decides.</summary>
    public const string PrecommitType = "cf-precommit+jws";

    private readonly GeneralJws jws;

    private BlockCertificate(ReadOnlyMemory<byte> bytes, GeneralJws jws, BlockVote vote)
    {
        Bytes = bytes;
        this.jws = jws;
        Vote = vote;
    }

    /// <summary>The JSON bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What was voted for.</summary>
    public BlockVote Vote { get; }

    /// <summary>The consensus keys that signed, by thumbprint, without saying yet that they verify.</summary>
    public IEnumerable<string> KeyIds => jws.Signatures.Select(signature => signature.Header.KeyId ?? "");

    /// <summary>Assembles a certificate from precommits over the same vote.</summary>
    public static BlockCertificate Assemble(BlockVote vote, IEnumerable<JwsSignature> precommits)
    {
        var bytes = Jws.Assemble(vote.ToBytes(), precommits);
        return TryParse(bytes, out var certificate) ? certificate : throw new InvalidOperationException("A certificate was assembled that does not parse.");
    }

    /// <summary>Reads a certificate's bytes; signatures are checked by <see cref="Verify"/>.</summary>
    /// <returns>False if they have not the form.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out BlockCertificate? certificate)
    {
        certificate = null;
        if (!Jws.ParseGeneral(bytes, new JwsExpectation { Type = PrecommitType }).TryGet(out var jws))
            return false;
        BlockVote? vote;
        try
        {
            vote = JsonSerializer.Deserialize(jws.Payload.Span, VoteJson.Instance.BlockVote);
        }
        catch (JsonException)
        {
            return false;
        }
        if (vote is null)
            return false;
        certificate = new BlockCertificate(bytes, jws, vote);
        return true;
    }

    /// <summary>True if validators of a quorum signed for exactly this block, and every signature verifies.</summary>
    /// <param name="header">The header as it was parsed.</param>
    /// <param name="block">SHA-256 of the header's bytes.</param>
    /// <param name="validators">The validators of that height.</param>
    public bool Verify(BlockHeader header, Digest<Block> block, ValidatorSet validators)
    {
        if (Vote.Net != header.Net || Vote.Height != header.Height || Vote.Block != block || header.Validators != validators.Digest)
            return false;
        long weight = 0;
        var seen = new HashSet<Digest<PublicKey>>();
        foreach (var signature in jws.Signatures)
        {
            if (!Base64Url.TryDecode(signature.Header.KeyId, out var thumbprint) || thumbprint.Length != 32)
                return false;
            var keyId = new Digest<PublicKey>(thumbprint);
            if (validators.Find(keyId) is not { } validator || !seen.Add(keyId) || signature.Verify(validator.ConsensusKey) is not null)
                return false;
            weight += validator.Weight;
        }
        return weight >= validators.Quorum;
    }
}

[JsonSerializable(typeof(BlockVote))]
internal sealed partial class VoteJson : JsonSerializerContext
{
    public static VoteJson Instance { get; } = new(MessageJson.NewOptions());
}
