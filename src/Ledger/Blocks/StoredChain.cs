using System.Diagnostics.CodeAnalysis;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Ledger.Blocks;

/// <summary>The certified blocks of a ledger's disk, read without a node; for tools.</summary>
public sealed class StoredChain : IDisposable
{
    private readonly Chain chain;

    private StoredChain(IDisk disk) => chain = new Chain(disk);

    /// <summary>The first height that is there: 1, unless the ledger began from a snapshot of others.</summary>
    public long FirstHeight => chain.FirstHeight;

    /// <summary>The last height.</summary>
    public long Height => chain.Height;

    /// <summary>Opens the blocks of a disk.</summary>
    /// <exception cref="LogDamagedException">Bytes that were durable are missing or changed.</exception>
    public static StoredChain Open(IDisk disk) => new(disk);

    /// <summary>Reads the block of a height.</summary>
    /// <returns>False if it is not there.</returns>
    public bool TryRead(long height, [NotNullWhen(true)] out StoredBlock? block) => chain.TryRead(height, out block);

    /// <inheritdoc/>
    public void Dispose() => chain.Dispose();
}
