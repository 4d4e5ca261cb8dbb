using System.Numerics;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.Consensus;

/// <summary>What a schedule does with a validator that lies.</summary>
internal enum LiarStyle
{
    None = 0,

    /// <summary>Says nothing.</summary>
    Silent,

    /// <summary>Votes for every proposal, whatever it voted for before.</summary>
    Loyal,

    /// <summary>Tells one half of the others one thing and the other half another.</summary>
    Split,

    /// <summary>Tells each a thing of its own: any block, nil, nothing.</summary>
    Random,

    /// <summary>Votes as it should, to some only, and late.</summary>
    Selective,
}

/// <summary>What a test fixes of a schedule; everything else is drawn from the seed.</summary>
internal sealed record ConsensusScenario
{
    public AgreementRules Rules { get; init; } = AgreementRules.Published;

    public AgreementCommittee? Committee { get; init; }

    /// <summary>How many validators lie; may be more than the algorithm bears.</summary>
    public int? Liars { get; init; }

    public LiarStyle? Style { get; init; }

    /// <summary>A restart finds an empty log: what the log is there to prevent.</summary>
    public bool IsLogLost { get; init; }
}

/// <summary>A schedule's frame, drawn from its seed.</summary>
internal sealed class ConsensusPlan
{
    private static readonly LiarStyle[] DrawnStyles =
        [LiarStyle.Silent, LiarStyle.Loyal, LiarStyle.Split, LiarStyle.Split, LiarStyle.Random, LiarStyle.Selective];

    public ConsensusPlan(ConsensusScenario scenario, SimulationRandom random)
    {
        Scenario = scenario;
        // Four validators are the smallest set that bears a liar, and seven the smallest that bears two.
        Committee = scenario.Committee ?? (random.Chance(700)
            ? ConsensusCommittees.Even[random.Pick<int>([0, 1, 2, 3, 3, 3, 4, 4, 5, 6])]
            : random.Pick(ConsensusCommittees.Uneven));
        Liars = DrawLiars(scenario, random);
        Styles = [.. Enumerable.Range(0, Committee.Count).Select(validator => !IsLiar(validator) ? LiarStyle.None
            : scenario.Style ?? random.Pick(DrawnStyles))];
        Heights = random.Between(2, 4);
        HealTime = random.Between(300, 1600);
        Loss = random.Pick<int>([0, 0, 30, 100, 300, 500]);
        Duplicate = random.Pick<int>([0, 0, 50, 300]);
        Late = random.Pick<int>([0, 0, 50, 200, 400]);
        Lateness = random.Pick<int>([100, 300, 600]);
        Partitions = random.Pick<int>([0, 0, 1, 2, 4]);
        Crashes = random.Pick<int>([0, 0, 1, 2, 4, 8]);
        HasClockSkew = Committee.Count > 1 && random.Chance(250);
        HasTimeoutSkew = random.Chance(300);
        Mischief = random.Pick<int>([0, 100, 300]);
    }

    public ConsensusScenario Scenario { get; }

    public AgreementCommittee Committee { get; }

    /// <summary>One bit a validator that lies.</summary>
    public int Liars { get; }

    public IReadOnlyList<LiarStyle> Styles { get; }

    /// <summary>How many heights are to be decided.</summary>
    public int Heights { get; }

    /// <summary>When faults end, in milliseconds. Liars go on lying.</summary>
    public int HealTime { get; }

    /// <summary>Lost messages in a thousand.</summary>
    public int Loss { get; }

    /// <summary>Doubled messages in a thousand.</summary>
    public int Duplicate { get; }

    /// <summary>Late messages in a thousand.</summary>
    public int Late { get; }

    /// <summary>How late they are at most, in milliseconds.</summary>
    public int Lateness { get; }

    public int Partitions { get; }

    public int Crashes { get; }

    public bool HasClockSkew { get; }

    public bool HasTimeoutSkew { get; }

    /// <summary>Forged, stale, invalid and untimely messages in a thousand of a liar's.</summary>
    public int Mischief { get; }

    public bool IsLiar(int validator) => (Liars >> validator & 1) != 0;

    public long LiarWeight => Enumerable.Range(0, Committee.Count).Where(IsLiar).Sum(Committee.Weight);

    /// <summary>
    /// How many rounds a height may take once faults are over: the longest run of liars among the proposers, one round that was under way,
    /// and one with an honest proposer. With equal weights that is at most f + 2.
    /// </summary>
    public int RoundBound
    {
        get
        {
            var (longest, run) = (0, 0);
            for (var position = 0; position < 2 * Committee.TotalWeight; position++)
            {
                run = IsLiar(Committee.Proposer(position, 0)) ? run + 1 : 0;
                longest = Math.Max(longest, run);
            }
            return longest + 2;
        }
    }

    private int DrawLiars(ConsensusScenario scenario, SimulationRandom random)
    {
        var liars = 0;
        if (scenario.Liars is { } wanted)
        {
            while (BitOperations.PopCount((uint)liars) < wanted)
                liars |= 1 << random.Below(Committee.Count);
            return liars;
        }
        if (random.Chance(300))
            return 0;
        long weight = 0;
        for (var attempt = 0; attempt < Committee.Count; attempt++)
        {
            var validator = random.Below(Committee.Count);
            if ((liars >> validator & 1) != 0 || weight + Committee.Weight(validator) > Committee.Faulty)
                continue;
            liars |= 1 << validator;
            weight += Committee.Weight(validator);
        }
        return liars;
    }
}
