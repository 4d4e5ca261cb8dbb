using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Consensus;

/// <summary>Marker for the digest of a block's list of transaction ids.</summary>
internal sealed class TransactionList
{
    private TransactionList() { }

    /// <summary>SHA-256 over the ids, one after another.</summary>
    public static Digest<TransactionList> DigestOf(IReadOnlyList<Digest<Transaction>> ids)
    {
        var bytes = new byte[32 * ids.Count];
        for (var index = 0; index < ids.Count; index++)
            ids[index].CopyTo(bytes.AsSpan(32 * index));
        return Digest<TransactionList>.Of(bytes);
    }
}

/// <summary>What a proposer signs.</summary>
/// <param name="Net">The ledger.</param>
/// <param name="Height">The height.</param>
/// <param name="Round">The round.</param>
/// <param name="Block">The block's id.</param>
/// <param name="ValidRound">The round whose prevotes justify it, or −1.</param>
/// <param name="List">The digest of the ids, so that whoever hands it on cannot swap them.</param>
internal sealed record ProposalPayload(
    Digest<Net> Net, long Height, int Round, Digest<Block> Block, int ValidRound, Digest<TransactionList> List)
{
    /// <summary><c>typ</c> of a proposal.</summary>
    public const string Type = "cf-proposal+jws";
}

/// <summary>Signs and reads the messages of the agreement: compact JWS, whose <c>kid</c> is the thumbprint of the consensus key.</summary>
internal static class ConsensusJws
{
    /// <summary><c>typ</c> of the first vote of a round.</summary>
    public const string PrevoteType = "cf-prevote+jws";

    private static readonly JwsExpectation Proposal = new() { Type = ProposalPayload.Type, MaximumBytes = 2048 };
    private static readonly JwsExpectation Prevote = new() { Type = PrevoteType, MaximumBytes = 2048 };
    private static readonly JwsExpectation Precommit = new() { Type = BlockCertificate.PrecommitType, MaximumBytes = 2048 };

    public static byte[] Sign(ProposalPayload payload, ISigningKey key) =>
        Jws.SignCompactBytes(ProposalPayload.Type, JsonSerializer.SerializeToUtf8Bytes(payload, ConsensusJson.Instance.ProposalPayload), key);

    public static byte[] Sign(VotePhase phase, BlockVote vote, ISigningKey key) =>
        Jws.SignCompactBytes(phase == VotePhase.Prevote ? PrevoteType : BlockCertificate.PrecommitType, vote.ToBytes(), key);

    /// <summary>Reads a proposal; not verified yet.</summary>
    public static bool TryReadProposal(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out CompactJws? jws, [NotNullWhen(true)] out ProposalPayload? payload)
    {
        payload = null;
        return Jws.ParseCompact(bytes, Proposal).TryGet(out jws) && TryDeserialize(jws, ConsensusJson.Instance.ProposalPayload, out payload);
    }

    /// <summary>Reads a vote; not verified yet.</summary>
    public static bool TryReadVote(ReadOnlyMemory<byte> bytes, out VotePhase phase, [NotNullWhen(true)] out CompactJws? jws, [NotNullWhen(true)] out BlockVote? vote)
    {
        vote = null;
        phase = Jws.ParseCompact(bytes, Precommit).TryGet(out jws) ? VotePhase.Precommit
            : Jws.ParseCompact(bytes, Prevote).TryGet(out jws) ? VotePhase.Prevote : VotePhase.None;
        return phase != VotePhase.None && TryDeserialize(jws!, ConsensusJson.Instance.BlockVote, out vote);
    }

    /// <summary>The signature of a precommit that was read before.</summary>
    public static JwsSignature SignatureOfPrecommit(byte[] bytes) => Jws.ParseCompact(bytes, Precommit).Value.ToSignature();

    /// <summary>The validator whose key the message names, if the set has it.</summary>
    public static Validator? SignerOf(CompactJws jws, ValidatorSet validators) =>
        Base64Url.TryDecode(jws.Header.KeyId, out var thumbprint) && thumbprint.Length == 32 ? validators.Find(new Digest<PublicKey>(thumbprint)) : null;

    private static bool TryDeserialize<T>(CompactJws jws, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> form, [NotNullWhen(true)] out T? payload)
        where T : class
    {
        payload = null;
        try
        {
            payload = JsonSerializer.Deserialize(jws.Payload.Span, form);
        }
        catch (JsonException)
        {
            return false;
        }
        // Exactly these bytes: what is signed is what everybody reads.
        return payload is not null && jws.Payload.Span.SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(payload, form));
    }
}

[JsonSerializable(typeof(ProposalPayload))]
[JsonSerializable(typeof(BlockVote))]
internal sealed partial class ConsensusJson : JsonSerializerContext
{
    public static ConsensusJson Instance { get; } = new(MessageJson.NewOptions());
}
