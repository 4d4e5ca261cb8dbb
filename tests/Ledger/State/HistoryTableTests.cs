using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Tests.State;

public class HistoryTableTests
{
    [Fact]
    public void Past_OfARemovedKey_StaysReadableAndProvable()
    {
        var (state, members) = Make();
        Write(state, 5, () => members.Set(new(1), new(10, "")));
        Write(state, 8, () => members.Remove(new(1)));
        Write(state, 9, () => members.Set(new(2), new(20, "")));
        Assert.False(members.TryGet(new(1), out _));
        Assert.False(members.TryGetAt(new(1), 4, out _));
        Assert.True(members.TryGetAt(new(1), 5, out var row));
        Assert.Equal((UInt128)10, row.Amount);
        Assert.True(members.TryGetAt(new(1), 7, out _));
        Assert.False(members.TryGetAt(new(1), 8, out _));

        var root = state.Root();
        var key = new VersionKey<NumberKey>(new(1), 1);
        var proof = state.Prove(StateProof.KeyDigest("members/past", key).Prefix16);
        Assert.True(StateProof.VerifyValue(root, "members/past", key, new PastVersion<Balance>(5, 8, true, new(10, "")), proof));
    }

    [Fact]
    public void Set_SeveralTimesInOneBlock_MakesOneVersion()
    {
        var (state, members) = Make();
        Write(state, 1, () =>
        {
            members.Set(new(1), new(1, ""));
            members.Set(new(1), new(2, ""));
            members.Set(new(2), new(2, ""));
            Assert.True(members.Remove(new(2)));
            Assert.False(members.Remove(new(2)));
        });
        Assert.Equal(0, members.Past.Count);
        Assert.Equal(1, members.Current.Count);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void TryGetAt_AfterAnyChanges_AgreesWithCopiesOfEveryHeight(int seed)
    {
        var random = new Random(seed);
        var (state, members) = Make();
        var model = new SortedDictionary<ulong, Balance>();
        var copies = new List<SortedDictionary<ulong, Balance>> { new() };
        for (var height = 1; height <= 60; height++)
        {
            state.BeginBlock(height);
            for (var i = random.Next(6); i > 0; i--)
            {
                var savepoint = state.Savepoint();
                var key = (ulong)random.Next(12);
                var row = new Balance((UInt128)random.Next(), "");
                if (random.Next(3) == 0)
                {
                    members.Remove(new(key));
                    if (random.Next(4) == 0)
                        state.RollbackTo(savepoint);
                    else
                        model.Remove(key);
                }
                else
                {
                    members.Set(new(key), row);
                    if (random.Next(4) == 0)
                        state.RollbackTo(savepoint);
                    else
                        model[key] = row;
                }
            }
            state.CommitBlock();
            copies.Add(new(model));
            Assert.Equal(model.Select(pair => (pair.Key, pair.Value)), members.From(default, 100).Select(pair => (pair.Key.Number, pair.Value)));
        }
        for (var height = 0; height <= 60; height++)
        {
            for (var key = 0ul; key < 12; key++)
            {
                Assert.Equal(copies[height].TryGetValue(key, out var expected), members.TryGetAt(new(key), height, out var row));
                Assert.Equal(expected, row);
            }
        }
    }

    private static void Write(LedgerState state, long height, Action write)
    {
        state.BeginBlock(height);
        write();
        state.CommitBlock();
    }

    private static (LedgerState State, HistoryTable<NumberKey, Balance> Table) Make()
    {
        var state = new LedgerState(1);
        return (state, state.DefineHistory<NumberKey, Balance>("members", ordered: true));
    }
}
