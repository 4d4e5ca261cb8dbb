using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Tests.Consensus;

/// <summary>
/// The last validator of a committee, in the hands of somebody who says what he likes: the others are real nodes, he has a validator's keys and sends
/// hand-made messages over the same network.
/// </summary>
internal sealed class Liar : IPeerListener
{
    private readonly Committee committee;
    private readonly IPeerNetwork port;
    private readonly Committee.Member self;

    public Liar(Committee committee)
    {
        this.committee = committee;
        self = committee.Members[^1];
        port = committee.Network.Join(self.Account);
        port.Start(this);
    }

    /// <summary>What the others sent to him.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<PeerMessage> Heard { get; } = new();

    /// <summary>Where the others stand.</summary>
    public ChainTip Tip => committee.Members[0].Ledger!.Tip;

    /// <summary>Has the others make blocks until he is the proposer of the first round of the next.</summary>
    public async Task AwaitTurnAsync()
    {
        await committee.AgreeAsync(1, andStandStill: true);
        while (ProposerRotation.At(committee.Genesis.Validators, Tip.Height + 1, 0).Account != self.Account)
        {
            await committee.SendAsync(0, committee.Add("turns"));
            await committee.AgreeAsync(Tip.Height, andStandStill: true);
        }
    }

    /// <summary>A header of the next block that lies in nothing but, perhaps, its root.</summary>
    public BlockHeader Header(Digest<MerkleNode> root) => new()
    {
        Net = committee.Genesis.Net,
        Format = BlockHeader.FormatVersion,
        Rules = 1,
        Height = Tip.Height + 1,
        BuiltRound = 0,
        Parent = Tip.Block,
        Time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
        TransactionsRoot = root,
        Validators = committee.Genesis.Validators.Digest,
        NextValidators = committee.Genesis.Validators.Digest,
        Builder = self.Account,
        Randomness = Output(Proof(self.Vrf)),
    };

    public VrfProof Proof(VrfKey key) => BlockRandomness.Prove(key, Tip.Randomness, Tip.Height + 1, out _);

    public static Digest<VrfOutput> Output(VrfProof proof) => Ecvrf.TryOutput(proof, out var output) ? output : throw new InvalidOperationException("No output.");

    /// <summary>The root over transactions that all end with this outcome.</summary>
    public static Digest<MerkleNode> RootOf(params IReadOnlyList<(Digest<Transaction> Id, byte[] Outcome)> leaves)
    {
        var frontier = new MerkleFrontier();
        foreach (var (id, outcome) in leaves)
            frontier.Append(BlockTree.Leaf(id, outcome));
        return frontier.Root();
    }

    public static Digest<Transaction> IdOf(byte[] transaction)
    {
        Assert.Null(TransactionParser.Parse(transaction, out var parsed));
        return parsed!.Id;
    }

    /// <summary>Hands transactions to all others, as a node that admitted them does.</summary>
    public void HandOn(params IReadOnlyList<byte[]> transactions) => Send(new Bodies([.. transactions.Select(each => Submission.Of(each))]));

    /// <summary>Proposes a block to all others.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="ids">Its list.</param>
    /// <param name="round">The round of the proposal.</param>
    /// <param name="proof">The proof of its randomness; the liar's own by default.</param>
    public void Propose(BlockHeader header, IReadOnlyList<Digest<Transaction>> ids, int round = 0, VrfProof? proof = null)
    {
        var block = Assemble(header, ids, proof ?? Proof(self.Vrf));
        var payload = new ProposalPayload(committee.Genesis.Net, header.Height, round, block.Id, -1, block.List);
        Send(new SignedProposal(ConsensusJws.Sign(payload, self.Consensus), block));
    }

    public void Send(PeerMessage message)
    {
        foreach (var other in committee.Members.Where(member => member != self))
            port.Send(other.Account, message.ToBytes(), PeerLane.Agreement);
    }

    public void Connected(AccountId peer)
    {
    }

    public void Disconnected(AccountId peer)
    {
    }

    public void Received(AccountId from, ReadOnlyMemory<byte> message)
    {
        if (PeerMessage.Parse(message) is { } heard)
            Heard.Enqueue(heard);
    }

    // As it travels: a block that nobody executed has no other form.
    private static ProposedBlock Assemble(BlockHeader header, IReadOnlyList<Digest<Transaction>> ids, VrfProof proof)
    {
        var writer = new StateWriter();
        try
        {
            writer.Bytes(header.ToBytes());
            writer.Bytes(proof.Bytes);
            writer.UInt32((uint)ids.Count);
            foreach (var id in ids)
                writer.Digest(id);
            var reader = new StateReader(writer.Written);
            return ProposedBlock.Read(ref reader);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
