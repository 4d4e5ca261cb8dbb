using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Anchors;

/// <summary>Marker for a record's id: 32 random bytes, written as 64 hexadecimal digits.</summary>
public sealed class AnchoredRecord
{
    private AnchoredRecord() { }
}

/// <summary>Marker for the digest of one version of a record's original.</summary>
public sealed class RecordVersion
{
    private RecordVersion() { }
}

/// <summary>
/// Names a record: the party under whose id it is anchored, 32 bytes, and the record's id, 32
/// bytes.
/// </summary>
/// <param name="Author">An account, or a contract (<see cref="Authority.OfContract"/>).</param>
/// <param name="Rid">The record's id.</param>
public readonly record struct AnchorKey(AccountId Author, Digest<AnchoredRecord> Rid) : IStateKey<AnchorKey>
{
    /// <inheritdoc/>
    public int CompareTo(AnchorKey other)
    {
        var order = Author.CompareTo(other.Author);
        return order != 0 ? order : Rid.CompareTo(other.Rid);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Author);
        writer.Digest(Rid);
    }

    /// <inheritdoc/>
    public static AnchorKey Read(ref StateReader reader) =>
        new(reader.Account(), reader.Digest<AnchoredRecord>());
}

/// <summary>
/// Names an earlier version of a record: <see cref="AnchorKey"/>, then the version as 8 bytes.
/// </summary>
/// <param name="Anchor">The record.</param>
/// <param name="Version">From 1.</param>
public readonly record struct AnchorVersionKey(AnchorKey Anchor, long Version) : IStateKey<AnchorVersionKey>
{
    /// <inheritdoc/>
    public int CompareTo(AnchorVersionKey other)
    {
        var order = Anchor.CompareTo(other.Anchor);
        return order != 0 ? order : Version.CompareTo(other.Version);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        Anchor.Write(ref writer);
        writer.Int64(Version);
    }

    /// <inheritdoc/>
    public static AnchorVersionKey Read(ref StateReader reader) =>
        new(AnchorKey.Read(ref reader), reader.Int64());
}

/// <summary>Who signed a version: account 32, key id 32.</summary>
/// <param name="Account">The account.</param>
/// <param name="KeyId">The thumbprint of its key, which was active at the anchor's height.</param>
public readonly record struct AnchorSigner(AccountId Account, Digest<PublicKey> KeyId);

/// <summary>
/// One version of a record as it is anchored: the present one in the table <c>anchors.current</c>
/// under <see cref="AnchorKey"/>, whose absence there means that the record was never anchored;
/// each earlier one in <c>anchors.past</c> under <see cref="AnchorVersionKey"/>. Bytes: version 8,
/// digest 32, digest of the ciphertext 32 (zeros: none), its length 4 (0: none), number of signers
/// 1, of each account 32 and key id 32, height 8, time in milliseconds 8.
/// </summary>
/// <param name="Version">From 1, without gaps.</param>
/// <param name="Digest">SHA-256 of the original.</param>
/// <param name="CiphertextDigest">SHA-256 of the ciphertext as it travels; unset if none is
/// named.</param>
/// <param name="CiphertextBytes">The decoded length of the <c>ciphertext</c> member, in bytes; 0 if
/// none is named.</param>
/// <param name="Signers">Who signed it, in the order given.</param>
/// <param name="Height">The block.</param>
/// <param name="Time">The block's time.</param>
public sealed record AnchorRow(
    long Version,
    Digest<RecordVersion> Digest,
    Digest<Attachment> CiphertextDigest,
    uint CiphertextBytes,
    IReadOnlyList<AnchorSigner> Signers,
    long Height,
    Timestamp Time) : IStateRow<AnchorRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Int64(Version);
        writer.Digest(Digest);
        writer.Digest(CiphertextDigest);
        writer.UInt32(CiphertextBytes);
        writer.Byte((byte)Signers.Count);
        foreach (var signer in Signers)
        {
            writer.Account(signer.Account);
            writer.Digest(signer.KeyId);
        }
        writer.Int64(Height);
        writer.Time(Time);
    }

    /// <inheritdoc/>
    public static AnchorRow Read(ref StateReader reader)
    {
        var version = reader.Int64();
        var digest = reader.Digest<RecordVersion>();
        var ciphertext = reader.Digest<Attachment>();
        var length = reader.UInt32();
        var signers = new AnchorSigner[reader.Byte()];
        for (var index = 0; index < signers.Length; index++)
            signers[index] = new AnchorSigner(reader.Account(), reader.Digest<PublicKey>());
        return new AnchorRow(version, digest, ciphertext, length, signers, reader.Int64(), reader.Time());
    }
}
