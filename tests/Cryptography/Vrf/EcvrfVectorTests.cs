using System.Text.Json;
using Counterfoil.Cryptography.Curves;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Vrf;

/// <summary>RFC 9381 appendix B, with the intermediate values.</summary>
public sealed class EcvrfVectorTests
{
    private const string Folder = "vectors/ecvrf-rfc9381";

    public static TheoryData<int> TryAndIncrementCases => Numbers("p256-sha256-tai.json");

    public static TheoryData<int> OtherSuiteCases => Numbers("p256-sha256-sswu.json");

    [SharedTheory(Folder)]
    [MemberData(nameof(TryAndIncrementCases))]
    public void Prove_OfThePublishedInput_IsThePublishedProof(int number)
    {
        var (vector, suite) = Load("p256-sha256-tai.json", number);
        Assert.True(Algorithms.IsOfferedVrf(suite));
        using var key = VrfKey.Import(Hex(vector, "SK"));
        Assert.True(P256Point.TryDecode(Hex(vector, "PK"), out var publicPoint));
        Assert.Equal(publicPoint.ToPublicKey(), key.PublicKey);
        var alpha = Hex(vector, "alpha");

        var proof = key.Prove(alpha);
        Assert.Equal(Hex(vector, "pi"), proof.Bytes.ToArray());
        Assert.True(Ecvrf.Verify(key.PublicKey, alpha, proof, out var output));
        Assert.Equal(Hex(vector, "beta"), output.ToArray());
        Assert.True(Ecvrf.TryOutput(proof, out var claimed));
        Assert.Equal(output, claimed);
    }

    [SharedTheory(Folder)]
    [MemberData(nameof(TryAndIncrementCases))]
    public void Group_OfThePublishedNonce_GivesThePublishedPoints(int number)
    {
        var (vector, _) = Load("p256-sha256-tai.json", number);
        using var k = P256Scalar.Import(Hex(vector, "k"));
        Assert.True(P256Point.TryDecode(Hex(vector, "H"), out var h));
        Assert.Equal(vector.GetProperty("U").GetString(), P256.MultiplyGenerator(k).ToString());
        Assert.Equal(vector.GetProperty("V").GetString(), P256.Multiply(k, h).ToString());
    }

    [SharedTheory(Folder)]
    [MemberData(nameof(OtherSuiteCases))]
    public void Suite_NotOffered_IsRefusedAsUnsupportedAlgorithm(int number)
    {
        var (vector, suite) = Load("p256-sha256-sswu.json", number);
        Assert.False(Algorithms.IsOfferedVrf(suite));
        // Even taken for one of ours, its proof does not verify.
        Assert.True(P256Point.TryDecode(Hex(vector, "PK"), out var publicPoint));
        Assert.False(Ecvrf.Verify(publicPoint.ToPublicKey(), Hex(vector, "alpha"), new VrfProof(Hex(vector, "pi")), out var output));
        Assert.True(output.IsUnset);
    }

    private static byte[] Hex(JsonElement vector, string name) => Convert.FromHexString(vector.GetProperty(name).GetString()!);

    private static (JsonElement Vector, string Suite) Load(string file, int number)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Shared.Find($"{Folder}/{file}")!));
        return (document.RootElement.GetProperty("cases")[number].Clone(), document.RootElement.GetProperty("suite").GetString()!);
    }

    private static TheoryData<int> Numbers(string file)
    {
        if (Shared.Find($"{Folder}/{file}") is not { } path)
            return [0];
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. Enumerable.Range(0, document.RootElement.GetProperty("cases").GetArrayLength())];
    }
}
