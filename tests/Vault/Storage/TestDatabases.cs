using Counterfoil.Testing;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Tests.Storage;

/// <summary>A file as the engine wrote it.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="IsServerLog">True for PostgreSQL's write-ahead log.</param>
public sealed record RawFile(string Path, byte[] Bytes, bool IsServerLog);

/// <summary>A fresh database for one test, of either engine.</summary>
public abstract class TestDatabase : IDisposable
{
    /// <summary>The line that opens it.</summary>
    public abstract string Line { get; }

    /// <summary>All bytes that the engine has written for it, for leak hunts.</summary>
    public abstract IEnumerable<RawFile> RawFiles();

    public Database Open(DatabaseOptions? options = null) => Database.Open(Line, options);

    public abstract void Dispose();
}

public sealed class SqliteTestDatabase : TestDatabase
{
    private readonly TemporaryFolder folder = new();

    public override string Line => $"sqlite:{folder.File("data/test.db")}";

    public override IEnumerable<RawFile> RawFiles() =>
        Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Select(path => new RawFile(path, ReadShared(path), false));

    public override void Dispose() => folder.Dispose();

    // SQLite holds locks on its files; reading beside them is fine.
    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}

public sealed class PostgreSqlTestDatabase : TestDatabase
{
    public override string Line { get; } = PostgreSqlServer.CreateDatabase();

    public override IEnumerable<RawFile> RawFiles()
    {
        foreach (var path in PostgreSqlServer.DataFiles())
        {
            byte[] bytes;
            try
            {
                bytes = File.ReadAllBytes(path);
            }
            catch (FileNotFoundException)
            {
                // Dropped since it was listed, as a rewritten table's old file is: nothing of it is left to find.
                continue;
            }
            yield return new RawFile(path, bytes, path.Contains("/pg_wal/", StringComparison.Ordinal));
        }
    }

    public override void Dispose()
    {
        // The server and all its databases go with the process.
    }
}
