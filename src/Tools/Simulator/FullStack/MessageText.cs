using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.FullStack;

/// <summary>A message in words, for who reads a replay.</summary>
internal static class MessageText
{
    public static string Of(ReadOnlyMemory<byte> bytes) => PeerMessage.Parse(bytes) switch
    {
        null => $"garbage of {bytes.Length} bytes",
        SignedProposal proposal => ConsensusJws.TryReadProposal(proposal.Jws, out var jws, out var payload)
            ? $"proposal {payload.Height}/{payload.Round} {Short(payload.Block)} valid round {payload.ValidRound}, "
                + $"{proposal.Block.Transactions.Count} transactions by {Key(jws.Header.KeyId)}"
            : "an unreadable proposal",
        SignedVote vote => ConsensusJws.TryReadVote(vote.Jws, out var phase, out var jws, out var said)
            ? $"{phase} {said.Height}/{said.Round} {Short(said.Block)} by {Key(jws.Header.KeyId)}"
            : "an unreadable vote",
        Progress progress => $"progress {progress.Height}, rounds {string.Join(' ', progress.Rounds.Select(round => round.Round))}",
        Bodies bodies => $"{bodies.Submissions.Count} bodies",
        BodyAnswers answers =>
            $"{answers.Stored.Count} bodies taken{string.Concat(answers.Refused.Select(refused => $", {refused.Id.ToString()[..8]} {refused.Code}"))}",
        WantBodies want => $"wants {want.Ids.Count} bodies",
        WantBlocks want => $"wants blocks from {want.From}",
        Blocks blocks => $"blocks {string.Join(' ', blocks.Stored.Select(block => block.Header.Height))}",
        var other => other.GetType().Name,
    };

    private static string Key(string? kid) => kid?[..6] ?? "nobody";

    private static string Short(Digest<Block>? block) => block?.ToString()[..8] ?? "nil";
}
