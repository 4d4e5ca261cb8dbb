namespace Counterfoil.Simulator.Consensus;

/// <summary>Puts the faults of a plan on the schedule before it runs.</summary>
internal sealed class ConsensusFaults(ConsensusWorld world)
{
    /// <summary>Clocks that are called right differ by twice this at most, in milliseconds.</summary>
    public const int UsualClockOffset = 200;

    private static readonly FaultKind[] Crashes =
    [
        FaultKind.CrashBeforeWrite, FaultKind.CrashAfterWrite, FaultKind.CrashBeforeSend, FaultKind.CrashDuringSend,
        FaultKind.CrashBeforeFinal, FaultKind.CrashAfterFinal,
    ];

    public void Plan()
    {
        var (plan, random) = (world.Plan, world.Random);
        var count = plan.Committee.Count;
        world.After(plan.HealTime, new() { Kind = SimulationEventKind.Heal });
        for (var i = 0; i < plan.Partitions && count > 1; i++)
        {
            var start = random.Below(plan.HealTime);
            world.After(start, new() { Kind = SimulationEventKind.Split, Detail = random.Below(1 << count) });
            world.After(start + random.Between(30, 500), new() { Kind = SimulationEventKind.Join });
        }
        for (var i = 0; i < plan.Crashes; i++)
        {
            var isPlain = random.Chance(150);
            world.After(random.Below(plan.HealTime), new()
            {
                Kind = isPlain ? SimulationEventKind.Crash : SimulationEventKind.ArmCrash,
                Node = random.Below(count),
                Detail = (int)random.Pick(Crashes),
            });
        }
        SkewClocks();
    }

    private void SkewClocks()
    {
        var (plan, random) = (world.Plan, world.Random);
        var outlier = plan.HasClockSkew ? random.Below(plan.Committee.Count) : -1;
        // A far clock whose votes make a quorum with the liars' would leave a block with a time that honest clocks reach only much later.
        var mayBeFar = outlier >= 0 && plan.LiarWeight + plan.Committee.Weight(outlier) < plan.Committee.Quorum;
        foreach (var validator in world.Honest)
        {
            validator.ClockOffset = plan.Committee.Count == 1 ? 0 : random.Between(-UsualClockOffset, UsualClockOffset);
            if (validator.Index == outlier)
            {
                world.Count(FaultKind.ClockSkew);
                validator.ClockOffset = (mayBeFar ? random.Between(3_000, 60_000) : random.Between(1_000, 1_500)) * (random.Chance(500) ? 1 : -1);
            }
            if (plan.HasTimeoutSkew && random.Chance(500))
            {
                world.Count(FaultKind.TimeoutSkew);
                validator.TimeoutPercent = random.Chance(500) ? 50 : 200;
            }
        }
    }
}
