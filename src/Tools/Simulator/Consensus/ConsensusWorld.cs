using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.Consensus;

/// <summary>One schedule from its first event to its last.</summary>
internal sealed class ConsensusWorld
{
    private const int GossipInterval = 150;
    private const int HealedGossipInterval = 60;
    private const int SettlingTime = 200;
    private const int LargestOverrun = 120_000;

    private readonly SimulationQueue queue = new();
    private readonly SimulatedValidator?[] validators;
    private readonly List<SimulatedValidator> honest = [];
    private readonly Dictionary<Digest<Block>, SimulatedBlock> blocks = [];
    private readonly long[] faults = new long[Enum.GetValues<FaultKind>().Length];
    private readonly List<string>? trace;
    private ulong digest = 14695981039346656037;
    private ulong builtBlocks;

    public ConsensusWorld(ulong seed, ConsensusScenario scenario, bool isTracing)
    {
        Random = new SimulationRandom(seed);
        Plan = new ConsensusPlan(scenario, Random);
        RoundBound = Plan.RoundBound;
        Signer = new SimulatedSigner(Plan.Committee.Count, Random);
        Checker = new ConsensusChecker(this);
        Network = new SimulatedNetwork(this);
        Adversary = new Adversary(this);
        trace = isTracing ? [] : null;
        validators = new SimulatedValidator?[Plan.Committee.Count];
        for (var index = 0; index < validators.Length; index++)
            if (!Plan.IsLiar(index))
                honest.Add(validators[index] = new SimulatedValidator(this, index));
    }

    public ConsensusPlan Plan { get; }

    public SimulationRandom Random { get; }

    public SimulatedSigner Signer { get; }

    public ConsensusChecker Checker { get; }

    public SimulatedNetwork Network { get; }

    public Adversary Adversary { get; }

    public int RoundBound { get; }

    public long Now { get; private set; }

    public bool IsHealed { get; private set; }

    public bool IsTracing => trace is not null;

    public long Events { get; private set; }

    public IReadOnlyList<string> TraceLines => trace ?? [];

    public IReadOnlyList<long> Faults => faults;

    public string TraceDigest => digest.ToString("x16", CultureInfo.InvariantCulture);

    public IReadOnlyList<SimulatedValidator> Honest => honest;

    public void Run()
    {
        new ConsensusFaults(this).Plan();
        foreach (var validator in honest)
        {
            After(Random.Between(0, 20), new() { Kind = SimulationEventKind.Begin, Node = validator.Index });
            After(Random.Between(1, GossipInterval), new() { Kind = SimulationEventKind.Gossip, Node = validator.Index });
        }
        while (queue.Count > 0 && Checker.Forks == 0 && Checker.Stuck == 0 && !honest.TrueForAll(IsFinished))
        {
            var next = queue.Take();
            Now = next.Time;
            if (Now > Plan.HealTime + LargestOverrun)
            {
                Checker.IsStuck($"height {honest.Min(validator => validator.Height)} after {Now} ms");
                return;
            }
            Events++;
            Note((ulong)next.Kind, next.Node, next.Height, next.Round, default);
            Handle(next);
            if (validators[next.Node] is { } validator)
                Checker.Stepped(validator);
        }
        if (Checker.Forks > 0)
            CompareCertificates();
    }

    public SimulatedValidator? Validator(int index) => validators[index];

    public void After(long delay, SimulationEvent item)
    {
        item.Time = Now + delay;
        queue.Add(item);
    }

    public void Count(FaultKind kind) => faults[(int)kind]++;

    public SimulatedBlock? BlockOf(Digest<Block> id) => blocks.GetValueOrDefault(id);

    /// <summary>Makes a block. Its id is a number of the simulation's: nothing here hashes.</summary>
    public SimulatedBlock Build(long height, Digest<Block> parent, int builder, long time, bool isValid)
    {
        Span<byte> id = stackalloc byte[Digest<Block>.Size];
        id.Clear();
        BinaryPrimitives.WriteInt64BigEndian(id, height);
        BinaryPrimitives.WriteUInt64BigEndian(id[16..], Random.Next());
        BinaryPrimitives.WriteUInt64BigEndian(id[24..], ++builtBlocks);
        var block = new SimulatedBlock
        {
            Id = new Digest<Block>(id),
            Height = height,
            Parent = parent,
            Builder = builder,
            Time = time,
            IsValid = isValid,
        };
        blocks.Add(block.Id, block);
        return block;
    }

    /// <summary>The block decided below a height, as far as anybody decided it.</summary>
    public Digest<Block> TipBelow(long height) =>
        height < 2 ? default : honest.Find(validator => validator.Finals.Count >= height - 1)?.Finals[(int)height - 2].Block.Id ?? default;

    /// <summary>Bodies come from any honest validator that has them and can be reached.</summary>
    public bool TryFetchBodies(int to, Digest<Block> id)
    {
        var block = blocks[id];
        foreach (var validator in honest)
        {
            if (!validator.IsUp || (block.Holders >> validator.Index & 1) == 0 || (!IsHealed && !Network.IsConnected(validator.Index, to)))
                continue;
            block.Holders |= 1 << to;
            return true;
        }
        return false;
    }

    /// <summary>A validator says that it begins a height, after a restart too: the others hand it what they have of it.</summary>
    public void Begins(SimulatedValidator validator)
    {
        foreach (var from in honest)
            Gossip(from, validator);
    }

