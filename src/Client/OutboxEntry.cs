using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client;

/// <summary>An order to the ledger, by a name that its sender chooses: the same name is the same order, sent once.</summary>
/// <param name="Key">The sender's name for the order, 1 to 200 characters; such as <c>session-7/close</c>.</param>
/// <param name="Action"><c>contract.action</c>.</param>
/// <param name="Argument">The action's JSON object, UTF-8.</param>
/// <param name="Attachments">The documents that travel with it; none for most.</param>
public sealed record OutboxOrder(string Key, string Action, ReadOnlyMemory<byte> Argument, IReadOnlyList<AttachmentContent> Attachments)
{
    /// <summary>The longest name of an order, in characters.</summary>
    public const int MaximumKeyLength = 200;

    /// <summary>An order without attachments.</summary>
    public static OutboxOrder Of(string key, string action, ReadOnlyMemory<byte> argument) => new(key, action, argument, []);
}

/// <summary>What became of an order.</summary>
/// <param name="Key">The sender's name for it.</param>
/// <param name="Transaction">The transaction that became final or was refused; one of several if it had to be signed anew.</param>
/// <param name="Answer">The node's answer.</param>
public sealed record OutboxResult(string Key, Digest<Transaction> Transaction, SubmissionAnswer Answer);

/// <summary>The same name was used for another order.</summary>
public sealed class OutboxConflictException(string key) : Exception($"The order '{key}' was given before with other content.")
{
    /// <summary>The name.</summary>
    public string Key { get; } = key;
}

/// <summary>A journalled order as it lies in the database.</summary>
internal sealed record OutboxRow(
    string Key, string Action, byte[] Argument, byte[] Attachments, byte[] Transaction, Digest<Transaction> Id, long ExpiresSeconds, bool IsUncertain)
{
    /// <summary>Attachments in the layout of <see cref="StateWriter"/>: for each its content and its readers.</summary>
    public static byte[] Write(IReadOnlyList<AttachmentContent> attachments)
    {
        var writer = new StateWriter(stackalloc byte[256]);
        try
        {
            writer.UInt32((uint)attachments.Count);
            foreach (var attachment in attachments)
            {
                writer.Bytes(attachment.Content.Span);
                writer.UInt32((uint)attachment.Readers.Count);
                foreach (var reader in attachment.Readers)
                    writer.Digest(reader);
            }
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static IReadOnlyList<AttachmentContent> Read(byte[] bytes)
    {
        var reader = new StateReader(bytes);
        var attachments = new AttachmentContent[reader.UInt32()];
        for (var index = 0; index < attachments.Length; index++)
        {
            var content = reader.Bytes().ToArray();
            var readers = new Digest<DocumentReader>[reader.UInt32()];
            for (var position = 0; position < readers.Length; position++)
                readers[position] = reader.Digest<DocumentReader>();
            attachments[index] = new AttachmentContent(Digest<Attachment>.Of(content), content, readers);
        }
        reader.End();
        return attachments;
    }
}
