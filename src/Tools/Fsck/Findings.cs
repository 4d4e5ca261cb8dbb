namespace Counterfoil.Tools;

/// <summary>Collects findings up to the maximum.</summary>
internal sealed class Findings
{
    private readonly List<FsckFinding> found = [];

    public IReadOnlyList<FsckFinding> All => found;

    /// <summary>True once looking further makes no sense.</summary>
    public bool IsFull => found.Count >= Fsck.MaximumFindings;

    public void Add(FindingCode code, long height, string where)
    {
        if (IsFull)
            return;
        found.Add(
            new FsckFinding(code.Code, height, where.Length == 0 ? code.Meaning : $"{code.Meaning} {where}"));
        if (found.Count == Fsck.MaximumFindings - 1)
            found.Add(new FsckFinding(FindingCode.TooManyFindings.Code, height, FindingCode.TooManyFindings.Meaning));
    }

    /// <summary>Adds a finding where something does not hold.</summary>
    /// <returns>Whether it holds.</returns>
    public bool Require(bool holds, FindingCode code, long height, string where = "")
    {
        if (!holds)
            Add(code, height, where);
        return holds;
    }
}
