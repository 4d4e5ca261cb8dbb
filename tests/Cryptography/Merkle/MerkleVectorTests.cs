using System.Text.Json;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Merkle;

/// <summary>The published proofs of transparency-dev/merkle, valid and altered: each case a test.</summary>
public sealed class MerkleVectorTests(ITestOutputHelper output)
{
    private const string Folder = "vectors/merkle-rfc6962";

    public static TheoryData<string, int> Cases
    {
        get
        {
            var rows = new TheoryData<string, int>();
            foreach (var file in (string[])["inclusion", "consistency", "subtreeinclusion", "subtreeconsistency"])
                for (var i = 0; i < (Load(file)?.RootElement.GetArrayLength() ?? 1); i++)
                    rows.Add(file, i);
            return rows;
        }
    }

    [SharedTheory(Folder)]
    [MemberData(nameof(Cases))]
    public void Proof_OfThePublishedVectors_IsJudgedAsTheySay(string file, int number)
    {
        var vector = Load(file)!.RootElement[number];
        output.WriteLine($"{vector.GetProperty("file").GetString()}: {vector.GetProperty("desc").GetString()}");
        Assert.Equal(!vector.GetProperty("wantErr").GetBoolean(), Accepts(file, vector));
    }

    private static bool Accepts(string file, JsonElement vector)
    {
        ulong Number(string name) => vector.GetProperty(name).GetUInt64();
        Digest<MerkleNode> Named(string name) => Node(vector.GetProperty(name));
        var proofJson = vector.GetProperty("proof");
        // A leaf that does not have 32 bytes cannot become a node: it is refused where bytes are parsed.
        if (vector.TryGetProperty("leafHash", out var leaf) && (leaf.GetString() ?? "").Length != 44)
            return false;
        Digest<MerkleNode>[] proof = proofJson.ValueKind == JsonValueKind.Null ? [] : [.. proofJson.EnumerateArray().Select(Node)];

        return file switch
        {
            "inclusion" => MerkleTree.VerifyInclusion(
                Named("leafHash"), Number("leafIdx"), Number("treeSize"), proof, Named("root")),
            "consistency" => MerkleTree.VerifyConsistency(
                Number("size1"), Named("root1"), Number("size2"), Named("root2"), proof),
            "subtreeinclusion" => MerkleSubtree.VerifyInclusion(
                Named("leafHash"), Number("leafIdx"), Number("start"), Number("end"), proof, Named("root")),
            "subtreeconsistency" => MerkleSubtree.VerifyConsistency(
                Number("start"), Number("end"), Named("root1"), Number("size"), Named("root2"), proof),
            _ => throw new InvalidOperationException(file),
        };
    }

    // The source's code compares byte strings of any length and its cases use texts such as "don't care 1" as roots. Our nodes have
    // 32 bytes by their type, so such a placeholder is represented by its SHA-256: equal texts stay equal and different ones different.
    private static Digest<MerkleNode> Node(JsonElement json)
    {
        var bytes = json.ValueKind == JsonValueKind.Null ? [] : json.GetBytesFromBase64();
        return bytes.Length == 32 ? new Digest<MerkleNode>(bytes) : Digest<MerkleNode>.Of("placeholder"u8, bytes);
    }

    private static readonly Dictionary<string, JsonDocument?> Loaded = [];

    private static JsonDocument? Load(string file)
    {
        lock (Loaded)
        {
            if (!Loaded.TryGetValue(file, out var document))
                Loaded[file] = document = Shared.Find($"{Folder}/{file}.json") is { } path ? JsonDocument.Parse(File.ReadAllBytes(path)) : null;
            return document;
        }
    }
}
