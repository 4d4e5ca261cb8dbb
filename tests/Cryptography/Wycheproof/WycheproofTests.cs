using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Wycheproof;

/// <summary>Project Wycheproof's cases of ECDSA, ECDH, HMAC and HKDF: each case a test, and one line of counts for each file.</summary>
public sealed class WycheproofTests(ITestOutputHelper output)
{
    private static readonly string[] NotOffered =
    [
        "ecdsa_secp256r1_sha512", "ecdsa_secp256r1_sha512_p1363", "ecdsa_secp384r1_sha384", "ecdsa_secp384r1_sha384_p1363",
        "ecdsa_secp256k1_sha256", "ecdsa_secp256k1_sha256_p1363", "ecdsa_secp256k1_sha256_bitcoin",
    ];

    private static IEnumerable<string> Offered => WycheproofChecks.ByFile.Keys.Except(NotOffered);

    public static TheoryData<string, int> OfferedCases => WycheproofFile.Rows(Offered);

    public static TheoryData<string, int> NotOfferedCases => WycheproofFile.Rows(NotOffered);

    public static TheoryData<string> AllFiles => [.. WycheproofChecks.ByFile.Keys];

    [SharedTheory(WycheproofFile.Folder)]
    [MemberData(nameof(OfferedCases))]
    public void Case_OfAnOfferedAlgorithm_IsJudgedAsTheFileSays(string file, int number)
    {
        var vector = WycheproofFile.Cases(file)[number];
        var verdict = vector.Judge(WycheproofChecks.ByFile[file](vector));
        output.WriteLine($"{vector.Text("comment")}: {vector.Result}, {verdict.Refusal ?? "accepted"}");
        Assert.True(verdict.IsAsWanted);
        Assert.NotEqual(WycheproofChecks.WrongResult, verdict.Refusal);
    }

    [SharedTheory(WycheproofFile.Folder)]
    [MemberData(nameof(NotOfferedCases))]
    public void Case_OfAnAlgorithmNotOffered_IsRefusedAsUnsupported(string file, int number) =>
        Assert.Equal(Algorithms.Unsupported, WycheproofChecks.ByFile[file](WycheproofFile.Cases(file)[number]));

    [SharedTheory(WycheproofFile.Folder)]
    [MemberData(nameof(AllFiles))]
    public void File_Counted_HasEveryPromisedCaseJudged(string file)
    {
        var cases = WycheproofFile.Cases(file).Values;
        var verdicts = cases.Select(vector => (Vector: vector, Verdict: vector.Judge(WycheproofChecks.ByFile[file](vector)))).ToList();
        var failed = verdicts.Count(v => !v.Verdict.IsAsWanted);
        var unsupported = verdicts.Count(v => v.Verdict is { IsAsWanted: true, Refusal: Algorithms.Unsupported });
        var accepted = verdicts.Count(v => v.Verdict.Refusal is null);
        var lenient = verdicts.Count(v => v.Vector.Result == "acceptable" && v.Verdict.Refusal is null);
        output.WriteLine(
            $"{file}: {cases.Count} cases, {cases.Count - failed - unsupported} passed ({accepted} accepted, of which {lenient} only "
            + $"acceptable), {unsupported} refused as unsupported, {failed} failed");
        Assert.Equal(WycheproofFile.Promised(file), cases.Count);
        Assert.Equal(0, failed);
    }
}
