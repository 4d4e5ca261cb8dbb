using Counterfoil.Contracts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Host.Cli;

/// <summary>A ledger as it lies in a home folder, read without a node; nothing is written.</summary>
internal sealed class StoredLedger : IDisposable
{
    private readonly StoredChain chain;

    private StoredLedger(Genesis genesis, IDisk disk)
    {
        Genesis = genesis;
        Disk = disk;
        chain = StoredChain.Open(disk);
    }

    public Genesis Genesis { get; }

    public IDisk Disk { get; }

    /// <summary>1, unless the ledger began from a snapshot of others.</summary>
    public long FirstHeight => chain.FirstHeight;

    public long Height => chain.Height;

    /// <exception cref="CliException"><c>no_ledger</c>: nothing of a ledger is there.</exception>
    public static StoredLedger Open(string home)
    {
        var (genesis, disk) = Find(home);
        return new StoredLedger(genesis, disk);
    }

    /// <summary>The genesis document and the blocks' folder of a home.</summary>
    public static (Genesis Genesis, IDisk Disk) Find(string home)
    {
        var genesis = Path.Combine(home, "genesis.json");
        var blocks = Path.Combine(home, "ledger");
        if (!File.Exists(genesis) || !Directory.Exists(blocks) || !Directory.EnumerateFiles(blocks, "blocks-*").Any())
            throw new CliException("no_ledger", $"There is no ledger in {home}.");
        return (Genesis.Parse(File.ReadAllBytes(genesis)), new ReadOnlyDisk(blocks));
    }

    /// <summary>The contracts that a ledger of this program is executed with, with an empty state.</summary>
    public static ContractSet CreateContracts(Genesis genesis)
    {
        var kernel = new KernelContracts();
        return new ContractSet(
            kernel.Accounts, [.. kernel.All, .. BuiltSchemes.Create().SelectMany(scheme => scheme.CreateContracts(kernel.All))]);
    }

    /// <summary>The changes of validators, read out of all blocks.</summary>
    public IEnumerable<ValidatorChange> ReadValidatorChanges(CancellationToken cancellation)
    {
        for (var height = FirstHeight; height <= Height; height++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (ValidatorChange.Of(Read(height)) is { } change)
                yield return change;
        }
    }

    /// <summary>The validators of every height that a header is of; blocks are read only where those of genesis do not do.</summary>
    public TrustedValidators TrustedFor(BlockHeader header, CancellationToken cancellation)
    {
        var trusted = new TrustedValidators(Genesis);
        if (header.Validators == Genesis.Validators.Digest)
            return trusted;
        foreach (var change in ReadValidatorChanges(cancellation))
            if (trusted.Advance(change) is { } refusal)
                throw new CliException("ledger_damaged", $"The validators cannot be followed: {refusal.Meaning}");
        return trusted;
    }

    /// <exception cref="CliException"><c>unknown_block</c>: it is not here.</exception>
    public StoredBlock Read(long height) => chain.TryRead(height, out var block)
        ? block
        : throw new CliException("unknown_block", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Block {height} is not here; there are {FirstHeight} to {Height}."));

    public void Dispose() => chain.Dispose();
}
