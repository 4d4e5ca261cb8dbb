using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Tests.Chain;

/// <summary>Who may sit among the validators: three keys and a weight.</summary>
internal sealed class Seat(string name, long weight)
{
    public EphemeralSigningKey Consensus { get; } = EphemeralSigningKey.Create();

    public EphemeralSigningKey Node { get; } = EphemeralSigningKey.Create();

    public VrfKey Vrf { get; } = VrfKey.Create();

    public Validator Entry(long? otherWeight = null) => new(name, AccountId.Of(Node.PublicKey), Consensus.PublicKey, Vrf.PublicKey, otherWeight ?? weight);
}

/// <summary>
/// A real chain of several validators without their agreement: the ledger's own builder executes the blocks, and the keys of those in force certify them. Each
/// block is appended to a log as a node would.
/// </summary>
internal sealed class CommitteeChain : IDisposable
{
    private readonly ContractSet contracts;
    private readonly Executor executor;
    private readonly Admitter admitter;
    private readonly BlockBuilder builder;
    private readonly ReaderWriterLockSlim stateLock = new();
    private readonly Blocks.Chain chain;
    private ChainTip tip;
    private int nextJti;

    public CommitteeChain(IDisk disk, params IReadOnlyList<Seat> first)
    {
        Seats = [.. first];
        Genesis = Genesis.Create(new GenesisDocument
        {
            Format = 1,
            Name = "committee",
            TimeMilliseconds = StartMilliseconds,
            Rules = 1,
            Sandbox = true,
            Validators = [.. first.Select(seat => seat.Entry())],
            Parameters = new LedgerParameters { CheckpointIntervalBlocks = 5, CheckpointIntervalSeconds = 3_600 },
            Contracts = JsonSerializer.SerializeToElement(new { counter = new[] { Alice.PublicKey } }),
        });
        contracts = CreateContracts();
        executor = new Executor(contracts, Genesis);
        admitter = new Admitter(contracts, Genesis, stateLock);
        builder = new BlockBuilder(Genesis, contracts, executor);
        chain = new Blocks.Chain(disk);
        new Recovery(Genesis, contracts, executor, admitter, chain, verifySignatures: false).Begin();
        tip = ChainTip.Start(Genesis);
    }

    public const long StartMilliseconds = 1_795_000_000_000;

    /// <summary>Everybody who ever sits or may.</summary>
    public List<Seat> Seats { get; }

    public EphemeralSigningKey Alice { get; } = EphemeralSigningKey.Create();

    public Genesis Genesis { get; }

    public List<StoredBlock> Blocks { get; } = [];

    /// <summary>Who certifies the next block.</summary>
    public ValidatorSet Validators => executor.Rules.Validators;

    public static ContractSet CreateContracts()
    {
        var counter = new CounterContract();
        return new ContractSet(counter, counter, new CommitteeContract());
    }

    /// <summary>Seven members in turn: three changes of who sits and what they weigh, with transactions and due work between.</summary>
    public static CommitteeChain WithThreeChanges(IDisk disk)
    {
        Seat[] seats = [new("oak & co", 1), new("birch", 1), new("élm", 1), new("ash \"the\" fourth", 1), new("yew", 3), new("fir", 2), new("rowan", 5)];
        var chain = new CommitteeChain(disk, seats[..4]);
        chain.Seats.AddRange(seats[4..]);
        chain.Append(chain.Add("apples"), chain.Add("pears"), chain.Add("plums"));
        chain.Append(chain.SeatOf(seats[1], seats[2], seats[3], seats[4]));
        for (var more = 0; more < 3; more++)
            chain.Append(chain.Add("apples"), chain.Sign("counter.once", """{"name":"apples"}"""));
        chain.Append(chain.SeatOf(seats[4], seats[5], seats[6]), chain.Add("pears"));
        chain.Append(chain.Sign("counter.alarm", $$"""{"name":"apples","at":{{StartMilliseconds + 20_000}}}"""));
        while (chain.Blocks.Count < 24)
            chain.Append(chain.Add("cherries"));
        chain.Append(chain.SeatOf(seats[..4]));
        for (var more = 0; more < 5; more++)
            chain.Append(chain.Add("pears"), chain.Add("plums"));
        return chain;
    }

    /// <summary>Executes transactions in a block, has it certified by the fewest that make a quorum, and appends it.</summary>
    public StoredBlock Append(params IReadOnlyList<byte[]> transactions)
    {
        var (height, set) = (tip.Height + 1, Validators);
        var proposer = set.Validators[(int)(height % set.Validators.Count)];
        var proof = BlockRandomness.Prove(SeatOf(proposer).Vrf, tip.Randomness, height, out var randomness);
        var candidate = builder.Build(tip, tip.Time + TimeSpan.FromSeconds(1), 0, proposer.Account, proof, randomness, [.. transactions.Select(Admit)]);
        Assert.Empty(candidate.LeftOut);
        var block = candidate.Certified(
            BlockCertificate.Assemble(VoteFor(candidate.HeaderBytes, height), Precommits(candidate.HeaderBytes, height, Quorum(set))).Bytes.ToArray());
        chain.Append(block);
        contracts.State.CommitBlock();
        executor.Committed(new Timestamp(candidate.Header.Time));
        tip = tip.After(block.Header, block.Id, block.Leaves.Count);
        Blocks.Add(block);
        return block;
    }

    public byte[] Add(string name) => Sign("counter.add", $$"""{"name":"{{name}}","by":1}""");

    /// <summary>The transaction by which others become the validators.</summary>
    public byte[] SeatOf(params IReadOnlyList<Seat> seats) =>
        Sign("committee.seat", Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(new SeatMessage([.. seats.Select(seat => seat.Entry())]), CommitteeJson.Instance.SeatMessage)));

    public byte[] Sign(string action, string argument)
    {
        var now = tip.Time.UnixSeconds;
        var payload = $$"""{"net":"{{Genesis.Net}}","iss":"{{AccountId.Of(Alice.PublicKey)}}","jti":"jti-{{++nextJti}}","iat":{{now}},"exp":{{now + 60}},"act":"{{action}}","arg":{{argument}}}""";
        return Encoding.ASCII.GetBytes(Jws.SignCompact("cf+jws", Encoding.UTF8.GetBytes(payload), Alice));
    }

    public Seat SeatOf(Validator validator) => Seats.Single(seat => seat.Consensus.PublicKey == validator.ConsensusKey);

    /// <summary>The fewest, heaviest first, that make a quorum.</summary>
    public List<Seat> Quorum(ValidatorSet set)
    {
        var chosen = new List<Seat>();
        long weight = 0;
        foreach (var validator in set.Validators.OrderByDescending(validator => validator.Weight).TakeWhile(_ => weight < set.Quorum))
        {
            chosen.Add(SeatOf(validator));
            weight += validator.Weight;
        }
        return chosen;
    }

    public BlockVote VoteFor(byte[] header, long height, int round = 0) => new(Genesis.Net, height, round, Digest<Block>.Of(header));

    public IEnumerable<JwsSignature> Precommits(byte[] header, long height, IEnumerable<Seat> seats) =>
        seats.Select(seat => Jws.Sign(BlockCertificate.PrecommitType, VoteFor(header, height).ToBytes(), seat.Consensus));

    private VerifiedTransaction Admit(byte[] bytes)
    {
        Assert.Null(TransactionParser.Parse(bytes, out var transaction));
        Assert.Null(admitter.Reread(transaction!, verifySignatures: true, out var verified));
        return verified!;
    }

    public void Dispose()
    {
        chain.Dispose();
        stateLock.Dispose();
    }
}
