namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>The checks of a vote as sets.</summary>
internal static class VoteForm
{
    public static bool IsValid(VoteChecks checks) => Of(checks).All(value => value is null or "pass" or "fail" or "not_mine");

    public static CheckSet Passed(VoteChecks checks) => Those(checks, "pass");

    public static CheckSet Failed(VoteChecks checks) => Those(checks, "fail");

    private static CheckSet Those(VoteChecks checks, string result)
    {
        var set = CheckSet.None;
        var check = CheckSet.Possession;
        foreach (var value in Of(checks))
        {
            if (value == result)
                set |= check;
            check = (CheckSet)((int)check << 1);
        }
        return set;
    }

    private static string?[] Of(VoteChecks checks) =>
        [checks.C1, checks.C2, checks.C3, checks.C4, checks.C5, checks.C6, checks.C7];
}
