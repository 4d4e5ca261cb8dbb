using System.Buffers.Binary;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Ledger.Tests.Consensus;

/// <summary>One validator's agreement with a host that writes down what it is asked for, and messages of the others by position.</summary>
internal sealed class AgreementBench : IAgreementHost
{
    public const long Height = 100;

    private readonly Dictionary<Digest<Block>, BlockValidity> verdicts = [];

    public AgreementBench(int self, params long[] weights)
    {
        Validators = SetOf(weights);
        Agreement = new Agreement(Height, Validators, self < 0 ? null : Account(self), this);
    }

    public ValidatorSet Validators { get; }

    public Agreement Agreement { get; }

    /// <summary>What the host was asked for, one short line each.</summary>
    public List<string> Log { get; } = [];

    public List<AgreementMemory> Memories { get; } = [];

    /// <summary>The own position, where own messages are fed back.</summary>
    public int? SelfIndex { get; init; }

    /// <summary>Feeds own messages back from within the call, as a node of one validator does.</summary>
    public bool IsSynchronous { get; init; }

    public bool IsClockRight { get; set; } = true;

    /// <summary>The block that a new proposal has.</summary>
    public Digest<Block> NewBlock { get; set; } = Block('n');

    public static ValidatorSet SetOf(params long[] weights) => new(weights.Select((weight, index) => new Validator(
        $"v{index}", new AccountId(new Digest<PublicKey>(Numbered(index + 1, 32))), new PublicKey(Numbered(index + 1, 64)),
        new PublicKey(Numbered(index + 1, 64)), weight)));

    public static Digest<Block> Block(char name) => new(Numbered(name, 32));

    public AccountId Account(int index) => Validators.Validators[index].Account;

    /// <summary>The position of the proposer of a round.</summary>
    public int ProposerOf(int round) => Validators.Validators.ToList().FindIndex(validator => validator.Account == Agreement.Proposer(round));

    /// <summary>A proposal of the round's proposer.</summary>
    public bool Propose(int round, char block, int validRound = -1) =>
        Agreement.OnProposal(new ProposalMessage(Height, round, Block(block), validRound, Agreement.Proposer(round)));

    public void Prevotes(int round, char? block, params int[] voters) => Votes(VotePhase.Prevote, round, block, voters);

    public void Precommits(int round, char? block, params int[] voters) => Votes(VotePhase.Precommit, round, block, voters);

    public void Votes(VotePhase phase, int round, char? block, params int[] voters)
    {
        foreach (var voter in voters)
            Agreement.OnVote(new VoteMessage(phase, Height, round, block is { } name ? Block(name) : null, Account(voter)));
    }

    public void Timeout(int round, Step step) => Agreement.OnTimeout(new AgreementTimeout(Height, round, step));

    public void Verdict(char block, BlockValidity verdict) => verdicts[Block(block)] = verdict;

    /// <summary>What was asked for since the last look.</summary>
    public string[] Take()
    {
        var taken = Log.ToArray();
        Log.Clear();
        return taken;
    }

    void IAgreementHost.Propose(int round, Digest<Block>? validValue, int validRound)
    {
        Log.Add($"propose {round} {Name(validValue)} {validRound}");
        if (IsSynchronous)
            Agreement.OnProposal(new ProposalMessage(Height, round, validValue ?? NewBlock, validRound, Agreement.Proposer(round)));
    }

    BlockValidity IAgreementHost.Judge(ProposalMessage proposal) => verdicts.GetValueOrDefault(proposal.Block, BlockValidity.Valid);

    bool IAgreementHost.IsTimely(ProposalMessage proposal) => IsClockRight;

    void IAgreementHost.Vote(VotePhase phase, int round, Digest<Block>? block, AgreementMemory memory)
    {
        Log.Add($"{phase} {round} {Name(block)}");
        Memories.Add(memory);
        if (IsSynchronous)
            Agreement.OnVote(new VoteMessage(phase, Height, round, block, Self));
    }

    void IAgreementHost.StartTimeout(AgreementTimeout timeout) => Log.Add($"timeout {timeout.Step} {timeout.Round}");

    void IAgreementHost.Decide(int round, Digest<Block> block) => Log.Add($"decide {round} {Name(block)}");

    void IAgreementHost.Evidence(VoteMessage first, VoteMessage second) =>
        Log.Add($"evidence {first.Phase} {first.Round} {Name(first.Block)} {Name(second.Block)}");

    void IAgreementHost.Evidence(ProposalMessage first, ProposalMessage second) =>
        Log.Add($"evidence Proposal {first.Round} {Name(first.Block)} {Name(second.Block)}");

    private AccountId Self => SelfIndex is { } index ? Account(index) : throw new InvalidOperationException("A follower votes for nothing.");

    private static string Name(Digest<Block>? block) =>
        block is { } id ? ((char)BinaryPrimitives.ReadInt32BigEndian(id.ToArray().AsSpan(28))).ToString() : "nil";

    private static byte[] Numbered(int number, int length)
    {
        var bytes = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(length - 4), number);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(0), number);
        return bytes;
    }
}