    /// <summary>Somebody sent a message of a height that is over: it may be behind.</summary>
    public void OfferCertificate(SimulatedValidator from, int to)
    {
        if (validators[to] is { IsUp: true } other && other.Height < from.Height && Random.Chance(300))
            Network.Send(from.Index, to, from.Finals[(int)other.Height - 1]);
    }

    public void Crashed(SimulatedValidator validator, FaultKind kind)
    {
        Count(kind);
        Note(0xC4A5, validator.Index, validator.Height, (int)kind, default);
        if (IsTracing)
            Trace($"{validator.Index} crashes: {kind}");
        After(IsHealed ? 1 : Random.Between(1, 500), new() { Kind = SimulationEventKind.Restart, Node = validator.Index });
    }

    public void Trace(string line) => trace?.Add(string.Create(CultureInfo.InvariantCulture, $"{Now,6} {line}"));

    /// <summary>Mixes what happened into the trace's digest.</summary>
    public void Note(ulong kind, int node, long height, int round, Digest<Block> block)
    {
        unchecked
        {
            var word = (kind << 48) ^ ((ulong)node << 40) ^ ((ulong)height << 24) ^ (uint)round;
            word ^= ((ulong)(uint)block.GetHashCode() << 16) ^ ((ulong)Now << 8);
            digest = BitOperations.RotateLeft((digest ^ word) * 0x9E3779B97F4A7C15, 29) * 1099511628211;
        }
    }

    private void Handle(in SimulationEvent item)
    {
        var validator = validators[item.Node];
        switch (item.Kind)
        {
            case SimulationEventKind.Deliver:
                Network.Delivered(item);
                if (item.Payload is Envelope envelope)
                    validator!.Receive(item.Number, envelope);
                else
                    validator!.Receive((SimulatedCertificate)item.Payload!);
                break;
            case SimulationEventKind.Timeout when item.Number == validator!.Incarnation:
                validator.OnTimeout(new AgreementTimeout(item.Height, item.Round, (Step)item.Detail));
                break;
            case SimulationEventKind.Begin when item.Number == validator!.Incarnation:
                validator.Begin();
                break;
            case SimulationEventKind.Start when item.Number == validator!.Incarnation:
                validator.Start(item.Height);
                break;
            case SimulationEventKind.FetchBody when item.Number == validator!.Incarnation && item.Height == validator.Height:
                validator.OnBodies((Digest<Block>)item.Payload!);
                break;
            case SimulationEventKind.Gossip:
                if (IsHealed)
                    GossipToAll(validator!);
                else
                    Gossip(validator!, honest[Random.Below(honest.Count)]);
                After(IsHealed ? HealedGossipInterval : GossipInterval, item);
                break;
            case SimulationEventKind.Crash when !IsHealed:
                validator?.Crash(FaultKind.Crash);
                break;
            case SimulationEventKind.ArmCrash when !IsHealed && validator is { IsUp: true }:
                validator.ArmedCrash = (FaultKind)item.Detail;
                break;
            case SimulationEventKind.Restart:
                validator!.Restart();
                break;
            case SimulationEventKind.Split:
                Count(FaultKind.Partition);
                Network.FarSide = item.Detail;
                break;
            case SimulationEventKind.Join:
                Network.FarSide = 0;
                break;
            case SimulationEventKind.Adversary:
                Adversary.Act(item.Node, item.Height, item.Round, (Step)item.Detail);
                break;
            case SimulationEventKind.Heal:
                Heal();
                break;
            case SimulationEventKind.Settle:
                Checker.Settled(honest);
                break;
        }
    }

    /// <summary>Hands on what the other lacks: messages of its height, or the certificate of one that is over.</summary>
    private void Gossip(SimulatedValidator from, SimulatedValidator to)
    {
        if (from == to || !from.IsUp || !to.IsUp)
            return;
        if (to.Height < from.Height)
        {
            Network.Send(from.Index, to.Index, from.Finals[(int)to.Height - 1]);
            return;
        }
        foreach (var envelope in from.Messages)
            if (envelope.Height >= to.Height && !to.Holds(envelope))
                Network.Send(from.Index, to.Index, envelope);
    }

    private void GossipToAll(SimulatedValidator from)
    {
        foreach (var to in honest)
            Gossip(from, to);
    }

    private void Heal()
    {
        IsHealed = true;
        Trace("faults are over");
        Network.FarSide = 0;
        foreach (var validator in honest)
        {
            validator.ArmedCrash = FaultKind.None;
            validator.ClockOffset = Math.Clamp(validator.ClockOffset, -ConsensusFaults.UsualClockOffset, ConsensusFaults.UsualClockOffset);
            validator.TimeoutPercent = 100;
            validator.Restart();
        }
        foreach (var from in honest)
            GossipToAll(from);
        After(SettlingTime, new() { Kind = SimulationEventKind.Settle });
    }

    private bool IsFinished(SimulatedValidator validator) => validator.IsUp && validator.Height > Plan.Heights;

    // After a fork everybody shows everybody what it decided by, and all messages that it has.
    private void CompareCertificates()
    {
        foreach (var from in honest)
        {
            foreach (var to in honest)
            {
                if (from == to)
                    continue;
                foreach (var certificate in from.Finals.ToArray())
                    to.Receive(certificate);
            }
        }
    }
}
