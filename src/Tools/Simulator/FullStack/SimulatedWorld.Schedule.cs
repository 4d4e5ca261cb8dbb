using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.FullStack;

/// <summary>What happens when: faults until the world heals, then a time in which it must go on, then quiet.</summary>
internal sealed partial class SimulatedWorld
{
    /// <summary>How long after the end of all faults it may take until everything goes as it should.</summary>
    public const long SettlingMicroseconds = 2_500_000;

    private const long PatienceMicroseconds = 60_000_000;
    // Twice the patience without a block, and the checkpoints that are due in between.
    private const long QuietMicroseconds = 60_000_000;
    private const long PatienceWithoutBlock = 12_000_000;
    private const int HeightsAfterHealing = 4;

    private long? settledHeight;
    private long? quietSince;
    private int changesWanted;

    private bool IsOver { get; set; }

    private void Begin()
    {
        for (var node = 0; node < Plan.Weights.Count; node++)
            After(Random.Between(0, 50) * 1_000, Nodes[node].Open);
        if (Governed?.IsIdleOtherwise != true)
            Workload.Begin();
        Governed?.Begin();
        if (Plan.IsStormy)
            After(200_000, () => Storm(0, 0));
        if (Plan.HasStops)
            At(200, () => Random.Pick(Nodes).Restart());
        foreach (var _ in Enumerable.Range(0, Plan.Crashes))
            At(200, Crash);
        foreach (var _ in Enumerable.Range(0, Plan.FullDisks))
            At(200, FillADisk);
        foreach (var _ in Enumerable.Range(0, Plan.SkewedClocks))
            At(0, SkewAClock);
        foreach (var _ in Enumerable.Range(0, Plan.Partitions))
            At(300, Part);
        foreach (var _ in Enumerable.Range(0, (int)(Plan.BreaksPerSecond * Plan.HealMicroseconds / 1_000_000)))
            At(200, () => Links.Break(Random.Below(Nodes.Count), Random.Below(Nodes.Count)));
        if (Plan.HasDrift)
            Count(WorldFault.ClockDrift);
        if (Plan.Forgetful is { } forgetful)
            At(300, () => Forget(Nodes[forgetful]));
        foreach (var node in Nodes)
            At(200, () => node.Ledger?.WriteSnapshot());
        if (Plan.JoinerWeight is not null)
            At(500, Nodes[^1].Open);
        At(1_000, () => ChangeValidators(1));
        After(Plan.HealMicroseconds, Heal);
    }

    // Somewhen before the world heals.
    private void At(int fromMilliseconds, Action action) =>
        After(Random.Between(fromMilliseconds, (int)(Plan.HealMicroseconds / 1_000) - 1) * 1_000L, () =>
        {
            if (!IsHealed)
                action();
        });

    private void Crash()
    {
        var node = Random.Pick(Nodes);
        if (!node.IsUp)
            return;
        switch (Random.Below(6))
        {
            case 0:
                node.Restart();
                break;
            case 1:
                Count(WorldFault.Crash);
                node.Crash();
                break;
            default:
                node.LosePowerAfter(1 + Random.Below(Random.Pick<int>([4, 30, 120])));
                break;
        }
    }

    private void FillADisk()
    {
        var disk = Random.Pick(Nodes).Disk;
        Count(WorldFault.FullDisk);
        disk.IsFull = true;
        After(Random.Between(100, 3_000) * 1_000, () => disk.IsFull = false);
    }

    private void SkewAClock()
    {
        Count(WorldFault.ClockSkew);
        Random.Pick(Nodes).Clock.SkewMicroseconds = Random.Between(-60_000, 60_000) * 1_000L;
    }

    private void Part()
    {
        if (Random.Chance(300))
            Links.Cut(500, unheard: null);
        else
            Links.Part([.. Nodes.Select(_ => Random.Chance(500))], Random.Chance(500));
        After(Random.Between(100, 4_000) * 1_000, Links.Join);
    }

    // One hears everybody and is heard by nobody, so that what it alone decides stays with it; between the others now this link carries, now that.
    private void Storm(int left, int unheard)
    {
        if (IsHealed)
            return;
        if (left > 0)
        {
            Links.Cut(250, unheard);
            After(Random.Between(50, 500) * 1_000, () => Storm(left - 1, unheard));
            return;
        }
        Links.Join();
        After(Random.Between(100, 500) * 1_000, () => Storm(Random.Between(5, 15), Random.Below(Nodes.Count)));
    }

