using System.Buffers.Binary;
using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// The signed bytes of the messages that the agreement on the present height holds: for the certificate, for nodes that lack them, and for the log. Whether
/// a message is held is the agreement's word alone, which may let go of one; a contradiction is held beside what it contradicts.
/// </summary>
internal sealed class HeightMessages(Agreement agreement)
{
    private readonly Dictionary<ProposalMessage, SignedProposal> proposals = [];
    private readonly Dictionary<VoteMessage, SignedVote> votes = [];

    /// <summary>True while nobody has said anything about this height.</summary>
    public bool IsEmpty => proposals.Count == 0 && votes.Count == 0;

    public void Add(ProposalMessage message, SignedProposal signed) => proposals[message] = signed;

    public void Add(VoteMessage message, SignedVote signed) => votes[message] = signed;

    public void Remove(ProposalMessage message) => proposals.Remove(message);

    public void Remove(VoteMessage message) => votes.Remove(message);

    public SignedProposal? Find(ProposalMessage message) => proposals.GetValueOrDefault(message);

    public SignedVote? Find(VoteMessage message) => votes.GetValueOrDefault(message);

    /// <summary>The proposals of a round for a block.</summary>
    public IEnumerable<SignedProposal> Proposals(int round, Digest<Block> block) =>
        proposals.Where(known => known.Key.Round == round && known.Key.Block == block).Select(known => known.Value);

    /// <summary>The votes of a phase and round, for whatever.</summary>
    public IEnumerable<SignedVote> Votes(VotePhase phase, int round) =>
        votes.Where(known => known.Key.Phase == phase && known.Key.Round == round).Select(known => known.Value);

    /// <summary>What this node holds, for others.</summary>
    public IReadOnlyList<RoundProgress> Progress()
    {
        Prune();
        return
        [
            .. proposals.Keys.Select(message => (message.Round, Tag: TagOf(message)))
                .Concat(votes.Keys.Select(message => (message.Round, Tag: TagOf(message))))
                .GroupBy(held => held.Round).OrderBy(round => round.Key)
                .Select(round => new RoundProgress(round.Key, [.. round.Select(held => held.Tag)])),
        ];
    }

    /// <summary>What another node lacks, lowest round first, proposals before votes.</summary>
    public IReadOnlyList<PeerMessage> LackedBy(IReadOnlyList<RoundProgress> theirs)
    {
        Prune();
        var held = theirs.GroupBy(round => round.Round).ToDictionary(rounds => rounds.Key, rounds => rounds.SelectMany(round => round.Held).ToHashSet());
        return
        [
            .. proposals.Where(known => IsLacked(known.Key.Round, TagOf(known.Key))).Select(known => (known.Key.Round, Message: (PeerMessage)known.Value))
                .Concat(votes.Where(known => IsLacked(known.Key.Round, TagOf(known.Key))).Select(known => (known.Key.Round, Message: (PeerMessage)known.Value)))
                .OrderBy(message => message.Round).Select(message => message.Message),
        ];

        bool IsLacked(int round, ulong tag) => !held.TryGetValue(round, out var tags) || !tags.Contains(tag);
    }

    private void Prune()
    {
        foreach (var message in proposals.Keys.Where(message => !agreement.Holds(message)).ToArray())
            proposals.Remove(message);
        foreach (var message in votes.Keys.Where(message => !agreement.Holds(message)).ToArray())
            votes.Remove(message);
    }

    private static ulong TagOf(ProposalMessage message) => TagOf(0, message.ValidRound, message.Signer, message.Block);

    private static ulong TagOf(VoteMessage message) => TagOf((byte)message.Phase, -1, message.Signer, message.Block);

    // A liar that finds two messages of one tag hides one of its own two.
    private static ulong TagOf(byte kind, int validRound, AccountId signer, Digest<Block>? block)
    {
        Span<byte> input = stackalloc byte[1 + 4 + 32 + 1 + 32];
        input.Clear();
        input[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(input[1..], validRound);
        signer.CopyTo(input[5..]);
        if (block is { } value)
        {
            input[37] = 1;
            value.CopyTo(input[38..]);
        }
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(input, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
