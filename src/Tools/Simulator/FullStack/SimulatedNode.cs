using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Simulator.FullStack;

/// <summary>One node: the real ledger on a simulated disk, clock and network. It loses its power wherever the world says so.</summary>
internal sealed class SimulatedNode : IDisposable
{
    private const int StepsWithoutPause = 200;

    private readonly SimulatedWorld world;
    private readonly WatchedSigningKey watchedKey;
    private int? stepsUntilPowerLoss;
    private bool isStarting;
    private bool hasCrashed;
    private long wakes;

    public SimulatedNode(SimulatedWorld world, int index)
    {
        this.world = world;
        Index = index;
        Account = AccountId.Of(SimulatedKeys.SigningKey($"node {index}").PublicKey);
        ConsensusKey = SimulatedKeys.SigningKey($"consensus {index}");
        watchedKey = new WatchedSigningKey(ConsensusKey, data => world.Checker.OnSigned(this, data));
        Disk = new SimulatedDisk(OnStep);
        Clock = new SimulatedClock(() => world.Now) { DriftPerMillion = world.Plan.HasDrift ? world.Random.Between(-500, 500) : 0 };
    }

    public int Index { get; }

    public AccountId Account { get; }

    public DeterministicSigningKey ConsensusKey { get; }

    public SimulatedDisk Disk { get; }

    public SimulatedClock Clock { get; }

    public WorldContracts? Contracts { get; private set; }

    public Ledger.Ledger? Ledger { get; private set; }

    public NodeNetwork? Network { get; private set; }

    public NodeIndex TransactionIndex { get; private set; } = new();

    /// <summary>It lies, by what it does to its messages.</summary>
    public Liar? Liar { get; set; }

    public bool IsUp => Ledger is not null;

    /// <summary>The power went within the call that is under way.</summary>
    public bool HasLostPower { get; private set; }

    public Validator Entry(long weight) => new(
        $"v{Index}", Account, ConsensusKey.PublicKey, SimulatedKeys.VrfKey($"vrf {Index}").PublicKey, weight);

    /// <summary>The power goes at the n-th write, flush or message from now on.</summary>
    public void LosePowerAfter(int steps) => stepsUntilPowerLoss = steps;

    public void KeepPower() => stepsUntilPowerLoss = null;

    public void Open()
    {
        if (IsUp)
            return;
        Contracts = new WorldContracts(world.Plan.Scenario.IsGoverned);
        Network = new NodeNetwork(world, this);
        isStarting = true;
        if (hasCrashed && !world.IsHealed && world.Random.Chance(250))
            LosePowerAfter(1 + world.Random.Below(12));
        hasCrashed = false;
        try
        {
            Ledger = Counterfoil.Ledger.Ledger.OpenStepped(world.Genesis, Contracts.Set, Environment());
        }
        catch (PowerLossException)
        {
            Crash();
            return;
        }
        catch (Exception fault) when (fault is IOException or LogWriteException)
        {
            world.Trace.Write(world.Now, $"n{Index} cannot start: {fault.Message}");
            world.After(500_000, Open);
            return;
        }
        catch (LedgerDamagedException fault) when (Index != world.Plan.Forgetful)
        {
            world.Checker.Violate($"n{Index} cannot read its own ledger: {fault.Message}");
            return;
        }
        catch (Exception fault) when (world.Plan.IsFaulty(Index) && Index == world.Plan.Forgetful)
        {
            // What was durable by the disk's word is not: an operator gives it an empty disk, and the key never signs again.
            world.Trace.Write(world.Now, $"n{Index} begins anew: {fault.Message}");
            LoseDisk();
            world.After(500_000, Open);
            return;
        }
        finally
        {
            isStarting = false;
        }
        world.Trace.Write(world.Now, $"n{Index} is up at height {Ledger.Tip.Height}");
        world.Trace.Note(world.Now, Index, 1, Ledger.Tip.Height);
        world.Checker.OnOpened(this);
        world.Links.NodeUp(this);
        Step();
    }

