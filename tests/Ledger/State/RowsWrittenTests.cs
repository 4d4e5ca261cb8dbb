using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Tests.State;

/// <summary>What a dry run wrote, by name, and the value of a row that is known by name.</summary>
public class RowsWrittenTests
{
    private readonly LedgerState state = new();
    private readonly Table<NumberKey, Balance> balances;
    private readonly Table<TextKey, Balance> names;
    private readonly HistoryTable<NumberKey, Balance> history;

    public RowsWrittenTests()
    {
        balances = state.Define<NumberKey, Balance>("balances");
        names = state.Define<TextKey, Balance>("names");
        history = state.DefineHistory<NumberKey, Balance>("history");
        state.BeginBlock(1);
    }

    [Fact]
    public void RowsWritten_SinceASavepoint_AreEachNamedOnceInOrder()
    {
        balances.Set(new(9), new(1, "before"));
        var savepoint = state.Savepoint();
        Assert.Empty(state.RowsWrittenSince(savepoint));
        names.Set(new("b"), new(1, ""));
        balances.Set(new(2), new(1, ""));
        balances.Set(new(1), new(1, ""));
        balances.Set(new(2), new(2, ""));
        balances.Remove(new(9));
        names.Remove(new("absent"));
        Assert.Equal(
            [
                new RowName("balances", "0000000000000001"), new RowName("balances", "0000000000000002"),
                new RowName("balances", "0000000000000009"), new RowName("names", "0000000162"),
            ],
            state.RowsWrittenSince(savepoint));
        state.RollbackTo(savepoint);
        Assert.Empty(state.RowsWrittenSince(savepoint));
    }

    [Fact]
    public void RowsWritten_OfAHistoryTable_NameThePastVersionToo()
    {
        history.Set(new(1), new(1, ""));
        state.CommitBlock();
        state.BeginBlock(2);
        history.Set(new(1), new(2, ""));
        Assert.Equal(["history", "history/past"], state.RowsWrittenSince(0).Select(row => row.Table));
    }

    [Fact]
    public void DigestRow_OfAPresentAndAnAbsentRow_IsItsValuesDigestOrUnset()
    {
        balances.Set(new(7), new(5, "x"));
        var name = RowName.Of<NumberKey>("balances", new(7));
        Assert.True(state.TryDigestRow(name, out var first));
        var writer = new StateWriter();
        new Balance(5, "x").Write(ref writer);
        Assert.Equal(Digest<StateValue>.Of(writer.Written), first);
        writer.Dispose();
        balances.Set(new(7), new(6, "x"));
        Assert.True(state.TryDigestRow(name, out var second));
        Assert.NotEqual(first, second);
        balances.Remove(new(7));
        Assert.True(state.TryDigestRow(name, out var gone));
        Assert.True(gone.IsUnset);
    }

    [Theory]
    [InlineData("nowhere", "0000000000000001")]
    [InlineData("balances", "")]
    [InlineData("balances", "00000000000000")]
    [InlineData("balances", "000000000000000100")]
    [InlineData("balances", "000000000000000")]
    [InlineData("balances", "000000000000000x")]
    [InlineData("balances", "000000000000000A")]
    [InlineData("names", "00000001ff")]
    public void DigestRow_OfNoTableOrNoKey_IsNotFound(string table, string key) =>
        Assert.False(state.TryDigestRow(new RowName(table, key), out _));
}
