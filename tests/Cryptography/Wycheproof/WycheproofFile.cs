using System.Text.Json;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Wycheproof;

/// <summary>The verdict on one case: the refusal's code, or null for acceptance, and whether that is what the case wants.</summary>
public sealed record WycheproofVerdict(string? Refusal, bool IsAsWanted);

/// <summary>One case with its group. The test case's name in the runner is the file and the number.</summary>
public sealed record WycheproofCase(JsonElement Group, JsonElement Test)
{
    public string Result => Test.GetProperty("result").GetString()!;

    public byte[] Hex(string name) => Convert.FromHexString(Test.GetProperty(name).GetString()!);

    public string Text(string name) => Test.GetProperty(name).GetString()!;

    /// <summary>
    /// Judges an outcome: valid cases are accepted, invalid ones refused, and those called acceptable may be either. A case of an algorithm
    /// that is not offered is refused as such, whatever its result, and counted apart.
    /// </summary>
    public WycheproofVerdict Judge(string? refusal) => new(
        refusal,
        refusal == Algorithms.Unsupported
            ? Result != "valid" || IsOfAnotherAlgorithm
            : Result switch { "valid" => refusal is null, "invalid" => refusal is not null, _ => true });

    private bool IsOfAnotherAlgorithm =>
        Group.TryGetProperty("sha", out var sha)
        && (sha.GetString() != "SHA-256" || Group.GetProperty("publicKey").GetProperty("curve").GetString() != "secp256r1");
}

/// <summary>Files of Project Wycheproof under ../shared, read once.</summary>
internal static class WycheproofFile
{
    internal const string Folder = "vectors/wycheproof";
    private static readonly Dictionary<string, Dictionary<int, WycheproofCase>> Files = [];

    /// <summary>The number of cases that the file's header promises.</summary>
    internal static int Promised(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(file)!));
        return document.RootElement.GetProperty("numberOfTests").GetInt32();
    }

    /// <summary>The file's cases by number; none where the shared folder is absent.</summary>
    internal static Dictionary<int, WycheproofCase> Cases(string file)
    {
        lock (Files)
        {
            if (Files.TryGetValue(file, out var cases))
                return cases;
            cases = [];
            if (PathOf(file) is { } path)
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(path));
                foreach (var group in document.RootElement.Clone().GetProperty("testGroups").EnumerateArray())
                    foreach (var test in group.GetProperty("tests").EnumerateArray())
                        cases.Add(test.GetProperty("tcId").GetInt32(), new WycheproofCase(group, test));
            }
            return Files[file] = cases;
        }
    }

    /// <summary>A row for each case of each file; one row of number 0 where a file is absent, for a theory that is then skipped.</summary>
    internal static TheoryData<string, int> Rows(params IEnumerable<string> files)
    {
        var rows = new TheoryData<string, int>();
        foreach (var file in files)
            foreach (var number in Cases(file).Keys.DefaultIfEmpty(0))
                rows.Add(file, number);
        return rows;
    }

    private static string? PathOf(string file) => Shared.Find($"{Folder}/{file}_test.json");
}
