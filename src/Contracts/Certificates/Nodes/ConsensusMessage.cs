using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// A validator's signed message as evidence: a compact JWS whose <c>typ</c> is its phase and whose <c>kid</c> is the consensus key's thumbprint, over
/// <c>{net, height, round, block}</c>, for a proposal also <c>valid_round</c> and <c>list</c>.
/// </summary>
internal sealed class ConsensusMessage
{
    private const int MaximumLength = 2_048;
    private const string ProposalType = "cf-proposal+jws";
    private const string PrevoteType = "cf-prevote+jws";

    private ConsensusMessage(string type, Digest<Net> net, long height, long round, string content)
    {
        Type = type;
        Net = net;
        Height = height;
        Round = round;
        Content = content;
    }

    public string Type { get; }

    public Digest<Net> Net { get; }

    public long Height { get; }

    public long Round { get; }

    // What differs where two messages contradict each other; the same message may be signed again.
    private string Content { get; }

    public bool IsAtOddsWith(ConsensusMessage other) =>
        Type == other.Type && Net == other.Net && Height == other.Height && Round == other.Round && Content != other.Content;

    /// <summary>Reads and verifies it.</summary>
    public static bool TryRead(string compact, PublicKey key, [NotNullWhen(true)] out ConsensusMessage? message)
    {
        message = null;
        if (compact.Length > MaximumLength
            || !Jws.ParseCompact(compact, new JwsExpectation { MaximumBytes = MaximumLength }).TryGet(out var jws)
            || !jws.Header.HasOnlyProtected("alg", "typ", "kid")
            || jws.Header.KeyId != key.ToString()
            || jws.Verify(key) is not null)
            return false;
        try
        {
            message = Read(jws.Header.Type, jws.Payload.Span);
        }
        catch (JsonException)
        {
            return false;
        }
        return message is { Height: >= 1, Round: >= 0 };
    }

    private static ConsensusMessage? Read(string? type, ReadOnlySpan<byte> payload)
    {
        if (type is PrevoteType or BlockCertificate.PrecommitType)
            return JsonSerializer.Deserialize(payload, ConsensusJson.Instance.VotePayload) is { } vote
                ? new ConsensusMessage(type, vote.Net, vote.Height, vote.Round, $"{vote.Block}")
                : null;
        return type == ProposalType && JsonSerializer.Deserialize(payload, ConsensusJson.Instance.ProposalPayload) is { } proposal
            ? new ConsensusMessage(type, proposal.Net, proposal.Height, proposal.Round, $"{proposal.Block} {proposal.ValidRound} {proposal.List}")
            : null;
    }
}

internal sealed record VotePayload(Digest<Net> Net, long Height, long Round, Digest<Block>? Block);

internal sealed record ProposalPayload(
    Digest<Net> Net, long Height, long Round, Digest<Block> Block, long ValidRound, Digest<Block> List);

[JsonSerializable(typeof(VotePayload))]
[JsonSerializable(typeof(ProposalPayload))]
internal sealed partial class ConsensusJson : JsonSerializerContext
{
    public static ConsensusJson Instance { get; } = new(MessageJson.NewOptions());
}
