using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Simulator.FullStack;

/// <summary>Where past transactions stand, as the read model keeps it; it follows the node and is kept over restarts.</summary>
internal sealed class NodeIndex : ITransactionIndex
{
    private readonly Dictionary<Digest<Transaction>, TransactionPosition> positions = [];

    public long Height { get; private set; }

    public TransactionPosition? Find(Digest<Transaction> id) => positions.TryGetValue(id, out var position) ? position : null;

    public void Add(StoredBlock block)
    {
        for (var index = 0; index < block.Leaves.Count; index++)
            positions[block.Leaves[index].Id] = new TransactionPosition(block.Header.Height, index);
        Height = block.Header.Height;
    }
}
