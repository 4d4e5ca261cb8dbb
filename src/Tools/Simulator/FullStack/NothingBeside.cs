using Counterfoil.Ledger;

namespace Counterfoil.Simulator.FullStack;

/// <summary>No documents travel in the world.</summary>
internal sealed class NothingBeside : IAttachmentStore
{
    public static NothingBeside Instance { get; } = new();

    public Task PutAsync(IReadOnlyList<AttachmentContent> attachments, CancellationToken cancellation) => Task.CompletedTask;
}
