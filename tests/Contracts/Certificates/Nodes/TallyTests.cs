using Counterfoil.Contracts.Certificates.Nodes;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

public class TallyTests
{
    public static TheoryData<string, long[]> Electorates()
    {
        var data = new TheoryData<string, long[]>();
        foreach (var rule in (string[])["Count", "Weight", "Ratio"])
        {
            for (var count = 1; count <= 7; count++)
                data.Add(rule, [.. Enumerable.Repeat(1L, count)]);
            data.Add(rule, [40, 30, 20, 10]);
            data.Add(rule, [5, 1, 1]);
            data.Add(rule, [3, 3, 2, 2, 1]);
            data.Add(rule, [7, 6, 5, 4, 3, 2, 1]);
        }
        return data;
    }

    // The rules in words of their own: true admitted, false denied, null open.
    private static bool? Reference(DecisionRule rule, long[] weights, VoteChoice[] votes, Func<int, bool> performs, long linked)
    {
        var total = weights.Sum();
        var faulty = (total - 1) / 3;
        var power = weights.Select(weight => rule == DecisionRule.Count ? 1 : weight).ToArray();
        var threshold = 2 * power.Sum() / 3;
        long Sum(long[] of, Func<int, bool> where) => Enumerable.Range(0, weights.Length).Where(where).Sum(at => of[at]);
        bool Enough(Func<int, bool> approves) => rule == DecisionRule.Ratio
            ? 3L * Enumerable.Range(0, weights.Length).Count(approves) > 2 * linked
            : Sum(power, approves) > threshold;
        if (!Enough(at => votes[at] != VoteChoice.Deny))
            return false;
        var isFull = Sum(power, at => votes[at] != VoteChoice.None) > threshold
            && Enough(at => votes[at] == VoteChoice.Approve)
            && Sum(weights, at => votes[at] == VoteChoice.Approve) > faulty
            && Sum(weights, at => votes[at] == VoteChoice.Approve && performs(at)) > faulty;
        return isFull ? true : null;
    }

    private static IEnumerable<VoteChoice[]> Patterns(int count)
    {
        for (var code = 0; code < (int)Math.Pow(3, count); code++)
        {
            var votes = new VoteChoice[count];
            for (int at = 0, rest = code; at < count; at++, rest /= 3)
                votes[at] = (VoteChoice)(rest % 3);
            yield return votes;
        }
    }

    private static TallyRules RulesOf(DecisionRule rule, long[] weights, long linked)
    {
        var whole = rule == DecisionRule.Count ? weights.Length : weights.Sum();
        var threshold = new Fraction(2, 3).Of(whole);
        return new TallyRules(rule, threshold, threshold, (weights.Sum() - 1) / 3, CheckSet.Possession, linked, new Fraction(2, 3), default);
    }

    [Theory]
    [MemberData(nameof(Electorates))]
    public void Count_OfEveryPatternOfVotes_IsTheReferences(string ruleName, long[] weights)
    {
        var rule = Enum.Parse<DecisionRule>(ruleName);
        foreach (var linked in (long[])[weights.Length, weights.Length + 1])
            foreach (var votes in Patterns(weights.Length))
                foreach (var performers in (int[])[~0, 0b0101, 0b0001, 0])
                {
                    bool Performs(int at) => (performers >> at & 1) != 0;
                    var rules = RulesOf(rule, weights, linked);
                    TallyVote[] members =
                    [
                        .. weights.Select((weight, at) => new TallyVote(weight, votes[at], Performs(at) ? CheckSet.Possession : CheckSet.None)),
                    ];
                    var expected = Reference(rule, weights, votes, Performs, linked) switch
                    {
                        true => Verdict.Approved,
                        false => Verdict.Denied,
                        null => Verdict.Open,
                    };
                    var result = Tally.Count(rules, members);
                    Assert.True(result.Verdict == expected, $"{ruleName} [{string.Join(",", weights)}] {string.Join(",", votes)} {performers}: {result}");
                    Assert.Equal(result, Tally.Count(rules, [.. members.Reverse()]));
                    if (result.Verdict == Verdict.Approved)
                    {
                        Assert.True(result.Messages > rules.Participation);
                        Assert.True(rule == DecisionRule.Ratio || result.Approvals > rules.Approval);
                        Assert.True(members.Where(member => member.Choice == VoteChoice.Approve).Sum(member => member.Weight) > rules.Faulty);
                        // One approval too few never admits: taking any approval away that is needed leaves it open or denied, never admitted otherwise.
                        foreach (var at in Enumerable.Range(0, members.Length).Where(at => votes[at] == VoteChoice.Approve))
                        {
                            var fewer = members.ToArray();
                            fewer[at] = fewer[at] with { Choice = VoteChoice.None };
                            if (Tally.Count(rules, fewer).Verdict == Verdict.Approved)
                                Assert.True(Reference(rule, weights, [.. fewer.Select(vote => vote.Choice)], Performs, linked));
                        }
                    }
                    Assert.NotEqual(Verdict.Approved, result.Verdict == Verdict.Open ? Tally.AtClose(rules, members) : Verdict.Open);
                }
    }