    private void Forget(SimulatedNode node)
    {
        var until = Now + Random.Between(200, 3_000) * 1_000;
        node.Disk.LosesFlush = _ => Now < until;
        After(Random.Between(50, 2_000) * 1_000, () =>
        {
            Count(WorldFault.LostFlush, node.Disk.LostFlushes);
            if (node.IsUp)
                node.Crash();
            if (!Random.Chance(500))
                return;
            Count(WorldFault.LostDisk);
            node.LoseDisk();
        });
    }

    private void ChangeValidators(int change)
    {
        changesWanted = change;
        if (change > Plan.Changes)
            return;
        if (Checker.SetsInForce >= change)
        {
            Count(change == 1 ? WorldFault.Join : WorldFault.Leave);
            After(Random.Between(100, 1_500) * 1_000, () => ChangeValidators(change + 1));
            return;
        }
        if (Governed is null)
            Workload.SetValidators(change);
        else
            Governed.SetValidators(change);
        After(400_000, () => ChangeValidators(change));
    }

    private void Heal()
    {
        IsHealed = true;
        Trace.Write(Now, "all faults are over");
        foreach (var node in Nodes)
        {
            node.KeepPower();
            node.Clock.SkewMicroseconds = 0;
            node.Disk.IsFull = false;
            node.Disk.LosesFlush = static _ => false;
            if (!node.IsUp)
                After(100_000, node.Open);
        }
        Links.Join();
        After(SettlingMicroseconds, Settle);
    }

    private void Settle()
    {
        settledHeight = Checker.Height;
        Checker.CountRoundsFrom(Checker.Height + 2);
        Trace.Write(Now, $"settled at height {Checker.Height}");
        if (Random.Chance(200))
            new Auditor(this).AuditBetween();
        Watch();
    }

    // What must happen once the faults are over.
    private void Watch()
    {
        if (quietSince is { } since)
        {
            // What a liar told only to one that follows waits there, and no proposer hears of it.
            var isAlike = Honest.All(node => node.IsUp && node.Ledger!.Tip.Height == Checker.Height);
            var isEmpty = Honest.All(node => node.Ledger is { } ledger && (ledger.EligibleCount == 0 || !ledger.IsSigning));
            // Somebody may have set a failed action again meanwhile.
            if (isAlike && Governed?.IsSettled != false && Now - Math.Max(since, Checker.LastBlockAt) > (isEmpty ? 1_500_000 : PatienceWithoutBlock))
                IsOver = true;
            else if (Now - since > QuietMicroseconds)
                BeStuck($"not quiet: {string.Join(", ", Nodes.Select(State))}");
        }
        else if (Checker.Height >= Math.Max(Plan.Scenario.Heights, settledHeight!.Value + (Governed is null ? HeightsAfterHealing : 2)) && changesWanted > Plan.Changes
            && Governed?.IsSettled != false)
        {
            quietSince = Now;
            Workload.End();
        }
        else if (Now - Math.Max(Checker.LastBlockAt, Plan.HealMicroseconds + SettlingMicroseconds) > PatienceMicroseconds)
        {
            BeStuck($"no block after height {Checker.Height}: {string.Join(", ", Nodes.Select(State))}");
        }
        After(100_000, Watch);
    }

    private void BeStuck(string how)
    {
        Checker.BeStuck(how);
        IsOver = true;
    }

    private string State(SimulatedNode node)
    {
        var kind = node.Liar is not null ? "liar " : Plan.IsFaulty(node.Index) ? "forgetful " : "";
        if (node.Ledger is not { } ledger)
            return $"{kind}n{node.Index} down";
        AgreementMemory memory = ledger.AgreementMemory;
        return $"{kind}n{node.Index} at {ledger.Tip.Height} round {memory.Round} {memory.Step} locked {memory.LockedRound}"
            + $"{(ledger.IsSigning ? "" : " not signing")}, {ledger.EligibleCount} wait {ledger.Counters.Fault}";
    }
}
