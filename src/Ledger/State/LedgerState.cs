using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>
/// The state of one ledger: its typed tables, changed block by block with an undo journal, and the Merkle root over their content.
/// <para>
/// <b>The root.</b> It is a function of the content only, whatever the order of the changes that led to it. For a row of table <c>t</c> with key
/// bytes <c>k</c> and value bytes <c>v</c>, hashing by SHA-256:
/// </para>
/// <code>
/// key digest   = SHA-256(length of t in UTF-8 as 4 bytes big-endian ‖ t in UTF-8 ‖ k)
/// value digest = SHA-256(v)
/// row digest   = SHA-256("cf-row" ‖ 0x00 ‖ key digest ‖ value digest)
/// bucket       = first 16 bits of the key digest, big-endian
/// leaf         = SHA-256(0x00 ‖ row digests of the bucket, ascending by key digest)       an empty bucket: SHA-256(0x00)
/// node         = SHA-256(0x01 ‖ left ‖ right)                                             16 levels over 65,536 leaves
/// </code>
/// <para>
/// One thread changes the state; others may read it only while it does not. Checkpoints may be read by any thread at any time.
/// <b>Source:</b> RFC 9162 section 2.1.1 for leaf and node.
/// </para>
/// </summary>
public sealed class LedgerState
{
    /// <summary>The largest length of a table's name, in characters.</summary>
    public const int LargestNameLength = 80;

    // Bounds the memory that a root takes besides the tree: 72 bytes a change.
    private const int ChangesAtOnce = 1 << 20;

    private readonly List<StateTable> tables = [];
    private readonly Dictionary<string, StateTable> byName = [];
    private readonly List<int> journal = [];
    private readonly int hashingThreads;

    /// <summary>A state without tables.</summary>
    /// <param name="hashingThreads">The largest number of threads that hash a root, at least 1; the machine's processors by default.</param>
    public LedgerState(int? hashingThreads = null)
    {
        this.hashingThreads = hashingThreads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(this.hashingThreads, 1, nameof(hashingThreads));
    }

    /// <summary>The height of the open block, else of the last committed one; 0 before the first.</summary>
    public long Height { get; private set; }

    /// <summary>True between <see cref="BeginBlock"/> and its commit or rollback.</summary>
    public bool IsBlockOpen { get; private set; }

    /// <summary>The tree as of the last call of <see cref="Root"/>.</summary>
    public StateCheckpoint Checkpoint { get; private set; } = StateCheckpoint.Empty;

    /// <summary>The tables in the order of their definition; a history table stands here as two.</summary>
    public IReadOnlyList<StateTable> Tables => tables;

    private long CommittedHeight { get; set; }

