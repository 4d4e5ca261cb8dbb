using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Tests.Storage;

public sealed class DatabaseTests
{
    [Fact]
    public void Open_OfSqliteFile_IsDurableAndPrivate()
    {
        using var test = new SqliteTestDatabase();
        using var database = test.Open();
        using var session = database.OpenSession();
        Assert.Equal("wal", session.QueryFirst("PRAGMA journal_mode", row => row.Text(0)));
        Assert.Equal(2, session.QueryInteger("PRAGMA synchronous"));
        Assert.Equal(1, session.QueryInteger("PRAGMA foreign_keys"));
        Assert.Equal(1, session.QueryInteger("PRAGMA secure_delete"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(test.Line["sqlite:".Length..]));
        using var rebuildable = test.Open(new DatabaseOptions { Durability = Durability.Rebuildable });
        Assert.Equal(1, rebuildable.OpenSession().QueryInteger("PRAGMA synchronous"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sqlite:")]
    [InlineData("sqlite::memory:")]
    [InlineData("/var/lib/data.db")]
    [InlineData("mysql://localhost/x")]
    public void Open_OfOtherLine_IsRefused(string line) => Assert.Throws<ArgumentException>(() => Database.Open(line));

    [Fact]
    public void Open_OfPostgreSqlUri_DoesNotShowThePassword()
    {
        var options = new DatabaseOptions();
        var (engine, connectionString, name) = ConnectionLine.Parse("postgresql://me:p%40ss%3Aword@db.example:5433/vault?sslmode=Require", options);
        Assert.Equal(DatabaseEngine.PostgreSql, engine);
        Assert.Equal("postgresql://db.example/vault", name);
        var parsed = new Npgsql.NpgsqlConnectionStringBuilder(connectionString);
        Assert.Equal(("me", "p@ss:word", 5433, Npgsql.SslMode.Require), (parsed.Username, parsed.Password, parsed.Port, parsed.SslMode));
        Assert.Equal("/run/postgresql", new Npgsql.NpgsqlConnectionStringBuilder(
            ConnectionLine.Parse("postgres:///vault?host=%2Frun%2Fpostgresql", options).ConnectionString).Host);
    }
}