    /// <summary>Does something with the node, and lets it do what follows from it.</summary>
    public void Do(Action<Ledger.Ledger> action)
    {
        if (Ledger is not { } ledger)
            return;
        try
        {
            action(ledger);
        }
        catch (PowerLossException)
        {
            HasLostPower = true;
        }
        Step();
    }

    public void Step()
    {
        var wait = TimeSpan.Zero;
        for (var steps = 0; wait <= TimeSpan.Zero; steps++)
        {
            if (!TryStep(out wait))
            {
                Crash();
                return;
            }
            world.Checker.AfterStep(this);
            if (!IsUp)
                return;
            if (steps < StepsWithoutPause)
                continue;
            world.Checker.Violate($"n{Index} runs without a pause at height {Ledger!.Tip.Height}");
            wait = TimeSpan.FromMilliseconds(50);
        }
        var wake = ++wakes;
        world.After((long)wait.TotalMicroseconds + 1, () =>
        {
            if (wake == wakes && IsUp)
                Step();
        });
    }

    private bool TryStep(out TimeSpan wait)
    {
        wait = default;
        try
        {
            if (!HasLostPower)
                wait = Ledger!.Step();
        }
        catch (PowerLossException)
        {
            HasLostPower = true;
        }
        return !HasLostPower;
    }

    /// <summary>The power goes now.</summary>
    public void Crash()
    {
        HasLostPower = false;
        hasCrashed = true;
        stepsUntilPowerLoss = null;
        Down();
        world.Count(WorldFault.TornWrite, Disk.Crash(world.Random));
        world.Trace.Write(world.Now, $"n{Index} has lost its power");
        world.After(world.IsHealed ? 100_000 : world.Random.Between(20, 2_000) * 1_000, Open);
    }

    /// <summary>It gets an empty disk, and its key never signs again.</summary>
    public void LoseDisk()
    {
        stepsUntilPowerLoss = null;
        Disk.Wipe();
        TransactionIndex = new NodeIndex();
        Disk.Replace("signing-stopped", stream => stream.Write("lost"u8));
    }

    /// <summary>An orderly stop, and a start soon after.</summary>
    public void Restart()
    {
        if (Ledger is not { } ledger)
            return;
        world.Count(WorldFault.Restart);
        ledger.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Down();
        world.After(world.Random.Between(1, 500) * 1_000, Open);
    }

    /// <summary>Called at each write, flush and message, and while it starts at each read.</summary>
    public void OnStep(CrashPoint point)
    {
        if (point == CrashPoint.BeforeRead && !isStarting)
            return;
        if (HasLostPower)
            throw new PowerLossException();
        if (stepsUntilPowerLoss is not { } left)
            return;
        stepsUntilPowerLoss = left - 1;
        if (left > 1)
            return;
        world.Count(point switch
        {
            CrashPoint.BeforeAppend => WorldFault.CrashBeforeAppend,
            CrashPoint.BeforeFlush => WorldFault.CrashBeforeFlush,
            CrashPoint.AfterFlush => WorldFault.CrashAfterFlush,
            CrashPoint.BeforeSend => WorldFault.CrashBeforeSend,
            CrashPoint.BeforeRead => WorldFault.CrashWhileStarting,
            _ => WorldFault.CrashAfterSend,
        });
        HasLostPower = true;
        throw new PowerLossException();
    }

    public void Dispose() => watchedKey.Dispose();

    private void Down()
    {
        Ledger = null;
        wakes++;
        world.Links.NodeDown(this);
        Network = null;
    }

    private LedgerEnvironment Environment() => new()
    {
        Clock = Clock,
        Disk = Disk,
        ConsensusKey = Liar is null ? watchedKey : ConsensusKey,
        VrfKey = SimulatedKeys.VrfKey($"vrf {Index}"),
        NodeKey = SimulatedKeys.SigningKey($"node {Index}"),
        Attachments = NothingBeside.Instance,
        Index = TransactionIndex,
        Network = Network,
        Evidence = evidence => world.Checker.OnEvidence(this, evidence),
        BlocksWorthASnapshot = world.Plan.BlocksWorthASnapshot,
        ReplayWorthASnapshot = 5,
        Rules = world.Plan.Scenario.Rules,
        VerifyingThreads = 1,
    };
}
