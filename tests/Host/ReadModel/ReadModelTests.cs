using Counterfoil.Cryptography;
using Counterfoil.Host.ReadModel;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Host.Tests.ReadModel;

/// <summary>The read model against a real ledger; the same tests for both engines.</summary>
public abstract class ReadModelContract : IDisposable
{
    private readonly TemporaryFolder folder = new();

    protected string Folder => folder.Path;

    protected abstract string CreateDatabase();

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [DatabaseFact]
    public async Task Find_AfterManyBlocks_KnowsEachTransactionAndNoOther()
    {
        await using var test = await TestNode.StartAsync();
        var sent = await SendAsync(test, 12);
        using var database = Database.Open(CreateDatabase(), new DatabaseOptions { Durability = Durability.Rebuildable });
        using var model = new LedgerReadModel(database, fault => throw fault);
        model.Follow(test.Node.Ledger);
        await model.WaitForHeightAsync(test.Node.Ledger.Tip.Height).WaitAsync(TimeSpan.FromSeconds(30));
        foreach (var (id, height, index) in sent)
        {
            var found = model.Find(Digest<Transaction>.Parse(id));
            Assert.Equal((height, index), (found!.Value.Height, found.Value.Index));
        }
        Assert.Null(model.Find(Digest<Transaction>.Of("none"u8)));
        var latest = sent[^1];
        var history = model.History(test.Alice.Account, null, 5);
        Assert.Equal(5, history.Count);
        Assert.Equal(latest.Id, history[0].Id.ToString());
        Assert.Equal(("accounts.transfer", "accepted", null), (history[0].Action, history[0].Status, history[0].Code));
        Assert.Equal(sent.Count - 5, model.History(test.Alice.Account, history[^1].Position, 100).Count);
    }

    [DatabaseFact]
    public async Task Follow_StartedAgain_GoesOnWhereItStoodAndChangesNothingTwice()
    {
        await using var test = await TestNode.StartAsync();
        await SendAsync(test, 3);
        var line = CreateDatabase();
        using (var database = Database.Open(line))
        using (var model = new LedgerReadModel(database, fault => throw fault))
        {
            model.Follow(test.Node.Ledger);
            await model.WaitForHeightAsync(test.Node.Ledger.Tip.Height).WaitAsync(TimeSpan.FromSeconds(30));
        }
        var more = await SendAsync(test, 3);
        using var again = Database.Open(line);
        using var second = new LedgerReadModel(again, fault => throw fault);
        Assert.True(second.Height > 0 && second.Height < test.Node.Ledger.Tip.Height);
        second.Follow(test.Node.Ledger);
        await second.WaitForHeightAsync(test.Node.Ledger.Tip.Height).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(more[^1].Height, second.Find(Digest<Transaction>.Parse(more[^1].Id))!.Value.Height);
        Assert.Equal(6, second.History(test.Alice.Account, null, 100).Count);
    }

    [DatabaseFact]
    public async Task Follow_OfAnotherLedgerThanItKnows_BeginsAgain()
    {
        var line = CreateDatabase();
        await using (var other = await TestNode.StartAsync())
        {
            await SendAsync(other, 4);
            using var database = Database.Open(line);
            using var model = new LedgerReadModel(database, fault => throw fault);
            model.Follow(other.Node.Ledger);
            await model.WaitForHeightAsync(other.Node.Ledger.Tip.Height).WaitAsync(TimeSpan.FromSeconds(30));
        }
        await using var test = await TestNode.StartAsync();
        var sent = await SendAsync(test, 6);
        using var again = Database.Open(line);
        using var second = new LedgerReadModel(again, fault => throw fault);
        second.Follow(test.Node.Ledger);
        await second.WaitForHeightAsync(test.Node.Ledger.Tip.Height).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(sent[0].Height, second.Find(Digest<Transaction>.Parse(sent[0].Id))!.Value.Height);
        Assert.Equal(6, second.History(test.Alice.Account, null, 100).Count);
    }

    [DatabaseFact]
    public async Task Node_OverThisDatabase_AnswersAndRestarts()
    {
        var line = CreateDatabase();
        await using var test = await TestNode.StartAsync(options => options with { Database = line });
        var sent = await SendAsync(test, 2);
        await test.RestartAsync(options => options with { Database = line });
        using var response = await test.GetAsync($"/transactions/{sent[0].Id}");
        Assert.Equal(200, (int)response.StatusCode);
    }

    private static async Task<List<(string Id, long Height, int Index)>> SendAsync(TestNode test, int count)
    {
        var sent = new List<(string, long, int)>();
        for (var number = 0; number < count; number++)
        {
            var answer = (await test.SubmitAllAsync(test.Alice.Transfer(test.Bob, test.Alice.Account)))[0];
            sent.Add((answer.GetProperty("id").GetString()!, answer.GetProperty("height").GetInt64(), answer.GetProperty("index").GetInt32()));
        }
        return sent;
    }
}

public sealed class SqliteReadModelTests : ReadModelContract
{
    protected override string CreateDatabase() => $"sqlite:{Path.Combine(Folder, "model.db")}";
}

[NeedsPostgreSql]
public sealed class PostgreSqlReadModelTests : ReadModelContract
{
    protected override string CreateDatabase() => PostgreSqlServer.CreateDatabase();
}
