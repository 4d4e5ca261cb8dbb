using System.Data.Common;
using Counterfoil.Testing;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Tests.Storage;

public sealed class SqliteDatabaseTests() : DatabaseContract(new SqliteTestDatabase());

[NeedsPostgreSql]
public sealed class PostgreSqlDatabaseTests() : DatabaseContract(PostgreSqlServer.IsOptedOut ? null : new PostgreSqlTestDatabase());

/// <summary>What both engines must do alike.</summary>
public abstract class DatabaseContract(TestDatabase? test) : IDisposable
{
    private static readonly SchemaStep[] Steps =
    [
        new(1, "CREATE TABLE thing (id {integer} PRIMARY KEY, name {text} NOT NULL, data {blob}, price {integer}) {strict}"),
        new(2, "CREATE TABLE note (number {serial}, thing {integer} NOT NULL REFERENCES thing (id), body {text} NOT NULL) {strict}"),
    ];

    // Null only where PostgreSQL was opted out of, and then no test of the class runs.
    private TestDatabase Test => test!;

    [DatabaseFact]
    public void Values_OfEveryType_ReadBackAsWritten()
    {
        using var database = Migrated();
        using var session = database.OpenSession();
        session.Execute("INSERT INTO thing (id, name, data, price) VALUES ($1, $2, $3, $4)", long.MinValue, "Ünïcødé\0"[..7], new byte[] { 0, 255 }, (long?)null);
        session.Execute("INSERT INTO thing (id, name, data, price) VALUES ($1, $2, $3, $4)", 1L, "", (byte[]?)null, (long?)long.MaxValue);

        var rows = session.Query("SELECT id, name, data, price FROM thing ORDER BY id",
            row => (Id: row.Integer(0), Name: row.Text(1), Data: row.BytesOrNull(2), Price: row.IntegerOrNull(3)));

        Assert.Equal(2, rows.Count);
        Assert.Equal((long.MinValue, "Ünïcødé", null), (rows[0].Id, rows[0].Name, rows[0].Price));
        Assert.Equal([0, 255], rows[0].Data!);
        Assert.Equal((1L, "", null, long.MaxValue), rows[1]);
    }

    [DatabaseFact]
    public void Transaction_NotCommitted_LeavesNothing()
    {
        using var database = Migrated();
        using (var session = database.OpenSession())
        {
            using (session.BeginWrite())
                Insert(session, 1, "lost");
            var transaction = session.BeginWrite();
            Insert(session, 2, "lost with its session");
            _ = transaction;
        }
        using var next = database.OpenSession();
        Assert.Equal(0, next.QueryInteger("SELECT count(*) FROM thing"));
        using (var transaction = next.BeginWrite())
        {
            Insert(next, 3, "kept");
            transaction.Commit();
        }
        Assert.Equal(1, database.OpenSession().QueryInteger("SELECT count(*) FROM thing"));
    }

    [DatabaseFact]
    public void BeginRead_WhileAnotherWrites_KeepsItsSnapshot()
    {
        using var database = Migrated();
        using var reader = database.OpenSession();
        using var writer = database.OpenSession();
        Insert(writer, 1, "before");
        using var snapshot = reader.BeginRead();
        Assert.Equal(1, reader.QueryInteger("SELECT count(*) FROM thing"));
        Insert(writer, 2, "during");
        Assert.Equal(1, reader.QueryInteger("SELECT count(*) FROM thing"));
        snapshot.Dispose();
        Assert.Equal(2, reader.QueryInteger("SELECT count(*) FROM thing"));
    }

