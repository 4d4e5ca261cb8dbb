using System.Buffers.Binary;
using System.Diagnostics;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.Consensus;

/// <summary>A signed message on its way: a proposal or a vote.</summary>
internal sealed class Envelope
{
    /// <summary>A number of its own among the messages of the simulation.</summary>
    public required int Id { get; init; }

    /// <summary>The position of the validator that it names as its signer.</summary>
    public required int Signer { get; init; }

    public required ulong Tag { get; init; }

    public ProposalMessage? Proposal { get; init; }

    public VoteMessage? Vote { get; init; }

    public long Height => Proposal?.Height ?? Vote!.Height;

    public int Round => Proposal?.Round ?? Vote!.Round;

    public override string ToString() => Proposal is { } proposal
        ? $"proposal {Signer} {proposal.Height}/{proposal.Round} {SimulatedBlock.Name(proposal.Block)} vr {proposal.ValidRound}"
        : $"{Vote!.Phase} {Signer} {Vote.Height}/{Vote.Round} {SimulatedBlock.Name(Vote.Block)}";
}

/// <summary>A decided block with what proves it.</summary>
internal sealed record SimulatedCertificate(long Height, int Round, SimulatedBlock Block, Envelope Proposal, IReadOnlyList<Envelope> Precommits);

/// <summary>A block: what the validators would find if they executed it.</summary>
internal sealed class SimulatedBlock
{
    public required Digest<Block> Id { get; init; }

    public required long Height { get; init; }

    public required Digest<Block> Parent { get; init; }

    public required int Builder { get; init; }

    public required long Time { get; init; }

    public required bool IsValid { get; init; }

    /// <summary>One bit a validator that has the bodies.</summary>
    public int Holders { get; set; }

    /// <summary>One bit a validator that the builder gives no bodies.</summary>
    public int Withheld { get; set; }

    public static string Name(Digest<Block>? id) => id is { } block ? block.ToString()[^6..] : "nil";
}

/// <summary>Signs and checks; every different message has one envelope.</summary>
internal sealed class SimulatedSigner(int validators, SimulationRandom random)
{
    private readonly KeyedHash[] keys = [.. Enumerable.Range(0, validators).Select(_ => new KeyedHash(random.Next(), random.Next()))];
    private readonly Dictionary<ProposalMessage, Envelope> proposals = [];
    private readonly Dictionary<VoteMessage, Envelope> votes = [];
    private int nextId;

    public Envelope Sign(int signer, ProposalMessage message)
    {
        if (!proposals.TryGetValue(message, out var envelope))
            proposals.Add(message, envelope = new Envelope { Id = nextId++, Signer = signer, Tag = TagOf(signer, message), Proposal = message });
        return envelope;
    }

    public Envelope Sign(int signer, VoteMessage message)
    {
        if (!votes.TryGetValue(message, out var envelope))
            votes.Add(message, envelope = new Envelope { Id = nextId++, Signer = signer, Tag = TagOf(signer, message), Vote = message });
        return envelope;
    }

    /// <summary>A message that names another as its signer, under the liar's own key.</summary>
    public Envelope Forge(int liar, int victim, VoteMessage message) =>
        new() { Id = nextId++, Signer = victim, Tag = TagOf(liar, message), Vote = message };

    public bool Verify(Envelope envelope) =>
        envelope.Tag == (envelope.Proposal is { } proposal ? TagOf(envelope.Signer, proposal) : TagOf(envelope.Signer, envelope.Vote!));

    private ulong TagOf(int signer, ProposalMessage message) =>
        Tag(signer, 0, message.Height, message.Round, message.ValidRound, message.Block);

    private ulong TagOf(int signer, VoteMessage message) => Tag(signer, (int)message.Phase, message.Height, message.Round, -1, message.Block);

    private ulong Tag(int signer, int kind, long height, int round, int validRound, Digest<Block>? block)
    {
        Debug.Assert(kind is >= 0 and <= 2);
        Span<byte> bytes = stackalloc byte[Digest<Block>.Size];
        block.GetValueOrDefault().CopyTo(bytes);
        unchecked
        {
            return keys[signer].Of(
            [
                ((ulong)kind << 1) | (block is null ? 1UL : 0UL), (ulong)height, ((ulong)(uint)validRound << 32) | (uint)round,
                BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            ]);
        }
    }
}
