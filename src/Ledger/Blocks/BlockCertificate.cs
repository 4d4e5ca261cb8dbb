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
    public static BlockCertificate Assemble(BlockVote vote, IEnumerable<JwsSignature> precommits) =>
        TryParse(AssembleBytes(vote, precommits), out var certificate)
            ? certificate
            : throw new InvalidOperationException("A certificate was assembled that does not parse.");

    /// <summary>The same as bytes, of precommits whose form was checked before.</summary>
    internal static byte[] AssembleBytes(BlockVote vote, IEnumerable<JwsSignature> precommits) => Jws.Assemble(vote.ToBytes(), precommits);

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
        // The flattened form of one signature is another spelling of the same, and only one is a certificate; its members were checked to be exact.
        if (vote is not { Height: >= 1, Round: >= 0, Block: not null } || bytes.Span.IndexOf("\"signatures\""u8) < 0
            || !jws.Payload.Span.SequenceEqual(vote.ToBytes())
            || jws.Signatures.Any(signature => !signature.Header.HasOnlyProtected("alg", "typ", "kid")))
            return false;
        certificate = new BlockCertificate(bytes, jws, vote);
        return true;
    }

    /// <summary>True if validators of a quorum signed for exactly this block, and every signature verifies.</summary>
    /// <param name="header">The header as it was parsed.</param>
    /// <param name="block">SHA-256 of the header's bytes.</param>
    /// <param name="validators">The validators of that height.</param>
    public bool Verify(BlockHeader header, Digest<Block> block, ValidatorSet validators) => FindFault(header, block, validators) == CertificateFault.None;

    /// <summary>The first thing about the certificate that is wrong, in the order of <see cref="CertificateFault"/>.</summary>
    /// <param name="header">The header as it was parsed.</param>
    /// <param name="block">SHA-256 of the header's bytes.</param>
    /// <param name="validators">The validators of that height.</param>
    public CertificateFault FindFault(BlockHeader header, Digest<Block> block, ValidatorSet validators)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(validators);
        if (header.Validators != validators.Digest)
            return CertificateFault.OtherValidators;
        if (Vote.Net != header.Net)
            return CertificateFault.OtherNet;
        if (Vote.Height != header.Height)
            return CertificateFault.OtherHeight;
        if (Vote.Round < header.BuiltRound)
            return CertificateFault.EarlyRound;
        if (Vote.Block != block)
            return CertificateFault.OtherBlock;
        long weight = 0;
        var signers = new List<Validator>(jws.Signatures.Count);
        var seen = new HashSet<Digest<PublicKey>>(jws.Signatures.Count);
        foreach (var signature in jws.Signatures)
        {
            if (!Base64Url.TryDecode(signature.Header.KeyId, out var thumbprint) || thumbprint.Length != 32
                || validators.Find(new Digest<PublicKey>(thumbprint)) is not { } validator)
                return CertificateFault.UnknownSigner;
            if (!seen.Add(new Digest<PublicKey>(thumbprint)))
                return CertificateFault.RepeatedSigner;
            signers.Add(validator);
            weight += validator.Weight;
        }
        if (weight < validators.Quorum)
            return CertificateFault.NoQuorum;
        // Last, since it alone costs something.
        for (var index = 0; index < signers.Count; index++)
            if (jws.Signatures[index].Verify(signers[index].ConsensusKey) is not null)
                return CertificateFault.BadSignature;
        return CertificateFault.None;
    }
}

/// <summary>What can be wrong with a certificate that has the form of one; in order of precedence.</summary>
public enum CertificateFault
{
    /// <summary>Nothing: it certifies the block.</summary>
    None,

    /// <summary>The header names other validators than those that the caller trusts for its height.</summary>
    OtherValidators,

    /// <summary>The votes are for another ledger.</summary>
    OtherNet,

    /// <summary>The votes are for another height.</summary>
    OtherHeight,

    /// <summary>The votes are of a round before the one in which the block was built.</summary>
    EarlyRound,

    /// <summary>The votes are for another block.</summary>
    OtherBlock,

    /// <summary>A signature is by nobody of the validators.</summary>
    UnknownSigner,

    /// <summary>A validator signed twice.</summary>
    RepeatedSigner,

    /// <summary>The weight of those who signed is below the quorum.</summary>
    NoQuorum,

    /// <summary>A signature does not verify over these votes.</summary>
    BadSignature,
}

[JsonSerializable(typeof(BlockVote))]
internal sealed partial class VoteJson : JsonSerializerContext
{
    public static VoteJson Instance { get; } = new(MessageJson.NewOptions());
}
