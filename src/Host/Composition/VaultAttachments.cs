using System.Collections.Concurrent;
using System.Data.Common;
using Counterfoil.Ledger;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Host.Composition;

/// <summary>
/// Attachments go into the vault before their transaction goes into the pool. One writer puts all that wait
/// into one durable transaction of the database, so that many senders share an fsync.
/// </summary>
internal sealed class VaultAttachments : IAttachmentStore, IDisposable
{
    private const int DocumentsAtOnce = 512;
    private const int BytesAtOnce = 16 * 1024 * 1024;

    private readonly DocumentVault vault;
    private readonly TimeProvider clock;
    private readonly TimeSpan retention;
    private readonly BlockingCollection<Waiting> queue = new(boundedCapacity: 4_096);
    private readonly Thread writer;

    public VaultAttachments(DocumentVault vault, TimeProvider clock, TimeSpan retention)
    {
        this.vault = vault;
        this.clock = clock;
        this.retention = retention;
        writer = new Thread(Run) { IsBackground = true, Name = "counterfoil vault writer" };
        writer.Start();
    }

    /// <inheritdoc/>
    /// <exception cref="AttachmentException">The vault is full or refuses one of the documents; nothing was promised.</exception>
    public Task PutAsync(IReadOnlyList<AttachmentContent> attachments, CancellationToken cancellation)
    {
        var waiting = new Waiting(attachments);
        queue.Add(waiting, cancellation);
        return waiting.Done.Task.WaitAsync(cancellation);
    }

    public void Dispose()
    {
        queue.CompleteAdding();
        writer.Join();
        queue.Dispose();
    }

    private void Run()
    {
        var batch = new List<Waiting>();
        foreach (var first in queue.GetConsumingEnumerable())
        {
            batch.Clear();
            batch.Add(first);
            var documents = first.Attachments.Count;
            var bytes = first.Bytes;
            while (documents < DocumentsAtOnce && bytes < BytesAtOnce && queue.TryTake(out var next))
            {
                batch.Add(next);
                documents += next.Attachments.Count;
                bytes += next.Bytes;
            }
            Put(batch);
        }
    }

    private void Put(List<Waiting> batch)
    {
        var retainUntil = clock.GetUtcNow() + retention;
        IReadOnlyList<VaultPut> answers;
        try
        {
            answers = vault.Put([.. batch.SelectMany(waiting => waiting.Attachments).Select(attachment => new VaultDocument(
                attachment.Content, [.. attachment.Readers.Select(reader => reader.As<VaultReader>())], retainUntil))]);
        }
        catch (Exception fault) when (fault is DbException or IOException)
        {
            foreach (var waiting in batch)
                waiting.Done.SetException(new AttachmentException("storage_unavailable", fault));
            return;
        }
        var index = 0;
        foreach (var waiting in batch)
        {
            var refused = answers.Skip(index).Take(waiting.Attachments.Count).FirstOrDefault(answer => answer.Refusal is not null);
            index += waiting.Attachments.Count;
            if (refused is null)
                waiting.Done.SetResult();
            else
                waiting.Done.SetException(new AttachmentException(refused.Refusal!.Code, null));
        }
    }

    private sealed class Waiting(IReadOnlyList<AttachmentContent> attachments)
    {
        public IReadOnlyList<AttachmentContent> Attachments { get; } = attachments;

        public int Bytes { get; } = attachments.Sum(attachment => attachment.Content.Length);

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>Attachments that the vault did not take; the code says why.</summary>
internal sealed class AttachmentException(string code, Exception? cause) : Exception($"The vault did not take the documents: {code}.", cause)
{
    public string Code { get; } = code;
}
