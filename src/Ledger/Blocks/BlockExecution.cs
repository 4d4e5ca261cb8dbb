using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// Executes a certified block again and compares everything that it says: at the start from the own log, behind the others from theirs.
/// </summary>
internal sealed class BlockExecution(Genesis genesis, ContractSet contracts, Executor executor, Admitter admitter, int verifyingThreads = -1)
{
    private readonly BlockBuilder builder = new(genesis, contracts, executor);

    /// <summary>
    /// Checks a block's place in the chain, its certificate and its transactions; reads the state, changes nothing.
    /// </summary>
    /// <param name="tip">What it must build on.</param>
    /// <param name="block">The block, from anybody.</param>
    /// <param name="verifySignatures">True to verify the transactions' signatures once more; else they rest on the certificate.</param>
    /// <param name="known">Transactions that this node verified itself; null for none.</param>
    /// <exception cref="LedgerDamagedException">It breaks a rule, which the message names.</exception>
    public VerifiedTransaction[] Check(ChainTip tip, StoredBlock block, bool verifySignatures, Pool? known = null)
    {
        var header = block.Header;
        Require(header.Height == tip.Height + 1 && header.Net == genesis.Net && (header.Height == 1 || header.Parent == tip.Block), header, "does not follow the block before it");
        Require(header.Time > tip.Time.UnixMilliseconds, header, "is not later than the block before it");
        var validators = executor.Rules.Validators;
        Require(BlockCertificate.TryParse(block.CertificateBytes, out var certificate) && certificate.Verify(header, block.Id, validators), header, "is not certified");
        Require(
            validators.Find(header.Builder) is { } builderEntry
                && BlockRandomness.Verify(builderEntry.VrfKey, tip.Randomness, header.Height, block.VrfProof, header.Randomness),
            header, "has randomness that its builder did not prove");
        return ReadTransactions(block, verifySignatures, known);
    }

    /// <summary>Executes a checked block and leaves it open on the state, to be committed or rolled back. Called under the state's write lock.</summary>
    /// <exception cref="LedgerDamagedException">Its execution gives something else than it says; the state is as before.</exception>
    public CandidateBlock Execute(ChainTip tip, StoredBlock block, IReadOnlyList<VerifiedTransaction> transactions)
    {
        var header = block.Header;
        var candidate = builder.Build(tip, new Timestamp(header.Time), header.BuiltRound, header.Builder, new(block.VrfProof), header.Randomness, transactions);
        var same = candidate.LeftOut.Count == 0 && candidate.Leaves.Count == block.Leaves.Count;
        for (var index = 0; same && index < candidate.Leaves.Count; index++)
            same = IsSame(block.Leaves[index], candidate.Leaves[index]);
        if (same && candidate.Header == header)
            return candidate;
        contracts.State.RollbackBlock();
        throw new LedgerDamagedException(
            $"Block {header.Height} has {(same ? "a header" : "an outcome")} that its execution does not give.", header.Height);
    }

    /// <summary>
    /// True if a block holds what its certified header covers: its transactions by their ids, its outcomes. Said of a block before which there is no state.
    /// </summary>
    public bool IsContentOf(StoredBlock block)
    {
        foreach (var leaf in block.Leaves.Where(leaf => leaf.Due is null))
            if (TransactionParser.Parse(leaf.Transaction, out var transaction) is not null || transaction!.Id != leaf.Id || transaction.Payload.Net != genesis.Net)
                return false;
        var root = new MerkleFrontier();
        foreach (var leaf in block.MerkleLeaves())
            root.Append(leaf);
        return root.Root() == block.Header.TransactionsRoot
            && block.VrfProof.Length == VrfProof.Size && Ecvrf.TryOutput(new VrfProof(block.VrfProof), out var randomness) && randomness == block.Header.Randomness;
    }

    private VerifiedTransaction[] ReadTransactions(StoredBlock block, bool verifySignatures, Pool? known)
    {
        var leaves = block.Leaves.Where(leaf => leaf.Due is null).ToArray();
        var transactions = new VerifiedTransaction[leaves.Length];
        // Keys that a block's own transactions add are not active before it, so all its signatures are checked against the state before it.
        Parallel.For(0, leaves.Length, new ParallelOptions { MaxDegreeOfParallelism = verifySignatures ? verifyingThreads : 1 }, index =>
        {
            var leaf = leaves[index];
            // What is stored is what was sent: other bytes, even with the same id, are verified themselves.
            if (known is not null && known.TryGet(leaf.Id, out var entry) && leaf.Transaction.Span.SequenceEqual(entry.Transaction.Transaction.Bytes.Span))
            {
                transactions[index] = entry.Transaction;
                return;
            }
            Require(TransactionParser.Parse(leaf.Transaction, out var transaction) is null && transaction!.Id == leaf.Id && transaction.Payload.Net == genesis.Net, block.Header, "holds bytes that are not the transaction it names");
            var refusal = admitter.Reread(transaction!, verifySignatures, out var verified);
            Require(refusal is null, block.Header, $"holds a transaction that is refused as {refusal?.Code}");
            transactions[index] = verified!;
        });
        return transactions;
    }

    // The certificate covers ids and outcomes; what else a leaf says is the sender's word until it is compared.
    private static bool IsSame(StoredLeaf stored, ExecutedLeaf executed) =>
        stored.Id == executed.Id && stored.Outcome.Span.SequenceEqual(executed.Outcome.Bytes)
        && stored.Due?.Contract == executed.Due?.Contract && stored.Due?.Timer == executed.Due?.Timer && stored.Due?.Due == executed.Due?.Due
        && (stored.Due?.Id ?? default).Span.SequenceEqual((executed.Due?.Id ?? default).Span);

    private static void Require(bool holds, BlockHeader header, string fault)
    {
        if (!holds)
            throw new LedgerDamagedException($"Block {header.Height} {fault}.", header.Height);
    }
}
