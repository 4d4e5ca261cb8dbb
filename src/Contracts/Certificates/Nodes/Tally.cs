namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>How votes count. The numbers are those of the tables' bytes.</summary>
public enum DecisionRule
{
    /// <summary>Unset.</summary>
    None = 0,

    /// <summary>Each voter weighs 1; <c>count</c> on the wire.</summary>
    Count = 1,

    /// <summary>Each voter has its validator's weight; <c>weight</c> on the wire.</summary>
    Weight = 2,

    /// <summary>Approving voters against all linked nodes; <c>ratio</c> on the wire.</summary>
    Ratio = 3,
}

/// <summary>A member's vote.</summary>
public enum VoteChoice
{
    /// <summary>Has not voted.</summary>
    None = 0,

    /// <summary><c>approve</c> on the wire.</summary>
    Approve = 1,

    /// <summary><c>deny</c> on the wire.</summary>
    Deny = 2,
}

/// <summary>Checks that voters perform, one bit each.</summary>
[Flags]
public enum CheckSet
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Possession and form; for an authority's certificate, its path and signature too.</summary>
    Possession = 1,

    /// <summary>The validity period.</summary>
    Validity = 2,

    /// <summary>The version number.</summary>
    Version = 4,

    /// <summary>Algorithms, and no key used before or twice.</summary>
    Keys = 8,

    /// <summary>Not on a revocation list.</summary>
    NotRevoked = 16,

    /// <summary>The organisation is entitled.</summary>
    Entitlement = 32,

    /// <summary>The endpoint answers TLS with this key, and a coming validator is in step.</summary>
    Endpoint = 64,

    /// <summary>All seven.</summary>
    All = 127,
}

/// <summary>A committee member as the tally sees it.</summary>
/// <param name="Weight">The validator's weight, at least 1.</param>
/// <param name="Choice">Its vote.</param>
/// <param name="Passed">The checks that it performed and found good.</param>
public readonly record struct TallyVote(long Weight, VoteChoice Choice, CheckSet Passed);

/// <summary>By what a request is decided, fixed when it was opened.</summary>
/// <param name="Rule">How votes count.</param>
/// <param name="Participation">T1: messages must weigh more.</param>
/// <param name="Approval">T2: approvals must weigh more. Not used by the ratio rule.</param>
/// <param name="Faulty">f: whatever the rule, approvers weigh more, and those of each check too.</param>
/// <param name="Required">The checks of which each needs such approvers.</param>
/// <param name="LinkedNodes">All linked nodes, for the ratio rule.</param>
/// <param name="Ratio">Approving voters ÷ linked nodes must be greater, for the ratio rule.</param>
/// <param name="Completed">Approvals ÷ messages must be at least this; unset where only T2 counts.</param>
public sealed record TallyRules(
    DecisionRule Rule,
    long Participation,
    long Approval,
    long Faulty,
    CheckSet Required,
    long LinkedNodes,
    Fraction Ratio,
    Fraction Completed);

/// <summary>What a tally says.</summary>
public enum Verdict
{
    /// <summary>Nothing yet.</summary>
    Open = 0,

    /// <summary>Approved.</summary>
    Approved = 1,

    /// <summary>Denied: enough approvals are out of reach.</summary>
    Denied = 2,

    /// <summary>The window closed without a decision.</summary>
    Lapsed = 3,
}

/// <summary>A tally.</summary>
/// <param name="Verdict">The result.</param>
/// <param name="Messages">M, by weight or count.</param>
/// <param name="Approvals">A, by weight or count.</param>
/// <param name="LacksCoverage">True where everything suffices but some check was performed by approvers of weight f or less.</param>
public readonly record struct TallyResult(Verdict Verdict, long Messages, long Approvals, bool LacksCoverage);

/// <summary>
/// Decides from votes: a pure function, the same whatever the order of votes. <b>Source:</b> two thresholds, weighted and ratio variants
/// of US11070381, and coverage and the bound by f, which are added here.
/// </summary>
public static class Tally
{
    /// <summary>Counts the votes of all members of the committee.</summary>
    public static TallyResult Count(TallyRules rules, IReadOnlyList<TallyVote> members)
    {
        long messages = 0, approvals = 0, missing = 0, approvingWeight = 0, approvingVoters = 0, missingVoters = 0;
        foreach (var member in members)
        {
            var power = rules.Rule == DecisionRule.Count ? 1 : member.Weight;
            if (member.Choice == VoteChoice.None)
            {
                missing += power;
                missingVoters++;
                continue;
            }
            messages += power;
            if (member.Choice != VoteChoice.Approve)
                continue;
            approvals += power;
            approvingWeight += member.Weight;
            approvingVoters++;
        }
        var isReachable = Suffices(rules, approvals + missing, approvingVoters + missingVoters, messages + missing);
        var suffices = messages > rules.Participation && approvingWeight > rules.Faulty
            && Suffices(rules, approvals, approvingVoters, messages);
        var isCovered = IsCovered(rules, members);
        var verdict = !isReachable ? Verdict.Denied : suffices && isCovered ? Verdict.Approved : Verdict.Open;
        return new TallyResult(verdict, messages, approvals, suffices && !isCovered);
    }

    /// <summary>What becomes of an undecided request when its window closes.</summary>
    public static Verdict AtClose(TallyRules rules, IReadOnlyList<TallyVote> members)
    {
        var result = Count(rules, members);
        if (result.Verdict != Verdict.Open)
            return result.Verdict;
        var voters = members.Count(member => member.Choice == VoteChoice.Approve);
        return result.Messages > rules.Participation && !Suffices(rules, result.Approvals, voters, result.Messages)
            ? Verdict.Denied
            : Verdict.Lapsed;
    }

    private static bool Suffices(TallyRules rules, long approvals, long voters, long messages) =>
        (rules.Rule == DecisionRule.Ratio
            ? rules.Ratio.IsExceededBy(voters, rules.LinkedNodes)
            : approvals > rules.Approval)
        && (rules.Completed.IsUnset || rules.Completed.IsReachedBy(approvals, messages));

    private static bool IsCovered(TallyRules rules, IReadOnlyList<TallyVote> members)
    {
        for (var check = 1; check <= (int)CheckSet.Endpoint; check <<= 1)
        {
            if (((int)rules.Required & check) == 0)
                continue;
            long performed = 0;
            foreach (var member in members)
                if (member.Choice == VoteChoice.Approve && ((int)member.Passed & check) != 0)
                    performed += member.Weight;
            if (performed <= rules.Faulty)
                return false;
        }
        return true;
    }
}
