using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Tests.State;

public class LedgerStateTests
{
    [Fact]
    public void Set_OutsideABlock_IsAFault()
    {
        var (state, table) = Make();
        Assert.Throws<InvalidOperationException>(() => table.Set(new(1), new(1, "")));
        Assert.Throws<InvalidOperationException>(() => table.Remove(new(1)));
        Assert.Throws<InvalidOperationException>(() => state.Savepoint());
        Assert.Throws<InvalidOperationException>(() => state.CommitBlock());
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void BeginBlock_TwiceOrBehind_IsAFault()
    {
        var (state, _) = Make();
        state.BeginBlock(5);
        Assert.Throws<InvalidOperationException>(() => state.BeginBlock(6));
        state.CommitBlock();
        Assert.Throws<ArgumentOutOfRangeException>(() => state.BeginBlock(5));
        state.BeginBlock(6);
        state.RollbackBlock();
        Assert.Equal(5, state.Height);
        state.BeginBlock(6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("a/past")]
    [InlineData("a b")]
    public void Define_WithAnIllFormedName_IsAFault(string name) =>
        Assert.Throws<ArgumentException>(() => new LedgerState().Define<NumberKey, Balance>(name));

    [Fact]
    public void Define_Twice_IsAFault()
    {
        var (state, _) = Make();
        Assert.Throws<InvalidOperationException>(() => state.Define<NumberKey, Balance>("balances"));
    }

    [Fact]
    public void RollbackTo_ASavepoint_TakesBackWhatCameAfter()
    {
        var (state, table) = Make();
        state.BeginBlock(1);
        table.Set(new(1), new(10, "a"));
        table.Set(new(2), new(20, "b"));
        var outer = state.Savepoint();
        table.Set(new(1), new(11, "c"));
        table.Remove(new(2));
        var inner = state.Savepoint();
        table.Set(new(2), new(22, "d"));
        table.Set(new(3), new(33, "e"));
        state.RollbackTo(inner);
        Assert.False(table.Contains(new(2)));
        Assert.False(table.Contains(new(3)));
        Assert.True(table.TryGet(new(1), out var row));
        Assert.Equal(new(11, "c"), row);
        state.RollbackTo(outer);
        Assert.Equal([new(10, "a"), new(20, "b")], table.From(default, 10).Select(pair => pair.Value));
        state.RollbackBlock();
        Assert.Equal(0, table.Count);
        Assert.False(table.First(out _, out _));
    }

    [Fact]
    public void Root_OfNoRows_IsTheEmptyTree() =>
        Assert.Equal(ReferenceRoot.Of([]), Make().State.Root());

    [Fact]
    public void Root_OfOneRow_DependsOnTableKeyAndValue()
    {
        var roots = new[] { ("a", 1ul, 1u), ("b", 1ul, 1u), ("a", 2ul, 1u), ("a", 1ul, 2u) }.Select(row =>
        {
            var state = new LedgerState();
            var table = state.Define<NumberKey, Balance>(row.Item1);
            state.BeginBlock(1);
            table.Set(new(row.Item2), new(row.Item3, ""));
            return state.Root();
        });
        Assert.Equal(4, roots.Distinct().Count());
    }

    /// <summary>Random blocks, savepoints and rollbacks against plain dictionaries, and the root against one made from scratch.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(20261122, 2)]
    public void Root_AfterAnyOperationsAndRollbacks_IsThatOfTheContent(int seed, int threads)
    {
        var random = new Random(seed);
        var state = new LedgerState(threads);
        Table<NumberKey, Balance>[] tables = [state.Define<NumberKey, Balance>("plain"), state.Define<NumberKey, Balance>("ordered", ordered: true)];
        var model = new Dictionary<(int Table, ulong Key), Balance>();
        for (var height = 1; height <= 40; height++)
        {
            var atBegin = new Dictionary<(int, ulong), Balance>(model);
            state.BeginBlock(height);
            var savepoints = new Stack<(int Savepoint, Dictionary<(int, ulong), Balance> Model)>();
            for (var i = random.Next(0, 600); i > 0; i--)
            {
                switch (random.Next(100))
                {
                    case < 2:
                        savepoints.Push((state.Savepoint(), new(model)));
                        break;
                    case < 4 when savepoints.TryPop(out var savepoint):
                        state.RollbackTo(savepoint.Savepoint);
                        model = savepoint.Model;
                        break;
                    case 4 when random.Next(4) == 0:
                        Assert.Equal(Reference(model), state.Root());
                        break;
                    case < 60:
                        Set(random.Next(2), (ulong)random.Next(500), new((UInt128)random.Next(3), new string('x', random.Next(3))));
                        break;
                    default:
                        Remove(random.Next(2), (ulong)random.Next(500));
                        break;
                }
            }
            if (random.Next(4) == 0)
            {
                state.RollbackBlock();
                model = atBegin;
            }
            else
            {
                state.CommitBlock();
            }
            if (random.Next(3) == 0)
                Assert.Equal(Reference(model), state.Root());
        }
        Assert.Equal(Reference(model), state.Root());
        Assert.Equal(model.Count, tables[0].Count + tables[1].Count);
        Assert.Equal(model.Count, state.Checkpoint.RowCount);
        foreach (var ((table, key), row) in model)
        {
            Assert.True(tables[table].TryGet(new(key), out var stored));
            Assert.Equal(row, stored);
        }
        var inOrder = model.Where(pair => pair.Key.Table == 1).OrderBy(pair => pair.Key.Key).Select(pair => pair.Key.Key).ToList();
        Assert.Equal(inOrder, tables[1].From(default, int.MaxValue).Select(pair => pair.Key.Number));
        Assert.Equal(inOrder.Where(key => key >= 250).Take(7), tables[1].From(new(250), 7).Select(pair => pair.Key.Number));

        void Set(int table, ulong key, Balance row)
        {
            tables[table].Set(new(key), row);
            model[(table, key)] = row;
        }

        void Remove(int table, ulong key) => Assert.Equal(model.Remove((table, key)), tables[table].Remove(new(key)));
    }

    [Fact]
    public void Root_OnAnyNumberOfThreads_IsTheSame()
    {
        var roots = new[] { 1, 2, 5, 64 }.Select(threads =>
        {
            var state = new LedgerState(threads);
            var table = state.Define<NumberKey, Balance>("balances");
            state.BeginBlock(1);
            for (var i = 0ul; i < 20_000; i++)
                table.Set(new(i), new(i, ""));
            return state.Root();
        });
        Assert.Single(roots.Distinct());
    }

    [Fact]
    public void OrderedTable_OfManyKeysInAnyOrder_ReadsInOrder()
    {
        var (state, table) = Make();
        var random = new Random(7);
        var keys = Enumerable.Range(0, 20_000).Select(i => (ulong)i * 3).ToArray();
        random.Shuffle(keys);
        state.BeginBlock(1);
        foreach (var key in keys)
            table.Set(new(key), new(key, ""));
        Assert.Equal(keys.Order(), table.From(default, int.MaxValue).Select(pair => pair.Key.Number));
        foreach (var key in keys.Where(key => key % 2 == 0))
            Assert.True(table.Remove(new(key)));
        Assert.Equal(keys.Where(key => key % 2 == 1).Order().SkipWhile(key => key < 30_001).Take(100), table.From(new(30_001), 100).Select(pair => pair.Key.Number));
        Assert.True(table.First(out var first, out var row));
        Assert.Equal((3ul, (UInt128)3), (first.Number, row.Amount));
        Assert.Throws<InvalidOperationException>(() => state.Define<NumberKey, Balance>("plain").From(default, 1));
    }

    [Fact]
    public void Root_OfRowsOfEveryLength_IsThatOfTheContent()
    {
        var state = new LedgerState(1);
        var table = state.Define<TextKey, Balance>("lengths");
        state.BeginBlock(1);
        var rows = Enumerable.Range(0, 1_300).Select(length => (new TextKey(new string('k', length)), new Balance(1, new string('v', length)))).ToList();
        foreach (var (key, row) in rows)
            table.Set(key, row);
        Assert.Equal(ReferenceRoot.Of(rows.Select(row => ("lengths", ReferenceRoot.KeyBytes(row.Item1), ReferenceRoot.RowBytes(row.Item2)))), state.Root());
    }

    [Fact]
    public void Table_OfAMillionRows_FindsEachAndNoOther()
    {
        const int Rows = 1_000_000;
        var state = new LedgerState();
        var table = state.Define<NumberKey, Balance>("million");
        var row = new Balance(1, "");
        state.BeginBlock(1);
        for (var i = 0ul; i < Rows; i++)
            table.Set(new(i * 7), row);
        state.CommitBlock();
        var root = state.Root();
        state.BeginBlock(2);
        for (var i = 0ul; i < Rows; i += 2)
            Assert.True(table.Remove(new(i * 7)));
        Assert.Equal(Rows / 2, table.Count);
        for (var i = 0ul; i < 2 * Rows; i += 3)
            if (table.Contains(new(i)) != (i % 7 == 0 && i / 7 % 2 == 1))
                Assert.Fail($"key {i}");
        state.RollbackBlock();
        Assert.Equal(Rows, table.Count);
        Assert.Equal(root, state.Root());
        Assert.Equal(Rows, state.Checkpoint.RowCount);
    }

    [Fact]
    public void TryGet_OfAPresentRow_AllocatesNothing()
    {
        var (state, table) = Make();
        state.BeginBlock(1);
        table.Set(new(1), new(1, ""));
        var found = table.TryGet(new(1), out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0ul; i < 1_000; i++)
            found ^= table.TryGet(new(i), out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.False(found);
    }

    private static Cryptography.Digest<LedgerState> Reference(Dictionary<(int Table, ulong Key), Balance> model) =>
        ReferenceRoot.Of(model.Select(pair => (
            pair.Key.Table == 0 ? "plain" : "ordered",
            ReferenceRoot.KeyBytes(new NumberKey(pair.Key.Key)),
            ReferenceRoot.RowBytes(pair.Value))));

    private static (LedgerState State, Table<NumberKey, Balance> Table) Make()
    {
        var state = new LedgerState(1);
        return (state, state.Define<NumberKey, Balance>("balances", ordered: true));
    }
}
