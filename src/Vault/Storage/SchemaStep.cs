using System.Data.Common;
using System.Globalization;
using System.Text;
using Counterfoil.Cryptography;

namespace Counterfoil.Vault.Storage;

/// <summary>
/// One numbered step of a component's schema: applied once, in order, recorded in the table <c>schema_steps</c>, never edited afterwards.
/// The SQL is that of both engines, with these words for the differences:
/// <c>{integer}</c> 64-bit integer · <c>{text}</c> text compared by its bytes · <c>{blob}</c> bytes ·
/// <c>{serial}</c> a primary key that counts up by itself · <c>{strict}</c> after the closing parenthesis of a table.
/// </summary>
/// <param name="Number">1 for the first step, then without gaps.</param>
/// <param name="Sql">One or more statements, separated by semicolons, without literals.</param>
public sealed record SchemaStep(int Number, string Sql)
{
    internal string For(DatabaseEngine engine) => engine == DatabaseEngine.Sqlite
        ? Sql.Replace("{integer}", "INTEGER", StringComparison.Ordinal)
            .Replace("{text}", "TEXT", StringComparison.Ordinal)
            .Replace("{blob}", "BLOB", StringComparison.Ordinal)
            .Replace("{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT", StringComparison.Ordinal)
            .Replace("{strict}", "STRICT", StringComparison.Ordinal)
        : Sql.Replace("{integer}", "bigint", StringComparison.Ordinal)
            .Replace("{text}", "text COLLATE \"C\"", StringComparison.Ordinal)
            .Replace("{blob}", "bytea", StringComparison.Ordinal)
            .Replace("{serial}", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", StringComparison.Ordinal)
            .Replace("{strict}", "", StringComparison.Ordinal);
}

/// <summary>A database whose schema is not the one that this program knows: newer, or changed by hand.</summary>
public sealed class SchemaException(string message) : Exception(message);

internal static class SchemaMigration
{
    public static void Run(Database database, string component, IReadOnlyList<SchemaStep> steps)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i].Number != i + 1)
                throw new ArgumentException("Schema steps are numbered 1, 2, 3 ….", nameof(steps));
        }
        using var session = database.OpenSession();
        using var transaction = session.BeginWrite();
        // Two processes may start at once: SQLite's write lock or this one lets them in singly. The number is "cfsc".
        if (database.Engine == DatabaseEngine.PostgreSql)
            session.Query("SELECT pg_advisory_xact_lock(1667658595)", _ => 0);
        ExecuteScript(session, transaction, new SchemaStep(0, """
            CREATE TABLE IF NOT EXISTS schema_steps (
              component {text} NOT NULL, number {integer} NOT NULL, digest {text} NOT NULL,
              PRIMARY KEY (component, number)
            ) {strict}
            """).For(database.Engine));
        var applied = session.Query("SELECT number, digest FROM schema_steps WHERE component = $1 ORDER BY number",
            row => (Number: row.Integer(0), Digest: row.Text(1)), component);
        if (applied.Count > steps.Count)
            throw new SchemaException($"{component}: the database is at step {applied.Count}, this program knows {steps.Count}.");
        foreach (var step in steps)
        {
            var digest = Digest<SchemaStep>.Of(Encoding.UTF8.GetBytes(step.Sql)).ToString();
            if (step.Number <= applied.Count)
            {
                if (applied[step.Number - 1] != (step.Number, digest))
                    throw new SchemaException(string.Create(CultureInfo.InvariantCulture, $"{component}: step {step.Number} was applied in another form."));
                continue;
            }
            ExecuteScript(session, transaction, step.For(database.Engine));
            session.Execute("INSERT INTO schema_steps (component, number, digest) VALUES ($1, $2, $3)", component, (long)step.Number, digest);
        }
        transaction.Commit();
    }

    private static void ExecuteScript(DatabaseSession session, DatabaseTransaction transaction, string sql)
    {
        using DbCommand command = session.Connection.CreateCommand();
        command.Transaction = transaction.Inner;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
