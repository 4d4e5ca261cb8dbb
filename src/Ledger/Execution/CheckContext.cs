using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Execution;

/// <summary>What a stateless check may read: the transaction itself and its attachments, no state and no time.</summary>
public sealed class CheckContext
{
    private readonly IReadOnlyDictionary<Digest<Attachment>, ReadOnlyMemory<byte>> attachments;

    internal CheckContext(Transaction transaction, IReadOnlyDictionary<Digest<Attachment>, ReadOnlyMemory<byte>> attachments)
    {
        Payload = transaction.Payload;
        this.attachments = attachments;
    }

    /// <summary>The transaction's payload.</summary>
    public TransactionPayload Payload { get; }

    /// <summary>The ledger that the transaction names; admission has compared it.</summary>
    public Digest<Net> Net => Payload.Net;

    /// <summary>A document that travels with the transaction, verified to have that digest.</summary>
    /// <exception cref="InvalidOperationException">The action did not name it among its attachments.</exception>
    public ReadOnlyMemory<byte> Attachment(Digest<Attachment> digest) =>
        attachments.TryGetValue(digest, out var bytes) ? bytes : throw new InvalidOperationException("The action names no such attachment.");
}
