using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Tests.State;

public class SnapshotTests
{
    private static readonly Cryptography.Digest<LedgerState> ReferenceEmptyRoot = ReferenceRoot.Of([]);

    [Fact]
    public void Snapshot_ReadIntoAnEmptyState_HasTheSameRootAndGoesOn()
    {
        var (state, balances, names, members) = Make();
        Fill(state, balances, names, members);
        var root = state.Root();
        var snapshot = Write(state);

        var (other, otherBalances, otherNames, otherMembers) = Make();
        other.ReadSnapshot(new MemoryStream(snapshot), height: 3);
        Assert.Equal(root, other.Root());
        Assert.Equal(3, other.Height);
        Assert.True(otherNames.TryGet(new("name 7"), out var row));
        Assert.Equal(new(7, "n"), row);
        Assert.True(otherMembers.TryGetAt(new(1), 1, out _));
        Assert.False(otherMembers.TryGetAt(new(1), 3, out _));
        Assert.Equal(snapshot, Write(other));

        state.BeginBlock(4);
        other.BeginBlock(4);
        balances.Remove(new(5));
        otherBalances.Remove(new(5));
        Assert.Equal(state.Root(), other.Root());
        Assert.NotEqual(root, other.Root());
    }

    [Fact]
    public void Snapshot_OfTheSameContentOtherwiseMade_HasTheSameBytes()
    {
        var (state, balances, _, _) = Make();
        var (other, otherBalances, _, _) = Make();
        state.BeginBlock(1);
        other.BeginBlock(1);
        for (var i = 0ul; i < 1_000; i++)
        {
            balances.Set(new(i), new(i, ""));
            otherBalances.Set(new(2_000 - i), new(0, ""));
        }
        for (var i = 0ul; i < 1_000; i++)
        {
            otherBalances.Remove(new(2_000 - i));
            otherBalances.Set(new(999 - i), new(999 - i, ""));
        }
        state.CommitBlock();
        other.CommitBlock();
        Assert.Equal(Write(state), Write(other));
    }

    [Fact]
    public void Snapshot_WithAnyBitChangedOrCutAnywhere_IsDamaged()
    {
        var (state, balances, _, _) = Make();
        state.BeginBlock(1);
        balances.Set(new(1), new(1, "a"));
        balances.Set(new(2), new(2, "b"));
        state.CommitBlock();
        var snapshot = Write(state);
        var root = state.Root();
        for (var at = 0; at < snapshot.Length; at++)
        {
            Refuses(snapshot[..at], "damaged_snapshot");
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = snapshot.ToArray();
                changed[at] ^= (byte)(1 << bit);
                Refuses(changed, at is 8 or 9 ? "unknown_snapshot_version" : "damaged_snapshot");
            }
        }
        Refuses([.. snapshot, 0], "damaged_snapshot");

        var (good, _, _, _) = Make();
        good.ReadSnapshot(new MemoryStream(snapshot));
        Assert.Equal(root, good.Root());
    }

    [Fact]
    public void Snapshot_WithATableThatIsNotDefined_IsRefusedAsUnknownTable()
    {
        var state = new LedgerState(1);
        var table = state.Define<NumberKey, Balance>("newer");
        state.BeginBlock(1);
        table.Set(new(1), new(1, ""));
        state.CommitBlock();
        Refuses(Write(state), "unknown_table");
    }

    [Fact]
    public void ReadSnapshot_IntoAStateWithRows_IsAFault()
    {
        var (state, balances, names, members) = Make();
        Fill(state, balances, names, members);
        Assert.Throws<InvalidOperationException>(() => state.ReadSnapshot(new MemoryStream(Write(state))));
    }

    private static void Refuses(byte[] snapshot, string code)
    {
        var (state, balances, _, _) = Make();
        var refusal = Assert.Throws<SnapshotException>(() => state.ReadSnapshot(new MemoryStream(snapshot)));
        Assert.Equal(code, refusal.Code);
        Assert.Equal(0, balances.Count);
        Assert.Equal(ReferenceEmptyRoot, state.Root());
    }

    private static byte[] Write(LedgerState state)
    {
        var stream = new MemoryStream();
        state.WriteSnapshot(stream);
        return stream.ToArray();
    }

    private static void Fill(LedgerState state, Table<NumberKey, Balance> balances, Table<TextKey, Balance> names, HistoryTable<NumberKey, Balance> members)
    {
        state.BeginBlock(1);
        for (var i = 0ul; i < 3_000; i++)
        {
            balances.Set(new(i), new(i, "b"));
            names.Set(new($"name {i}"), new(i, "n"));
        }
        members.Set(new(1), new(1, "m"));
        state.CommitBlock();
        state.BeginBlock(3);
        members.Remove(new(1));
        state.CommitBlock();
    }

    private static (LedgerState, Table<NumberKey, Balance>, Table<TextKey, Balance>, HistoryTable<NumberKey, Balance>) Make()
    {
        var state = new LedgerState(1);
        return (state, state.Define<NumberKey, Balance>("balances", ordered: true), state.Define<TextKey, Balance>("names"),
            state.DefineHistory<NumberKey, Balance>("members"));
    }
}
