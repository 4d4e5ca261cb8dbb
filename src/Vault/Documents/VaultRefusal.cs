using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Vault.Documents;

/// <summary>Why a vault or a store of originals did not do what was asked: a value with a stable snake_case code.</summary>
/// <param name="Code">The code, as it goes over HTTP.</param>
public sealed record VaultRefusal(string Code)
{
    /// <summary>There is no such document, or the asker may not read it: the same answer for both.</summary>
    public static VaultRefusal Forbidden { get; } = new("forbidden");

    /// <summary>The stored bytes are not those that were put.</summary>
    public static VaultRefusal DamagedDocument { get; } = new("damaged_document");

    /// <summary>The document's key was destroyed on request; it is not taken again.</summary>
    public static VaultRefusal Forgotten { get; } = new("forgotten");

    /// <summary>The document was pruned after its retention; it is not taken again.</summary>
    public static VaultRefusal RetentionEnded { get; } = new("retention_ended");

    /// <summary>The node itself asked for a document that it never had.</summary>
    public static VaultRefusal Absent { get; } = new("absent");

    /// <summary>The document is empty or larger than <see cref="DocumentVault.MaximumDocumentBytes"/>.</summary>
    public static VaultRefusal TooLarge { get; } = new("too_large");

    /// <summary>More readers than <see cref="DocumentVault.MaximumReaders"/>.</summary>
    public static VaultRefusal TooManyReaders { get; } = new("too_many_readers");

    /// <summary>The ciphertext is not one of the record and version that it was put as.</summary>
    public static VaultRefusal EnvelopeMismatch { get; } = new("envelope_mismatch");

    /// <summary>Another original is stored under the same record and version.</summary>
    public static VaultRefusal VersionConflict { get; } = new("version_conflict");
}

/// <summary>The answer to a read: the document's bytes or a refusal, never both.</summary>
public sealed class VaultReading
{
    private readonly byte[]? bytes;

    private VaultReading(byte[]? bytes, VaultRefusal? refusal)
    {
        this.bytes = bytes;
        Refusal = refusal;
    }

    /// <summary>Why nothing was read; null if something was.</summary>
    public VaultRefusal? Refusal { get; }

    /// <summary>The bytes that were read.</summary>
    /// <returns>False, and null, for a refusal.</returns>
    public bool TryGet([NotNullWhen(true)] out byte[]? document) => (document = bytes) is not null;

    internal static VaultReading Of(byte[] bytes) => new(bytes, null);

    internal static VaultReading Refused(VaultRefusal refusal) => new(null, refusal);
}
