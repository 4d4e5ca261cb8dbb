using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.Consensus;

/// <summary>Sees everything that every honest validator does, and says what must never happen.</summary>
internal sealed class ConsensusChecker(ConsensusWorld world)
{
    private readonly Dictionary<long, SimulatedCertificate> decisions = [];
    private readonly Dictionary<(int Validator, long Height, int Round, int Kind), Digest<Block>?> signed = [];
    private readonly (long Height, int LockedRound)[] logged = new (long, int)[world.Plan.Committee.Count];
    private readonly (int Incarnation, long Height, int LockedRound)[] seen = new (int, long, int)[world.Plan.Committee.Count];
    private readonly List<string> violations = [];
    private int lastRoundOfSettling = -1;
    private long settlingHeight;

    public IReadOnlyList<string> Violations => violations;

    public int Forks { get; private set; }

    public int DoubleSignatures { get; private set; }

    public int Stuck { get; private set; }

    /// <summary>The two certificates of the first fork.</summary>
    public (SimulatedCertificate First, SimulatedCertificate Second)? Fork { get; private set; }

    /// <summary>One bit a validator against whom there is evidence.</summary>
    public int Accused { get; private set; }

    public int HighestRound { get; private set; }

    public long Decisions => decisions.Count;

    /// <summary>Agreement and validity.</summary>
    public void Decided(SimulatedValidator validator, Digest<Block> tip, SimulatedCertificate certificate)
    {
        var block = certificate.Block;
        HighestRound = Math.Max(HighestRound, certificate.Round);
        world.Note(0xDEC1DE, validator.Index, certificate.Height, certificate.Round, block.Id);
        if (world.IsTracing)
            world.Trace($"{validator.Index} decides {certificate.Height}/{certificate.Round} {SimulatedBlock.Name(block.Id)}");
        if (!block.IsValid || block.Height != certificate.Height || block.Parent != tip)
            Violate($"validity: {validator.Index} decides an invalid block at height {certificate.Height}");
        if (certificate.Precommits.Sum(precommit => world.Plan.Committee.Weight(precommit.Signer)) < QuorumOf(validator))
            Violate($"certificate: {validator.Index} decides height {certificate.Height} with too little weight");
        if (decisions.TryAdd(certificate.Height, certificate) || decisions[certificate.Height].Block == block)
            return;
        var first = decisions[certificate.Height];
        Forks++;
        Fork ??= (first, certificate);
        Violate($"agreement: height {certificate.Height} is {SimulatedBlock.Name(first.Block.Id)} and {SimulatedBlock.Name(block.Id)}");
    }

    /// <summary>No honest validator signs two things for one height, round and phase, over all its lives.</summary>
    public void Signed(Envelope envelope)
    {
        var kind = (int)(envelope.Vote?.Phase ?? VotePhase.None);
        var block = envelope.Proposal is { } proposal ? proposal.Block : envelope.Vote!.Block;
        world.Note((ulong)kind, envelope.Signer, envelope.Height, envelope.Round, block.GetValueOrDefault());
        if (world.IsTracing)
            world.Trace($"{envelope.Signer} signs {envelope}");
        if (signed.TryAdd((envelope.Signer, envelope.Height, envelope.Round, kind), block)
            || signed[(envelope.Signer, envelope.Height, envelope.Round, kind)] == block)
            return;
        DoubleSignatures++;
        Violate($"double signature: {envelope}");
    }

    /// <summary>What is logged never falls back behind an earlier lock of the height.</summary>
    public void Logged(int validator, AgreementMemory memory)
    {
        ref var last = ref logged[validator];
        if (last.Height == memory.Height && memory.LockedRound < last.LockedRound)
            Violate($"lock: {validator} logs lockedRound {memory.LockedRound} after {last.LockedRound} at height {memory.Height}");
        last = (memory.Height, memory.LockedRound);
    }

    /// <summary>Called after each step of a validator.</summary>
    public void Stepped(SimulatedValidator validator)
    {
        if (validator.Agreement is not { } agreement)
            return;
        ref var last = ref seen[validator.Index];
        if (last.Incarnation == validator.Incarnation && last.Height == agreement.Height && agreement.LockedRound < last.LockedRound)
            Violate($"lock: lockedRound of {validator.Index} falls at height {agreement.Height}");
        last = (validator.Incarnation, agreement.Height, agreement.LockedRound);
        if (settlingHeight == 0)
            return;
        var limit = agreement.Height == settlingHeight ? lastRoundOfSettling + world.RoundBound : world.RoundBound - 1;
        if (agreement.Height >= settlingHeight && agreement.Round > limit)
            IsStuck($"{validator.Index} enters round {agreement.Round} of height {agreement.Height}, bound {limit}");
    }

    /// <summary>Evidence names liars only.</summary>
    public void Evidence(AccountId signer, bool isContradiction)
    {
        var validator = world.Plan.Committee.IndexOf(signer);
        if (!isContradiction)
            Violate($"evidence: the messages of {validator} do not contradict each other");
        if (!world.Plan.IsLiar(validator))
            Violate($"evidence: names {validator}, which is honest");
        Accused |= 1 << validator;
    }

    /// <summary>A message was refused for its signature.</summary>
    public void Refused(Envelope envelope)
    {
        if (world.IsTracing)
            world.Trace($"refused {envelope}");
    }

    /// <summary>Faults are over and what was under way has arrived: from here rounds are counted.</summary>
    public void Settled(IEnumerable<SimulatedValidator> honest)
    {
        settlingHeight = honest.Max(validator => validator.Height);
        lastRoundOfSettling = honest.Where(validator => validator.Height == settlingHeight).Max(validator => validator.Agreement?.Round ?? -1);
    }

    public void IsStuck(string what)
    {
        if (Stuck == 0)
            Violate($"stuck: {what}");
        Stuck = 1;
    }

    private static long QuorumOf(SimulatedValidator validator) => validator.Agreement!.Quorum;

    private void Violate(string what)
    {
        violations.Add(what);
        if (world.IsTracing)
            world.Trace($"VIOLATION {what}");
    }
}
