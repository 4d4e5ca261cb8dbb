namespace Counterfoil.Vault.Storage;

/// <summary>The database engines that <see cref="Database"/> knows.</summary>
public enum DatabaseEngine
{
    /// <summary>SQLite in this process: one file, the default.</summary>
    Sqlite = 1,

    /// <summary>A PostgreSQL server, for more than one machine.</summary>
    PostgreSql = 2,
}

/// <summary>What a commit promises when the machine loses power.</summary>
public enum Durability
{
    /// <summary>A committed transaction survives: SQLite <c>synchronous=FULL</c>, PostgreSQL <c>synchronous_commit=on</c>.</summary>
    Full = 1,

    /// <summary>
    /// The last transactions may be lost, none is torn: for data that can be rebuilt from elsewhere.
    /// SQLite <c>synchronous=NORMAL</c>, PostgreSQL <c>synchronous_commit=off</c>.
    /// </summary>
    Rebuildable = 2,
}

/// <summary>How a <see cref="Database"/> is opened.</summary>
public sealed record DatabaseOptions
{
    /// <summary>What a commit promises; <see cref="Durability.Full"/> unless told.</summary>
    public Durability Durability { get; init; } = Durability.Full;

    /// <summary>How long a statement waits for a lock, in seconds, 1 to 600; 30 unless told.</summary>
    public int LockTimeoutSeconds { get; init; } = 30;

    /// <summary>
    /// How much of a SQLite file each session keeps in memory, in MiB, 1 to 1,024; 2 unless told. Indices over random keys that outgrow it are read
    /// again for every change.
    /// </summary>
    public int CacheMebibytes { get; init; } = 2;

    /// <summary>How many idle sessions are kept open for reuse, 0 to 1,000; 16 unless told.</summary>
    public int MaximumIdleSessions { get; init; } = 16;
}