    /// <summary>Defines a table.</summary>
    /// <param name="name">Unique in the ledger: 1 to 80 of a–z, 0–9, '.', '-', '_'.</param>
    /// <param name="ordered">True if the table is to be read in key order.</param>
    public Table<TKey, TRow> Define<TKey, TRow>(string name, bool ordered = false)
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow>
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > LargestNameLength || name.Any(letter => !char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter) && !".-_".Contains(letter, StringComparison.Ordinal)))
            throw new ArgumentException($"A table's name is 1 to {LargestNameLength} of a-z, 0-9, '.', '-', '_'.", nameof(name));
        return Add<TKey, TRow>(name, ordered);
    }

    /// <summary>Defines a table that can be read as of a past height.</summary>
    /// <param name="name">Unique in the ledger: 1 to 80 of a–z, 0–9, '.', '-', '_'.</param>
    /// <param name="ordered">True if its present rows are to be read in key order.</param>
    public HistoryTable<TKey, TRow> DefineHistory<TKey, TRow>(string name, bool ordered = false)
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow>
    {
        var current = Define<TKey, CurrentVersion<TRow>>(name, ordered);
        return new HistoryTable<TKey, TRow>(this, current, Add<VersionKey<TKey>, PastVersion<TRow>>(name + "/past", ordered: false));
    }

    /// <summary>Opens a block; only then can tables be written.</summary>
    /// <param name="height">Above the last committed height.</param>
    public void BeginBlock(long height)
    {
        RequireClosedBlock();
        if (height <= CommittedHeight && CommittedHeight != 0)
            throw new ArgumentOutOfRangeException(nameof(height), height, $"Block {CommittedHeight} is committed already.");
        Height = height;
        IsBlockOpen = true;
    }

    /// <summary>Keeps the open block's changes.</summary>
    public void CommitBlock()
    {
        RequireOpenBlock();
        foreach (var table in tables)
            table.ForgetUndo();
        journal.Clear();
        CommittedHeight = Height;
        IsBlockOpen = false;
    }

    /// <summary>Takes all of the open block's changes back.</summary>
    public void RollbackBlock()
    {
        RollbackTo(0);
        Height = CommittedHeight;
        IsBlockOpen = false;
    }

    /// <summary>
    /// Takes all of the open block's changes back and keeps them: a block that others have yet to agree on is executed once and seen by nobody before.
    /// </summary>
    internal DetachedBlock DetachBlock()
    {
        RequireOpenBlock();
        var changes = new IRowRedo[journal.Count];
        for (var last = journal.Count - 1; last >= 0; last--)
            changes[last] = tables[journal[last]].DetachLast();
        journal.Clear();
        var detached = new DetachedBlock(Height, CommittedHeight, changes);
        Height = CommittedHeight;
        IsBlockOpen = false;
        return detached;
    }

    /// <summary>Opens the block again with the changes that it had.</summary>
    /// <exception cref="InvalidOperationException">Another block was committed since: a fault.</exception>
    internal void AttachBlock(DetachedBlock detached)
    {
        if (detached.On != CommittedHeight)
            throw new InvalidOperationException($"Block {detached.Height} was executed on another state.");
        BeginBlock(detached.Height);
        foreach (var change in detached.Changes)
            change.Apply();
    }

    /// <summary>Marks a place in the open block that <see cref="RollbackTo"/> can return to. Costs nothing and needs no release.</summary>
    public int Savepoint()
    {
        RequireOpenBlock();
        return journal.Count;
    }

    /// <summary>
    /// The rows that were set or removed after the savepoint, each once, in order: what a dry run wrote. A row that was given the value it
    /// had is among them.
    /// </summary>
    internal IReadOnlyList<RowName> RowsWrittenSince(int savepoint)
    {
        RequireOpenBlock();
        var counts = new int[tables.Count];
        for (var at = savepoint; at < journal.Count; at++)
            counts[journal[at]]++;
        var rows = new SortedSet<RowName>();
        for (var table = 0; table < counts.Length; table++)
            if (counts[table] > 0)
                rows.UnionWith(tables[table].LastWritten(counts[table]));
        return [.. rows];
    }

    /// <summary>The digest of the value of a row that is known by name.</summary>
    /// <param name="row">The name.</param>
    /// <param name="value">The digest of the value's bytes, as under the root; unset if there is no such row.</param>
    /// <returns>False if there is no such table, or the bytes are no key of it.</returns>
    internal bool TryDigestRow(RowName row, out Digest<StateValue> value)
    {
        value = default;
        return byName.TryGetValue(row.Table, out var table) && table.TryDigestRow(row.Key, out value);
    }

    /// <summary>Takes back what was changed after the savepoint. Savepoints made after it are void then.</summary>
    public void RollbackTo(int savepoint)
    {
        RequireOpenBlock();
        ArgumentOutOfRangeException.ThrowIfNegative(savepoint);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(savepoint, journal.Count);
        for (var last = journal.Count - 1; last >= savepoint; last--)
            tables[journal[last]].UndoLast();
        journal.RemoveRange(savepoint, journal.Count - savepoint);
    }

    /// <summary>
    /// The root over the present content, an open block's changes included, and the new <see cref="Checkpoint"/>. Hashes only what changed since
    /// the last call; the number of threads does not show in the result.
    /// </summary>
    public Digest<LedgerState> Root()
    {
        var changes = new RowChange[(int)Math.Min(ChangesAtOnce, tables.Sum(table => (long)table.ChangedCount))];
        var tree = Checkpoint;
        var filled = 0;
        foreach (var table in tables)
        {
            for (var done = 0; done < table.ChangedCount;)
            {
                var portion = changes.AsMemory(filled, Math.Min(changes.Length - filled, table.ChangedCount - done));
                var offset = done;
                StateCheckpoint.Portions(portion.Length, hashingThreads, (from, to) =>
                    table.HashChanges(offset + from, portion.Span[from..to]));
                done += portion.Length;
                filled += portion.Length;
                if (filled == changes.Length)
                {
                    tree = tree.With(changes, hashingThreads);
                    filled = 0;
                }
            }
        }
        tree = tree.With(changes[..filled], hashingThreads);
        foreach (var table in tables)
            table.ForgetChanges();
        Checkpoint = tree;
        return tree.Root;
    }

    /// <summary>A bucket's rows and path as of the last call of <see cref="Root"/>, whatever was changed since.</summary>
    /// <param name="bucket">0 to 65,535.</param>
    public BucketProof Prove(int bucket) => Checkpoint.Prove(bucket);

    /// <summary>
    /// Writes all tables: the same content gives the same bytes. <c>"cf-state"</c>, version as UInt16, number of tables that have rows as UInt32; for each, by
    /// name: its name as Text, its number of rows as UInt32 and, by key, key length and value length as UInt32, key, value; at the end the
    /// SHA-256 of all before it. Numbers and Text as <see cref="StateWriter"/> writes them.
    /// </summary>
    /// <exception cref="InvalidOperationException">A block is open: a fault.</exception>
    public void WriteSnapshot(Stream stream)
    {
        RequireClosedBlock();
        _ = WriteTables(stream, table => table.Count > 0);
    }

    /// <summary>
    /// SHA-256 over the content of all tables but some, in the form of <see cref="WriteSnapshot"/>: tells whether anything changed between two moments.
    /// </summary>
    /// <param name="excluded">The names of the tables that are left out.</param>
    /// <exception cref="InvalidOperationException">A block is open: a fault.</exception>
    public Digest<LedgerState> ContentDigest(params IReadOnlyCollection<string> excluded)
    {
        RequireClosedBlock();
        return new Digest<LedgerState>(WriteTables(Stream.Null, table => table.Count > 0 && !excluded.Contains(table.Name)));
    }

    private byte[] WriteTables(Stream stream, Func<StateTable, bool> isWritten)
    {
        using var snapshot = new SnapshotWriter(stream);
        var written = tables.Where(isWritten).OrderBy(table => table.Name, StringComparer.Ordinal).ToList();
        snapshot.Header(written.Count);
        foreach (var table in written)
        {
            snapshot.Table(table.Name, table.Count);
            table.WriteRows(snapshot);
        }
        return snapshot.End();
    }

    /// <summary>
    /// Reads all tables from a snapshot into this state, which must have its tables defined and no rows. Only the form is verified: compare
    /// <see cref="Root"/> with a certified checkpoint root before use.
    /// </summary>
    /// <param name="stream">The snapshot and nothing after it.</param>
    /// <param name="height">The height that the snapshot was taken after.</param>
    /// <exception cref="SnapshotException">The snapshot cannot be used; the state is left without rows.</exception>
    /// <exception cref="InvalidOperationException">A block is open or there are rows: a fault.</exception>
    public void ReadSnapshot(Stream stream, long height = 0)
    {
        RequireClosedBlock();
        if (tables.Any(table => table.Count > 0))
            throw new InvalidOperationException("A snapshot is read into a state without rows.");
        Clear();
        var isComplete = false;
        try
        {
            ReadTables(stream);
            Height = CommittedHeight = height;
            isComplete = true;
        }
        finally
        {
            if (!isComplete)
                Clear();
        }
    }

    /// <summary>Forgets all rows: the state is about to be read from elsewhere.</summary>
    internal void Reset()
    {
        RequireClosedBlock();
        Clear();
        Height = CommittedHeight = 0;
    }

    private void ReadTables(Stream stream)
    {
        using var snapshot = new SnapshotReader(stream);
        var previous = "";
        string? unknown = null;
        for (var left = snapshot.Header(); left > 0; left--)
        {
            var (name, rowCount) = snapshot.Table();
            if (string.CompareOrdinal(name, previous) <= 0 || rowCount == 0)
                throw SnapshotException.Damaged("its tables are out of order");
            if (byName.TryGetValue(name, out var table))
                table.ReadRows(snapshot, rowCount);
            else
                snapshot.SkipRows(rowCount);
            unknown ??= table is null ? name : null;
            previous = name;
        }
        // Only bytes that are as they were written say anything about the software that wrote them.
        snapshot.End();
        if (unknown is not null)
            throw SnapshotException.UnknownTable(unknown);
    }

    private void Clear()
    {
        foreach (var table in tables)
            table.Clear();
        Checkpoint = StateCheckpoint.Empty;
    }

    private void RequireClosedBlock()
    {
        if (IsBlockOpen)
            throw new InvalidOperationException($"Block {Height} is still open.");
    }

    internal void RequireOpenBlock()
    {
        if (!IsBlockOpen)
            throw new InvalidOperationException("The state is written inside a block only.");
    }

    internal void Journal(int table)
    {
        RequireOpenBlock();
        journal.Add(table);
    }

    private Table<TKey, TRow> Add<TKey, TRow>(string name, bool ordered)
        where TKey : struct, IStateKey<TKey>
        where TRow : IStateRow<TRow>
    {
        var table = new Table<TKey, TRow>(this, tables.Count, name, ordered);
        if (!byName.TryAdd(name, table))
            throw new InvalidOperationException($"The table {name} is defined twice.");
        tables.Add(table);
        return table;
    }
}

/// <summary>The changes of a block that is executed and not committed.</summary>
internal sealed record DetachedBlock(long Height, long On, IReadOnlyList<IRowRedo> Changes);