    [DatabaseFact]
    public void Batch_OfUpserts_RunsInOrderAndLastOneWins()
    {
        using var database = Migrated();
        using var session = database.OpenSession();
        using (var transaction = session.BeginWrite())
        {
            using var batch = session.OpenBatch();
            for (var i = 0; i < 5000; i++)
            {
                batch.Add("INSERT INTO thing (id, name, price) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET name = excluded.name, price = excluded.price",
                    (long)(i % 700), $"name {i}", (long)i);
                if (i % 10 == 0)
                    batch.Add("INSERT INTO note (thing, body) VALUES ($1, $2)", (long)(i % 700), "written");
            }
            batch.Flush();
            transaction.Commit();
        }
        Assert.Equal(700, session.QueryInteger("SELECT count(*) FROM thing"));
        Assert.Equal(500, session.QueryInteger("SELECT max(number) FROM note"));
        Assert.Equal("name 4999", session.QueryFirst("SELECT name FROM thing WHERE id = $1", row => row.Text(0), 4999L % 700));
        Assert.Null(session.QueryFirst("SELECT name FROM thing WHERE id = $1", row => row.Text(0), 9999L));
    }

    [DatabaseFact]
    public void ForeignKey_OfAbsentRow_IsRefusedByTheEngine()
    {
        using var database = Migrated();
        Assert.ThrowsAny<DbException>(() => database.Execute("INSERT INTO note (thing, body) VALUES ($1, $2)", 77L, "orphan"));
    }

    [DatabaseFact]
    public async Task WriteTransactions_OfManySessions_AllSucceed()
    {
        using var database = Migrated();
        Insert(database.OpenSession(), 1, "counter");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 25; i++)
            {
                using var session = database.OpenSession();
                using var transaction = session.BeginWrite();
                session.Execute("UPDATE thing SET price = coalesce(price, 0) + 1 WHERE id = $1", 1L);
                transaction.Commit();
            }
        })));
        Assert.Equal(200, database.OpenSession().QueryInteger("SELECT price FROM thing WHERE id = $1", 1L));
    }

    [DatabaseFact]
    public async Task Migrate_ByManyAtOnceAndAgain_AppliesEachStepOnce()
    {
        using var database = Test.Open();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => database.Migrate("things", Steps[..1]))));
        database.Migrate("things", Steps);
        database.Migrate("others", [new SchemaStep(1, "CREATE TABLE other (id {integer} PRIMARY KEY) {strict}")]);
        Assert.Equal(3, database.OpenSession().QueryInteger("SELECT count(*) FROM schema_steps"));
    }

    [DatabaseFact]
    public void Migrate_OverNewerOrEditedSchema_Throws()
    {
        using var database = Migrated();
        Assert.Throws<SchemaException>(() => database.Migrate("things", Steps[..1]));
        Assert.Throws<SchemaException>(() => database.Migrate("things", [Steps[0], Steps[1] with { Sql = Steps[1].Sql + " " }]));
    }

    [DatabaseFact]
    public void TextOrder_IsThatOfBytes()
    {
        using var database = Migrated();
        using var session = database.OpenSession();
        foreach (var (name, i) in new[] { "a", "B", "_", "Z", "é", "z" }.Select((n, i) => (n, i)))
            Insert(session, i, name);
        Assert.Equal(["B", "Z", "_", "a", "z", "é"], session.Query("SELECT name FROM thing ORDER BY name", row => row.Text(0)));
    }

    [DatabaseFact]
    public void Statement_WithOtherTypesOrCount_IsRefused()
    {
        using var database = Migrated();
        using var session = database.OpenSession();
        Insert(session, 1, "one");
        Assert.Throws<ArgumentException>(() => session.Execute("INSERT INTO thing (id, name) VALUES ($1, $2)", "x", "y"));
        Assert.Throws<ArgumentException>(() => session.Execute("INSERT INTO thing (id, name) VALUES ($1, $2)", 1L));
        Assert.Throws<ArgumentException>(() => session.Execute("INSERT INTO thing (id, name, price) VALUES ($1, $2, $3)", 1L, "y", default));
    }

    protected virtual void Dispose(bool disposing) => test?.Dispose();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private Database Migrated()
    {
        var database = Test.Open();
        database.Migrate("things", Steps);
        return database;
    }

    private static void Insert(DatabaseSession session, long id, string name) =>
        session.Execute("INSERT INTO thing (id, name) VALUES ($1, $2)", id, name);
}
