using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Vault.Documents;

/// <summary>
/// Marks the digest by which a reader is listed, SHA-256(salt ‖ thumbprint of the reader's key): the list names nobody to whom the salt was
/// not told. <b>Source:</b> kernel.md section 5.
/// </summary>
public static class ReaderTag
{
    /// <summary>The length of the salt in bytes: as random as a key.</summary>
    public const int SaltBytes = 32;

    /// <summary>The tag of a reader's key.</summary>
    /// <param name="thumbprint">The RFC 7638 thumbprint of the reader's key.</param>
    /// <param name="salt">32 random bytes, told to readers together with the record's id.</param>
    /// <exception cref="ArgumentException">The salt has another length.</exception>
    public static Digest<VaultReader> Of(Digest<PublicKey> thumbprint, ReadOnlySpan<byte> salt)
    {
        if (salt.Length != SaltBytes)
            throw new ArgumentException("A reader's salt has 32 bytes.", nameof(salt));
        Span<byte> name = stackalloc byte[Digest<PublicKey>.Size];
        thumbprint.CopyTo(name);
        return Digest<VaultReader>.Of(salt, name);
    }
}

/// <summary>Marks digests that stand for readers.</summary>
public sealed class VaultReader
{
    private VaultReader()
    {
    }
}

/// <summary>A document to be kept.</summary>
/// <param name="Bytes">The bytes (a JWE, a certificate), 1 to <see cref="DocumentVault.MaximumDocumentBytes"/>.</param>
/// <param name="Readers">Who may read it, by <see cref="ReaderTag"/>; at most <see cref="DocumentVault.MaximumReaders"/>.</param>
/// <param name="RetainUntil">From then on a sweep prunes it.</param>
public sealed record VaultDocument(ReadOnlyMemory<byte> Bytes, IReadOnlyList<Digest<VaultReader>> Readers, DateTimeOffset RetainUntil)
{
    /// <summary>The record that the document belongs to, or unset.</summary>
    public Digest<VaultRecord> Record { get; init; }

    /// <summary>
    /// True for what came with a transaction that is not final: it stays until <see cref="DocumentVault.Confirm"/> or goes with
    /// <see cref="DocumentVault.RemoveOrphans"/>.
    /// </summary>
    public bool IsPending { get; init; }

    /// <summary>The digest under which it is kept: SHA-256 of the bytes.</summary>
    public Digest<VaultDocument> Digest => Digest<VaultDocument>.Of(Bytes.Span);
}

/// <summary>Marks record ids (<c>rid</c>): 32 random bytes that have the form of a digest.</summary>
public sealed class VaultRecord
{
    private VaultRecord()
    {
    }

    /// <summary>A new random record id.</summary>
    public static Digest<VaultRecord> NewId() => new(RandomNumberGenerator.GetBytes(Digest<VaultRecord>.Size));
}

/// <summary>What became of one document of a put.</summary>
/// <param name="Digest">The digest under which it is kept.</param>
/// <param name="IsNew">False if it was there before (its readers were added, its retention is the later of the two).</param>
/// <param name="Refusal">Why it is not kept; null if it is.</param>
public sealed record VaultPut(Digest<VaultDocument> Digest, bool IsNew, VaultRefusal? Refusal);

/// <summary>What a vault knows of a digest.</summary>
public enum VaultHolding
{
    /// <summary>Never seen, or removed as an orphan.</summary>
    Unknown = 1,

    /// <summary>Kept.</summary>
    Held = 2,

    /// <summary>Forgotten on request.</summary>
    Forgotten = 3,

    /// <summary>Pruned after its retention.</summary>
    Pruned = 4,
}

/// <summary>What a vault knows of a digest, and until when it keeps the document; null where it never had it.</summary>
/// <param name="Holding">Whether the document is there.</param>
/// <param name="RetainUntil">The end of retention.</param>
public sealed record VaultStatus(VaultHolding Holding, DateTimeOffset? RetainUntil);

/// <summary>A portion of an integrity check.</summary>
/// <param name="Damaged">Documents whose stored bytes are not those that were put.</param>
/// <param name="Last">Where the next portion starts after; null if this was the last.</param>
public sealed record VaultAudit(IReadOnlyList<Digest<VaultDocument>> Damaged, Digest<VaultDocument>? Last);
