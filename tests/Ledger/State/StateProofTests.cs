using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Tests.State;

public class StateProofTests
{
    private const string Name = "balances";
    private readonly LedgerState state = new(1);
    private readonly Table<NumberKey, Balance> table;

    public StateProofTests()
    {
        table = state.Define<NumberKey, Balance>(Name);
        state.BeginBlock(1);
        for (var i = 0ul; i < 5_000; i++)
            table.Set(new(i), new(i, "first"));
        state.CommitBlock();
    }

    [Fact]
    public void Proof_OfAValue_VerifiesForThatValueOnly()
    {
        var root = state.Root();
        var proof = ProofOf(42);
        Assert.True(StateProof.VerifyValue(root, Name, new NumberKey(42), new Balance(42, "first"), proof));
        Assert.True(StateProof.VerifyValue(
            root, Name, ReferenceRoot.KeyBytes(new NumberKey(42)), ReferenceRoot.RowBytes(new Balance(42, "first")), proof));
        Assert.False(StateProof.VerifyValue(root, Name, new NumberKey(42), new Balance(43, "first"), proof));
        Assert.False(StateProof.VerifyValue(root, "other", new NumberKey(42), new Balance(42, "first"), proof));
        Assert.False(StateProof.VerifyValue(root, Name, new NumberKey(43), new Balance(43, "first"), proof));
        Assert.False(StateProof.VerifyAbsence(root, Name, new NumberKey(42), proof));
        Assert.False(StateProof.VerifyValue(default, Name, new NumberKey(42), new Balance(42, "first"), proof));
    }

    [Fact]
    public void Proof_OfAbsence_NeedsTheRightBucket()
    {
        var root = state.Root();
        Assert.True(StateProof.VerifyAbsence(root, Name, new NumberKey(9_999), ProofOf(9_999)));
        Assert.True(StateProof.VerifyAbsence(root, "other", new NumberKey(1), state.Prove(StateProof.KeyDigest("other", new NumberKey(1)).Prefix16)));
        Assert.False(StateProof.VerifyAbsence(root, Name, new NumberKey(9_999), ProofOf(1)));
    }

    [Fact]
    public void Proof_AfterFurtherBlocks_IsStillAgainstTheCheckpoint()
    {
        var root = state.Root();
        var kept = state.Checkpoint;
        state.BeginBlock(2);
        table.Set(new(1), new(100, "second"));
        table.Remove(new(2));
        table.Set(new(9_999), new(1, "new"));
        Assert.True(StateProof.VerifyValue(root, Name, new NumberKey(1), new Balance(1, "first"), ProofOf(1)));
        Assert.True(StateProof.VerifyValue(root, Name, new NumberKey(2), new Balance(2, "first"), ProofOf(2)));
        Assert.True(StateProof.VerifyAbsence(root, Name, new NumberKey(9_999), ProofOf(9_999)));
        state.CommitBlock();

        var next = state.Root();
        Assert.NotEqual(root, next);
        Assert.True(StateProof.VerifyValue(next, Name, new NumberKey(1), new Balance(100, "second"), ProofOf(1)));
        Assert.True(StateProof.VerifyAbsence(next, Name, new NumberKey(2), ProofOf(2)));
        Assert.True(StateProof.VerifyValue(
            root, Name, new NumberKey(2), new Balance(2, "first"), kept.Prove(StateProof.KeyDigest(Name, new NumberKey(2)).Prefix16)));
    }

    [Fact]
    public void Proof_WithAnyPartChanged_DoesNotVerify()
    {
        var root = state.Root();
        // A bucket of at least two rows, so that order and omission can be tried.
        var (key, proof) = Enumerable.Range(0, 5_000).Select(i => ((ulong)i, ProofOf((ulong)i))).First(pair => pair.Item2.Entries.Count >= 2);
        Assert.True(Verifies(proof));
        Assert.False(Verifies(proof with { Bucket = proof.Bucket ^ 1 }));
        Assert.False(Verifies(proof with { Bucket = proof.Bucket | 0x10000 }));
        Assert.False(Verifies(proof with { Path = [.. proof.Path.Take(15)] }));
        Assert.False(Verifies(proof with { Path = [.. proof.Path, proof.Path[0]] }));
        for (var level = 0; level < 16; level++)
        {
            var path = proof.Path.ToArray();
            path[level] = root;
            Assert.False(Verifies(proof with { Path = path }));
        }
        Assert.False(Verifies(proof with { Entries = [.. proof.Entries.Reverse()] }));
        Assert.False(Verifies(proof with { Entries = [.. proof.Entries.Skip(1)] }));
        Assert.False(Verifies(proof with { Entries = [.. proof.Entries, proof.Entries[^1]] }));
        var omitted = proof with { Entries = [.. proof.Entries.Where(entry => entry.Key != StateProof.KeyDigest(Name, new NumberKey(key)))] };
        Assert.False(StateProof.VerifyAbsence(root, Name, new NumberKey(key), omitted));

        bool Verifies(BucketProof changed) =>
            StateProof.VerifyValue(root, Name, new NumberKey(key), new Balance(key, "first"), changed);
    }

    private BucketProof ProofOf(ulong key) => state.Prove(StateProof.KeyDigest(Name, new NumberKey(key)).Prefix16);
}
