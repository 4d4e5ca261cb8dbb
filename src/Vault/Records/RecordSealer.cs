using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Vault.Records;

/// <summary>A ciphertext and what the anchor says of it.</summary>
/// <param name="Bytes">The JWE, in the general serialisation.</param>
/// <param name="CtLen">The decoded length of its <c>ciphertext</c> member in bytes.</param>
public sealed record SealedRecord(ReadOnlyMemory<byte> Bytes, int CtLen)
{
    /// <summary>SHA-256 of the JWE.</summary>
    public Digest<VaultDocument> CtDigest { get; } = Digest<VaultDocument>.Of(Bytes.Span);
}

/// <summary>Encrypts signed originals to their recipients. The signature is inside, so whoever opens it holds the author's word.</summary>
public static class RecordSealer
{
    /// <summary>
    /// The ciphertext of a signed original. Refusal: <c>too_large</c> where it does not fit the size, or the JWE exceeds an attachment.
    /// </summary>
    /// <param name="signed">The signed original.</param>
    /// <param name="recipients">The recipients' encryption keys, 1 to 64; each is wrapped to by an ephemeral key of its own.</param>
    /// <param name="padding">How far it is filled up.</param>
    public static RecordResult<SealedRecord> Seal(SignedRecord signed, IReadOnlyList<PublicKey> recipients, RecordPadding padding)
    {
        ArgumentNullException.ThrowIfNull(signed);
        ArgumentNullException.ThrowIfNull(recipients);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(recipients.Count, RecordOriginal.MaximumAudience);
        if (RecordEnvelope.Pad(signed.Bytes.Span, padding) is not { } plain)
            return RecordRefusal.TooLarge;
        try
        {
            var original = signed.Original;
            var bytes = Jwe.Encrypt(plain, [.. recipients.Select(key => new RecipientKey(key))], new JweOptions
            {
                ExtraHeader = writer =>
                {
                    writer.WriteString("rid", original.Rid.ToString());
                    writer.WriteString("rtype", original.Rtype);
                    writer.WriteNumber("ver", original.Ver);
                },
            });
            return bytes.Length <= RecordEnvelope.MaximumBytes ? new SealedRecord(bytes, plain.Length) : RecordRefusal.TooLarge;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}
