using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>A submission as bytes, in the admission journal and between nodes: transaction Bytes, number of attachments UInt32, attachments; an attachment:
/// digest, content Bytes, number of readers UInt32, readers.</summary>
internal static class SubmissionBytes
{
    private const int LargestList = 65_536;

    public static void Write(ref StateWriter writer, Submission submission)
    {
        writer.Bytes(submission.Transaction.Span);
        writer.UInt32((uint)submission.Attachments.Count);
        foreach (var attachment in submission.Attachments)
        {
            writer.Digest(attachment.Digest);
            writer.Bytes(attachment.Content.Span);
            writer.UInt32((uint)attachment.Readers.Count);
            foreach (var reader in attachment.Readers)
                writer.Digest(reader);
        }
    }

    /// <exception cref="StateFormatException">The bytes are no submission.</exception>
    public static Submission Read(ref StateReader reader)
    {
        var transaction = reader.Bytes().ToArray();
        var attachments = new AttachmentContent[Count(ref reader)];
        for (var i = 0; i < attachments.Length; i++)
        {
            var digest = reader.Digest<Attachment>();
            var content = reader.Bytes().ToArray();
            var readers = new Cryptography.Digest<DocumentReader>[Count(ref reader)];
            for (var j = 0; j < readers.Length; j++)
                readers[j] = reader.Digest<DocumentReader>();
            attachments[i] = new AttachmentContent(digest, content, readers);
        }
        return new Submission(transaction, attachments);
    }

    private static uint Count(ref StateReader reader)
    {
        var count = reader.UInt32();
        return count <= LargestList && count <= reader.Remaining ? count : throw new StateFormatException("A list is longer than it may be.");
    }
}
