namespace Counterfoil.Host.Composition;

/// <summary>
/// Where a node keeps what it keeps: one folder of mode 0700, used by one process at a time.
/// </summary>
public sealed class NodeHome : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream claim;

    private NodeHome(string folder, FileStream claim)
    {
        Folder = folder;
        this.claim = claim;
    }

    /// <summary>The folder, full path.</summary>
    public string Folder { get; }

    /// <summary>The configuration file.</summary>
    public string Configuration => Path.Combine(Folder, "config.json");

    /// <summary>The genesis document.</summary>
    public string Genesis => Path.Combine(Folder, "genesis.json");

    /// <summary>The nodes that this one begins with.</summary>
    public string Peers => Path.Combine(Folder, "peers.json");

    /// <summary>What proves that a validator contradicted itself.</summary>
    public string Evidence => Path.Combine(Folder, "evidence");

    /// <summary>The node's own keys.</summary>
    public string Keys => Path.Combine(Folder, "keys");

    /// <summary>Blocks, journal and snapshots.</summary>
    public string Ledger => Path.Combine(Folder, "ledger");

    /// <summary>How far a sandbox's clock is from real time.</summary>
    public string SandboxClock => Path.Combine(Folder, "sandbox-clock");

    /// <summary>The connection line of the vault where no other database is configured.</summary>
    public string VaultDatabase => "sqlite:" + Path.Combine(Folder, "vault.db");

    /// <summary>The connection line of the read model where no other database is configured.</summary>
    public string ReadModelDatabase => "sqlite:" + Path.Combine(Folder, "read-model.db");

    /// <summary>The folder of a role.</summary>
    public string Role(string name) => Directory.CreateDirectory(Path.Combine(Folder, "roles", name), OwnerOnly).FullName;

    /// <summary>Takes the folder for this process; makes it if it is not there.</summary>
    /// <exception cref="NodeStartException"><c>home_in_use</c> or <c>home_unusable</c>.</exception>
    public static NodeHome Claim(string folder)
    {
        var full = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(full, OwnerOnly);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException("home_unusable", $"The folder {full} cannot be made or used.", fault);
        }
        try
        {
            return new NodeHome(full, new FileStream(Path.Combine(full, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException("home_in_use", $"Another process uses the folder {full}.", fault);
        }
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose() => claim.Dispose();
}

/// <summary>
/// A node that cannot start as it is configured; the code is stable, the message for people.
/// </summary>
public sealed class NodeStartException(string code, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Stable, snake_case.</summary>
    public string Code { get; } = code;
}
