using System.Text.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.State;

namespace Counterfoil.Client.Tests;

public sealed class StateProofsTests : IDisposable
{
    private const string Names = "test.names";

    private readonly TestChain chain = new();
    private readonly LedgerState state = new();

    public StateProofsTests()
    {
        var table = state.Define<TextKey, TextRow>(Names);
        state.BeginBlock(1);
        for (var number = 0; number < 500; number++)
            table.Set(new TextKey($"name-{number}"), new TextRow($"value-{number}"));
        state.CommitBlock();
        _ = state.Root();
    }

    public void Dispose() => chain.Dispose();

    [Fact]
    public void Value_AsStored_IsProved()
    {
        var key = new TextKey("name-17");

        Assert.Null(StateProofs.VerifyValue(Bucket(key), chain.Genesis.Validators, Names, key, new TextRow("value-17")));
    }

    [Fact]
    public void Value_OfAnother_IsNotProved()
    {
        var key = new TextKey("name-17");

        Assert.Equal(StateProofRefusals.NotProved, StateProofs.VerifyValue(Bucket(key), chain.Genesis.Validators, Names, key, new TextRow("value-18")));
    }

    [Fact]
    public void Absence_OfAKeyThatIsNotThere_IsProved()
    {
        var key = new TextKey("nobody");

        Assert.Null(StateProofs.VerifyAbsence(Bucket(key), chain.Genesis.Validators, Names, key));
        Assert.Equal(StateProofRefusals.NotProved, StateProofs.VerifyValue(Bucket(key), chain.Genesis.Validators, Names, key, new TextRow("")));
    }

    [Fact]
    public void Absence_OfAKeyThatIsThere_IsNotProved()
    {
        var key = new TextKey("name-17");

        Assert.Equal(StateProofRefusals.NotProved, StateProofs.VerifyAbsence(Bucket(key), chain.Genesis.Validators, Names, key));
    }

    [Fact]
    public void Absence_RowLeftOutByTheNode_IsAnInvalidProof()
    {
        var key = new TextKey("name-17");
        var bucket = Bucket(key);
        var without = bucket with { Proof = bucket.Proof with { Entries = [.. bucket.Proof.Entries.Where(entry => entry.Key != StateProof.KeyDigest(Names, key))] } };

        Assert.Equal(StateProofRefusals.InvalidProof, StateProofs.VerifyAbsence(without, chain.Genesis.Validators, Names, key));
    }

    [Fact]
    public void Absence_AnotherBucket_IsAnInvalidProof()
    {
        var key = new TextKey("name-17");
        var other = Bucket((StateProofs.BucketOf(Names, key) + 1) % 65_536);

        Assert.Equal(StateProofRefusals.InvalidProof, StateProofs.VerifyAbsence(other, chain.Genesis.Validators, Names, key));
    }

    [Fact]
    public void Value_CheckpointNotCertified_IsRefusedFirst()
    {
        using var stranger = EphemeralSigningKey.Create();
        var key = new TextKey("name-17");
        var forged = Bucket(key) with { Checkpoint = chain.Block(chain.Header(2, 1_000_000_001_000, state.Checkpoint.Root), stranger) };

        Assert.Equal(StateProofRefusals.NotCertified, StateProofs.VerifyValue(forged, chain.Genesis.Validators, Names, key, new TextRow("value-17")));
    }

    [Fact]
    public void Value_HeaderWithoutRoot_IsRefused()
    {
        var key = new TextKey("name-17");
        var bucket = Bucket(key) with { Checkpoint = chain.Block(chain.Header(2, 1_000_000_001_000)) };

        Assert.Equal(StateProofRefusals.NoCheckpoint, StateProofs.VerifyValue(bucket, chain.Genesis.Validators, Names, key, new TextRow("value-17")));
    }

    [Fact]
    public async Task Bucket_OverHttp_ProvesTheSame()
    {
        var key = new TextKey("name-17");
        var bucket = Bucket(key);
        var header = chain.Header(2, 1_000_000_001_000, state.Checkpoint.Root);
        var entries = JsonSerializer.Serialize(bucket.Proof.Entries.Select(entry => new { key = entry.Key.ToString(), value = entry.Value.ToString() }));
        var path = JsonSerializer.Serialize(bucket.Proof.Path.Select(node => node.ToString()));
        using var node = new TestNode(_ => Answer.Json(
            $$"""{"bucket":{{bucket.Proof.Bucket}},"entries":{{entries}},"path":{{path}},"checkpoint":{{chain.BlockJson(header)}}}"""));
        using var client = new NodeClient(node.Address);

        var got = (await client.GetBucketAsync(Names, bucket.Proof.Bucket)).Value;

        Assert.Equal($"/proofs/test.names/buckets/{bucket.Proof.Bucket}", node.Requests[0].Path);
        Assert.Null(StateProofs.VerifyValue(got, chain.Genesis.Validators, Names, key, new TextRow("value-17")));
    }

    private NodeBucket Bucket(TextKey key) => Bucket(StateProofs.BucketOf(Names, key));

    private NodeBucket Bucket(int number) =>
        new(state.Prove(number), chain.Block(chain.Header(2, 1_000_000_001_000, state.Checkpoint.Root)));

    private readonly record struct TextRow(string Text) : IStateRow<TextRow>
    {
        public void Write(ref StateWriter writer) => writer.Text(Text);

        public static TextRow Read(ref StateReader reader) => new(reader.Text());
    }
}
