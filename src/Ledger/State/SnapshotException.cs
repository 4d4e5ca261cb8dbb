namespace Counterfoil.Ledger.State;

/// <summary>
/// A snapshot that cannot be used. Its <see cref="Code"/> is <c>damaged_snapshot</c> (bytes cut off, changed or left over), <c>unknown_snapshot_version</c>
/// or <c>unknown_table</c> (made by software with other contracts).
/// </summary>
public sealed class SnapshotException : Exception
{
    private SnapshotException(string code, string message, Exception? cause = null) : base(message, cause) => Code = code;

    /// <summary>The stable code.</summary>
    public string Code { get; }

    internal static SnapshotException Damaged(string what, Exception? cause = null) =>
        new("damaged_snapshot", $"The snapshot is damaged: {what}.", cause);

    internal static SnapshotException UnknownVersion(int version) =>
        new("unknown_snapshot_version", $"The snapshot has version {version}.");

    internal static SnapshotException UnknownTable(string table) =>
        new("unknown_table", $"The snapshot has a table {table} that is not defined here.");
}
