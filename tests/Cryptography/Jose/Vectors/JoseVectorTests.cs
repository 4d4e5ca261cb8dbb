using System.Globalization;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Jose.Vectors;

public sealed class JoseVectorTests(ITestOutputHelper output)
{
    private static readonly Lazy<Dictionary<string, VectorCase>> Cases = new(() =>
        WycheproofCases.All().Concat(CookbookCases.All()).Concat(AppendixCases.All()).ToDictionary(
            each => $"{each.File}: {each.Id}"));

    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (var name in Cases.Value.Keys)
            names.Add(name);
        if (Cases.Value.Count == 0)
            names.Add("absent");
        return names;
    }

    [SharedTheory("vectors/wycheproof/json_web_signature_test.json")]
    [MemberData(nameof(Names))]
    public void Case_OfAPublishedVector_IsJudgedAsPublished(string name)
    {
        var each = Cases.Value[name];
        Assert.True(each.Judge() != VectorVerdict.Failed, $"expected {(each.IsValid ? "valid" : "invalid")}, {(each.IsOffered ? "offered" : "not offered")}; got {each.Try() ?? "accepted"}");
    }

    [SharedFact("vectors/wycheproof/json_web_signature_test.json")]
    public void Cases_OfAllFiles_AreCounted()
    {
        var verdicts = Cases.Value.Values.GroupBy(each => each.File.StartsWith("wycheproof", StringComparison.Ordinal) ? each.File : each.File[..each.File.IndexOf('/', StringComparison.Ordinal)])
            .Select(file => (Name: file.Key, Verdicts: file.Select(each => each.Judge()).ToArray())).ToArray(
                );
        foreach (var (name, each) in verdicts.Append(
            ("all", [.. verdicts.SelectMany(file => file.Verdicts)])))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-45} passed {each.Count(v => v == VectorVerdict.Passed),4}   not offered {each.Count(v => v == VectorVerdict.NotOffered),4}   failed {each.Count(v => v == VectorVerdict.Failed),4}"));
        Assert.All(verdicts, file => Assert.DoesNotContain(VectorVerdict.Failed, file.Verdicts));
        Assert.All(verdicts, file => Assert.Contains(VectorVerdict.Passed, file.Verdicts));
        Assert.True(verdicts.Length >= 10);
    }
}
