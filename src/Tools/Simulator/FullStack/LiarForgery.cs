using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Simulator.FullStack;

/// <summary>Messages that no honest node makes, signed with the keys of one.</summary>
internal sealed class LiarForgery(SimulatedWorld world, SimulatedNode node)
{
    private SimulationRandom Random => world.Random;

    public byte[] Vote(VotePhase phase, BlockVote vote) => new SignedVote(ConsensusJws.Sign(phase, vote, node.ConsensusKey)).ToBytes();

    public byte[] Proposal(ProposalPayload payload, ProposedBlock block) =>
        new SignedProposal(ConsensusJws.Sign(payload with { Block = block.Id, List = block.List }, node.ConsensusKey), block).ToBytes();

    /// <summary>A vote with somebody else's name and the own signature.</summary>
    public byte[] ForgedVote(Digest<Block>? block)
    {
        var tip = node.Ledger?.Tip.Height ?? 0;
        var victim = Random.Pick(world.Nodes);
        var vote = new BlockVote(world.Genesis.Net, tip + 1, Random.Below(3), block);
        var phase = Random.Chance(500) ? VotePhase.Prevote : VotePhase.Precommit;
        return new SignedVote(ConsensusJws.Sign(phase, vote, new BorrowedName(victim.ConsensusKey.PublicKey, node.ConsensusKey))).ToBytes();
    }

    public BlockVote Garbage(BlockVote vote) => Random.Below(5) switch
    {
        0 => vote with { Height = vote.Height + Random.Between(-2, 3) },
        1 => vote with { Round = Math.Max(0, vote.Round + Random.Between(-2, 60)) },
        2 => vote with { Block = Digest<Block>.Of(BitConverter.GetBytes(Random.Next())) },
        3 => vote with { Net = Digest<Net>.Of("another"u8) },
        _ => vote with { Round = int.MaxValue },
    };

    public byte[] Garbage()
    {
        var bytes = new byte[Random.Below(200)];
        for (var at = 0; at < bytes.Length; at++)
            bytes[at] = (byte)Random.Below(at == 0 ? 11 : 256);
        return bytes;
    }

    /// <summary>With another byte somewhere.</summary>
    public byte[] Altered(ReadOnlyMemory<byte> bytes)
    {
        var altered = bytes.ToArray();
        altered[Random.Below(altered.Length)] ^= (byte)Random.Between(1, 255);
        return altered;
    }

    /// <summary>Another block of the same height and round that is as valid.</summary>
    public static ProposedBlock Twin(ProposedBlock block) => WithHeader(block, block.Header with { Time = block.Header.Time + 1 });

    /// <summary>A proposal with a lie in a single field.</summary>
    public byte[] LyingProposal(ProposalPayload payload, ProposedBlock block)
    {
        var header = block.Header;
        var some = BitConverter.GetBytes(Random.Next());
        switch (Random.Below(16))
        {
            case 0:
                return Proposal(payload, WithHeader(block, header with { Height = header.Height + 1 }));
            case 1:
                return Proposal(payload, WithHeader(block, header with { BuiltRound = header.BuiltRound + 1 }));
            case 2 when header.Parent is not null:
                return Proposal(payload, WithHeader(block, header with { Parent = Digest<Block>.Of(some) }));
            case 3:
                return Proposal(payload, WithHeader(block, header with { Time = header.Time + Random.Pick<int>([-3_600_000, -2_500, 2_500, 3_600_000]) }));
            case 4:
                return Proposal(payload, WithHeader(block, header with { TransactionsRoot = Digest<MerkleNode>.Of(some) }));
            case 5:
                return Proposal(payload, WithHeader(block, header with { CheckpointRoot = Digest<LedgerState>.Of(some) }));
            case 6:
                return Proposal(payload, WithHeader(block, header with { Validators = Digest<ValidatorSet>.Of(some) }));
            case 7:
                return Proposal(payload, WithHeader(block, header with { NextValidators = Digest<ValidatorSet>.Of(some) }));
            case 8:
                return Proposal(payload, WithHeader(block, header with { Builder = Random.Pick(world.Nodes).Account }));
            case 9:
                return Proposal(payload, WithHeader(block, header with { Randomness = Digest<VrfOutput>.Of(some) }));
            case 10:
                return Proposal(payload, With(block, block.HeaderBytes, Altered(block.VrfProofBytes), block.Transactions));
            case 11:
                return Proposal(payload, With(block, block.HeaderBytes, block.VrfProofBytes, [.. block.Transactions, Digest<Transaction>.Of(some)]));
            case 12 when block.Transactions.Count > 0:
                return Proposal(payload, With(block, block.HeaderBytes, block.VrfProofBytes, [.. block.Transactions, block.Transactions[0]]));
            case 13:
                return Proposal(payload with { Round = payload.Round + 1 }, block);
            case 14:
                return Proposal(payload with { ValidRound = payload.Round > 0 ? Random.Below(payload.Round) : payload.Round }, block);
            default:
                return new SignedProposal(
                    ConsensusJws.Sign(payload with { List = TransactionList.DigestOf([Digest<Transaction>.Of(some)]) }, node.ConsensusKey), block).ToBytes();
        }
    }

    private static ProposedBlock WithHeader(ProposedBlock block, BlockHeader header) => With(block, header.ToBytes(), block.VrfProofBytes, block.Transactions);

    private static ProposedBlock With(ProposedBlock block, byte[] header, byte[] proof, IReadOnlyList<Digest<Transaction>> transactions)
    {
        var writer = new StateWriter();
        try
        {
            writer.Bytes(header);
            writer.Bytes(proof);
            writer.UInt32((uint)transactions.Count);
            foreach (var id in transactions)
                writer.Digest(id);
            var reader = new StateReader(writer.Written);
            return ProposedBlock.Read(ref reader);
        }
        catch (StateFormatException)
        {
            // A lie that has not even the form of a header.
            return block;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private sealed class BorrowedName(Cryptography.Keys.PublicKey name, Cryptography.Keys.ISigningKey key) : Cryptography.Keys.ISigningKey
    {
        public Cryptography.Keys.PublicKey PublicKey => name;

        public byte[] Sign(ReadOnlySpan<byte> data) => key.Sign(data);

        public void Dispose()
        {
        }
    }
}