    [Theory]
    // weights                     approvals needed, of the heaviest first
    [InlineData(new long[] { 1 }, 1)]
    [InlineData(new long[] { 1, 1 }, 2)]
    [InlineData(new long[] { 1, 1, 1 }, 3)]
    [InlineData(new long[] { 1, 1, 1, 1 }, 3)]
    [InlineData(new long[] { 1, 1, 1, 1, 1 }, 4)]
    [InlineData(new long[] { 1, 1, 1, 1, 1, 1, 1 }, 5)]
    [InlineData(new long[] { 40, 30, 20, 10 }, 2)]
    public void Count_OfApprovalsOneAfterAnother_AdmitsWithTheLastThatIsNeeded(long[] weights, int needed)
    {
        var rules = RulesOf(DecisionRule.Weight, weights, weights.Length);
        for (var approving = 0; approving <= weights.Length; approving++)
        {
            var members = weights.Select((weight, at) => new TallyVote(weight, at < approving ? VoteChoice.Approve : VoteChoice.None, CheckSet.All)).ToList();
            Assert.Equal(approving >= needed ? Verdict.Approved : Verdict.Open, Tally.Count(rules, members).Verdict);
        }
    }

    [Fact]
    public void Count_OfFortyAndTwenty_DoesNotAdmitWhereFortyAndThirtyDo()
    {
        long[] weights = [40, 30, 20, 10];
        var rules = RulesOf(DecisionRule.Weight, weights, 4);
        Verdict With(params int[] approving) => Tally.Count(
            rules, [.. weights.Select((weight, at) => new TallyVote(weight, approving.Contains(at) ? VoteChoice.Approve : VoteChoice.None, CheckSet.All))]).Verdict;
        Assert.Equal(66, rules.Approval);
        Assert.Equal(Verdict.Approved, With(0, 1));
        Assert.Equal(Verdict.Open, With(0, 2));
    }

    [Theory]
    // approve, deny, silent of 7  threshold 2/3 by multiplication: expected
    [InlineData(5, 0, 2, "Approved")]
    [InlineData(5, 2, 0, "Approved")]
    [InlineData(4, 0, 3, "Open")]
    [InlineData(4, 1, 2, "Open")]
    [InlineData(4, 3, 0, "Denied")]
    public void Count_OfWhatAnAuthorityWrites_NeedsTheShareOfThoseThatCompleted(int approve, int deny, int silent, string expected)
    {
        var rules = RulesOf(DecisionRule.Weight, [1, 1, 1, 1, 1, 1, 1], 7) with { Completed = new Fraction(2, 3) };
        TallyVote[] members =
        [
            .. Enumerable.Repeat(new TallyVote(1, VoteChoice.Approve, CheckSet.All), approve),
            .. Enumerable.Repeat(new TallyVote(1, VoteChoice.Deny, CheckSet.None), deny),
            .. Enumerable.Repeat(new TallyVote(1, VoteChoice.None, CheckSet.None), silent),
        ];
        Assert.Equal(expected, Tally.Count(rules, members).Verdict.ToString());
        // A higher share than T2 alone asks for.
        var strict = rules with { Completed = new Fraction(9, 10) };
        Assert.Equal(deny == 0 && approve == 5 ? "Approved" : deny > 0 ? "Denied" : "Open", Tally.Count(strict, members).Verdict.ToString());
    }

    [Fact]
    public void Close_WithMessagesEnoughAndApprovalsTooFew_Denies_AndWithTooFewMessagesLapses()
    {
        var rules = RulesOf(DecisionRule.Weight, [1, 1, 1, 1], 4);
        var approve = new TallyVote(1, VoteChoice.Approve, CheckSet.All);
        var deny = new TallyVote(1, VoteChoice.Deny, CheckSet.None);
        var silent = new TallyVote(1, VoteChoice.None, CheckSet.None);
        Assert.Equal(Verdict.Denied, Tally.AtClose(rules, [approve, approve, deny, silent]));
        Assert.Equal(Verdict.Lapsed, Tally.AtClose(rules, [approve, approve, silent, silent]));
        var uncovered = approve with { Passed = CheckSet.None };
        Assert.Equal(Verdict.Lapsed, Tally.AtClose(rules, [uncovered, uncovered, uncovered, uncovered]));
        Assert.True(Tally.Count(rules, [uncovered, uncovered, uncovered, uncovered]).LacksCoverage);
        // By weight f = 1 of 4: approvers of one check that weigh no more than that do not suffice.
        Assert.Equal(Verdict.Open, Tally.Count(rules, [approve, uncovered, uncovered, silent]).Verdict);
        Assert.Equal(Verdict.Approved, Tally.Count(rules, [approve, approve, uncovered, silent]).Verdict);
    }

    [Fact]
    public void Colluders_OfNoMoreThanTwoThirds_AdmitNobodyInAHundredThousandTrials_AndAQuorumDoes()
    {
        const int Trials = 100_000;
        var random = new Random(20_261_122);
        for (var trial = 0; trial < Trials; trial++)
        {
            var weights = Enumerable.Range(0, random.Next(4, 8)).Select(_ => (long)random.Next(1, 101)).ToArray();
            var total = weights.Sum();
            var faulty = (total - 1) / 3;
            var quorum = 2 * total / 3 + 1;
            // An authority is on the colluders' side, so all checks pass and the share of those that completed is theirs.
            var rules = RulesOf(DecisionRule.Weight, weights, weights.Length) with { Completed = new Fraction(2, 3), Required = CheckSet.All };
            var members = weights.Select(weight => new TallyVote(weight, VoteChoice.None, CheckSet.None)).ToArray();
            long colluding = 0;
            foreach (var at in Enumerable.Range(0, weights.Length).OrderBy(_ => random.Next()).ToArray())
            {
                members[at] = members[at] with { Choice = VoteChoice.Approve, Passed = CheckSet.All };
                colluding += weights[at];
                var isAdmitted = Tally.Count(rules, members).Verdict == Verdict.Approved;
                Assert.True(isAdmitted == colluding >= quorum, $"trial {trial}: {colluding} of {total}, f {faulty}");
                Assert.False(isAdmitted && colluding <= faulty + 1 && quorum > faulty + 1);
            }
        }
    }
}
