using System.Buffers.Binary;
using System.Text;
using Counterfoil.Client;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>The receipts of what governance does at a time: nobody sends it, so its id follows from what is due.</summary>
internal static class DueReceipts
{
    private const int Attempts = 600;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// SHA-256("cf-due\0" ‖ governance.timer ‖ 0 ‖ due, milliseconds as 8 bytes ‖ proposal, 16 bytes).
    /// <b>Source:</b> kernel.md section 2.
    /// </summary>
    public static Digest<Transaction> IdOf(string timer, Timestamp due, ProposalId proposal)
    {
        var time = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, due.UnixMilliseconds);
        return Digest<Transaction>.Of(
            "cf-due\0"u8,
            [.. Encoding.ASCII.GetBytes($"governance.{timer}\0"), .. time, .. Convert.FromHexString(proposal.ToString())]);
    }

    /// <summary>Waits until it is in a block, and verifies that this ledger's validators certified it.</summary>
    public static async Task<Outcome> WaitAsync(WalkContext context, Digest<Transaction> id)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var found = await context.Operator.Node.GetReceiptAsync(id, context.Cancellation).ConfigureAwait(false);
            if (found.TryGet(out var receipt, out _))
            {
                // Along the changes of validators, which elections and proposals make.
                var (verified, _) = await new ReceiptVerifier(context.Genesis).VerifyAsync(context.Operator.Node, receipt, context.Cancellation)
                    .ConfigureAwait(false);
                return verified?.Outcome ?? throw new WalkFailedException("a receipt is certified by this ledger's validators");
            }
            await Task.Delay(Pause, context.Cancellation).ConfigureAwait(false);
        }
        throw new WalkFailedException("due work is done");
    }
}
