using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Client;

/// <summary>What nodes show for one height.</summary>
/// <param name="Height">The height.</param>
/// <param name="Blocks">The block of each node that has one, by the node's address.</param>
/// <param name="Uncertified">The nodes whose block is not certified.</param>
/// <param name="Absent">The nodes that have no block of that height, or did not answer.</param>
public sealed record WitnessedHeight(
    long Height, IReadOnlyDictionary<Uri, NodeBlock> Blocks, IReadOnlyList<Uri> Uncertified, IReadOnlyList<Uri> Absent)
{
    /// <summary>
    /// True if two nodes show different blocks, both certified: proof that more than a third of the validators' weight signed twice. The two blocks
    /// are the evidence.
    /// </summary>
    public bool IsForked => Blocks.Where(block => !Uncertified.Contains(block.Key)).Select(block => block.Value.Id).Distinct().Count() > 1;

    /// <summary>The certified block of all nodes that answered; unset if they differ or none has one.</summary>
    public Digest<Block> Agreed
    {
        get
        {
            var ids = Blocks.Where(block => !Uncertified.Contains(block.Key)).Select(block => block.Value.Id).Distinct().ToList();
            return ids.Count == 1 ? ids[0] : default;
        }
    }
}

/// <summary>Compares what several nodes show for the same height: whoever asks several cannot be shown a ledger of his own.</summary>
public static class BlockWitness
{
    /// <summary>Asks all nodes for a height at the same time.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="verifier">The ledger and its validators, whose changes it fetches from the nodes.</param>
    /// <param name="height">The height, from 1.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static async Task<WitnessedHeight> CompareAsync(
        IReadOnlyList<NodeClient> nodes, ReceiptVerifier verifier, long height, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        var answers = await Task.WhenAll(nodes.Select(node => FindAsync(node, height, cancellation))).ConfigureAwait(false);
        var blocks = new Dictionary<Uri, NodeBlock>();
        List<Uri> uncertified = [], absent = [];
        for (var index = 0; index < nodes.Count; index++)
        {
            var address = nodes[index].Address;
            if (answers[index] is not { } block)
            {
                absent.Add(address);
                continue;
            }
            blocks[address] = block;
            if (block.Header.Height != height || !await IsCertifiedAsync(nodes[index], block).ConfigureAwait(false))
                uncertified.Add(address);
        }
        return new WitnessedHeight(height, blocks, uncertified, absent);

        async Task<bool> IsCertifiedAsync(NodeClient node, NodeBlock block)
        {
            try
            {
                return await verifier.IsCertifiedAsync(node, block, cancellation).ConfigureAwait(false);
            }
            catch (NodeFaultException)
            {
                // A node that shows a block and not the validators who certified it has shown nothing certified.
                return false;
            }
        }
    }

    private static async Task<NodeBlock?> FindAsync(NodeClient node, long height, CancellationToken cancellation)
    {
        try
        {
            return (await node.GetBlockAsync(height, cancellation).ConfigureAwait(false)).TryGet(out var block, out _) ? block : null;
        }
        catch (NodeFaultException)
        {
            // A node that does not answer says nothing either way.
            return null;
        }
    }
}
