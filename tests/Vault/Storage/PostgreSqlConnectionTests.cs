using System.Data.Common;
using Counterfoil.Testing;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Tests.Storage;

[NeedsPostgreSql]
public sealed class PostgreSqlConnectionTests
{
    [DatabaseFact]
    public void Open_OfPostgreSql_SetsDurability()
    {
        using var test = new PostgreSqlTestDatabase();
        using var full = test.Open();
        using var rebuildable = test.Open(new DatabaseOptions { Durability = Durability.Rebuildable, LockTimeoutSeconds = 3 });
        Assert.Equal("on", full.OpenSession().QueryFirst("SHOW synchronous_commit", row => row.Text(0)));
        Assert.Equal("off", rebuildable.OpenSession().QueryFirst("SHOW synchronous_commit", row => row.Text(0)));
        Assert.Equal("3s", rebuildable.OpenSession().QueryFirst("SHOW lock_timeout", row => row.Text(0)));
    }

    [DatabaseFact]
    public void Session_AfterServerEndedConnections_IsReplacedByAFreshOne()
    {
        using var test = new PostgreSqlTestDatabase();
        using var database = test.Open();
        using (database.OpenSession())
        using (database.OpenSession())
        {
            // Two idle sessions from here on.
        }
        PostgreSqlServer.EndConnections(test.Line);
        Assert.ThrowsAny<DbException>(() => database.Execute("SELECT 1"));
        using var session = database.OpenSession();
        Assert.Equal(1, session.QueryInteger("SELECT 1"));
    }
}
