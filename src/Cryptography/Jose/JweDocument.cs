namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// A JWE as it was read from any of its serialisations: well formed, its content encryption offered, but
/// nothing opened yet. <b>Source:</b> RFC 7516 section 7.
/// </summary>
public sealed class JweDocument
{
    /// <summary>The most recipients that are read and written.</summary>
    public const int MaximumRecipients = 256;

    internal JweDocument(
        IReadOnlyList<JweRecipient> recipients, ContentEncryption encryption, byte[] associatedData,
        byte[] iv, byte[] ciphertext, byte[] tag)
    {
        Recipients = recipients;
        Encryption = encryption;
        AssociatedData = associatedData;
        Iv = iv;
        Ciphertext = ciphertext;
        Tag = tag;
    }

    /// <summary>The recipients in the order of the text.</summary>
    public IReadOnlyList<JweRecipient> Recipients { get; }

    /// <summary>The content encryption.</summary>
    public ContentEncryption Encryption { get; }

    /// <summary>
    /// What the tag covers beside the content: the protected header and <c>aad</c>, as they were encoded.
    /// </summary>
    public ReadOnlyMemory<byte> AssociatedData { get; }

    /// <summary>The initialisation vector.</summary>
    public ReadOnlyMemory<byte> Iv { get; }

    /// <summary>The ciphertext.</summary>
    public ReadOnlyMemory<byte> Ciphertext { get; }

    /// <summary>The tag.</summary>
    public ReadOnlyMemory<byte> Tag { get; }
}
