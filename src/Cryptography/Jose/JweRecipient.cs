namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// One recipient of a JWE as it was read: its header (with what all recipients share) and its wrapped content
/// key.
/// </summary>
public sealed class JweRecipient
{
    internal JweRecipient(JoseHeader header, byte[] encryptedKey)
    {
        Header = header;
        EncryptedKey = encryptedKey;
    }

    /// <summary>The header: protected, shared and own parts together.</summary>
    public JoseHeader Header { get; }

    /// <summary>The wrapped content key; empty where the key is agreed or shared directly.</summary>
    public ReadOnlyMemory<byte> EncryptedKey { get; }
}
