using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Vault.Records;

/// <summary>What came of comparing the three witnesses of a record. Anything but <see cref="Match"/> may be disputed.</summary>
public enum ComparisonOutcome
{
    /// <summary>Server, vault and ledger agree.</summary>
    Match = 1,

    /// <summary>What the server returned is not what was anchored.</summary>
    OriginalAltered = 2,

    /// <summary>The server denies the original to somebody entitled to it.</summary>
    OriginalMissing = 3,

    /// <summary>The ledger, by proof, holds no anchor of the version asked for, or of the authentic one returned.</summary>
    AnchorMissing = 4,

    /// <summary>A signature does not verify under a key that its signer had at the anchored height.</summary>
    SignatureInvalid = 5,

    /// <summary>The vault's ciphertext is missing before its retention ends, is another, or holds other bytes.</summary>
    CiphertextMismatch = 6,

    /// <summary>The server returned an authentic, anchored original, but not of the version asked for.</summary>
    StaleVersion = 7,
}

/// <summary>The server's answer, as it came; the caller has verified the signature over it.</summary>
public sealed class OriginalAnswer
{
    private OriginalAnswer(ReadOnlyMemory<byte> bytes, bool isSealed, bool isForbidden)
    {
        Bytes = bytes;
        IsSealed = isSealed;
        IsForbidden = isForbidden;
    }

    /// <summary>The answer <c>forbidden</c>, which also stands for "no such record".</summary>
    public static OriginalAnswer Forbidden { get; } = new(default, false, true);

    /// <summary>The answer <c>damaged_document</c>: the server itself cannot read what it stored.</summary>
    public static OriginalAnswer Damaged { get; } = new(default, false, false);

    /// <summary>The signed original <c>S</c>.</summary>
    public static OriginalAnswer Signed(ReadOnlyMemory<byte> bytes) => new(bytes, false, false);

    /// <summary>The second ciphertext <c>C2</c>, before an opening.</summary>
    public static OriginalAnswer Sealed(ReadOnlyMemory<byte> bytes) => new(bytes, true, false);

    internal ReadOnlyMemory<byte> Bytes { get; }

    internal bool IsSealed { get; }

    internal bool IsForbidden { get; }
}

/// <summary>The vault's answer for the anchored <c>ct_digest</c>.</summary>
public sealed class CiphertextAnswer
{
    private CiphertextAnswer(ReadOnlyMemory<byte>? bytes, bool isExcused)
    {
        Bytes = bytes;
        IsExcused = isExcused;
    }

    /// <summary>Not asked for: the reader is no recipient.</summary>
    public static CiphertextAnswer NotAsked { get; } = new(null, true);

    /// <summary>The bytes that the vault returned.</summary>
    public static CiphertextAnswer Found(ReadOnlyMemory<byte> bytes) => new(bytes, false);

    /// <summary>The vault returned nothing.</summary>
    /// <param name="retainUntil">Until when it had to keep it.</param>
    /// <param name="askedAt">When it was asked.</param>
    public static CiphertextAnswer Absent(DateTimeOffset retainUntil, DateTimeOffset askedAt) => new(null, askedAt >= retainUntil);

    internal ReadOnlyMemory<byte>? Bytes { get; }

    internal bool IsExcused { get; }
}

/// <summary>An anchor as the client proved it.</summary>
/// <param name="Content">What is anchored.</param>
/// <param name="Issuers">The accounts that anchored and signed it.</param>
/// <param name="Keys">Their keys as of the anchored height.</param>
public sealed record ProvedAnchor(AnchorContent Content, IReadOnlyList<Digest<PublicKey>> Issuers, AccountKeyResolver Keys);

/// <summary>All that a client fetched about one record.</summary>
/// <typeparam name="TNet">What the digest of genesis is a digest of.</typeparam>
public sealed class ComparisonInputs<TNet>
{
    /// <summary>The ledger: the digest of its genesis.</summary>
    public required Digest<TNet> Net { get; init; }

    /// <summary>The record.</summary>
    public required Digest<VaultRecord> Rid { get; init; }

    /// <summary>The version asked for; null for the current one.</summary>
    public long? AskedVersion { get; init; }

    /// <summary>The current version by a proof against the last checkpoint; null where absence was proved.</summary>
    public required long? CurrentVersion { get; init; }

    /// <summary>
    /// The anchors proved: of the version asked for and, where the server returned another, of that one
    /// (<see cref="RecordComparison.ReturnedVersion"/>). A version that is not in the list is taken as not anchored.
    /// </summary>
    public required IReadOnlyList<ProvedAnchor> Anchors { get; init; }

    /// <summary>What the server answered.</summary>
    public required OriginalAnswer Original { get; init; }

    /// <summary>What the vault answered.</summary>
    public required CiphertextAnswer Ciphertext { get; init; }

    /// <summary>The reader's decryption key; null if it is no recipient.</summary>
    public IAgreementKey? Key { get; init; }
}

/// <summary>
/// The comparison of server, vault and ledger, a function of what was fetched and nothing else. Precedence, first that holds:
/// <list type="number">
/// <item><c>anchor_missing</c>: no anchor of the version asked for;</item>
/// <item><c>original_missing</c>: the server says <c>forbidden</c>;</item>
/// <item><c>original_altered</c>: unreadable, of another record, or neither what was anchored nor authentic;</item>
/// <item><c>stale_version</c>: authentic and anchored, of another version than asked for;</item>
/// <item><c>anchor_missing</c>: authentic, of a version that is not anchored;</item>
/// <item><c>signature_invalid</c>: as anchored, but a signature of the original or the anchor fails;</item>
/// <item><c>ciphertext_mismatch</c>: absent before its time, other digest, does not open, or not the same bytes;</item>
/// <item><c>match</c>.</item>
/// </list>
/// <b>Source:</b> D1 step 16.
/// </summary>
public static class RecordComparison
{
    /// <summary>The version that the server's answer says it is, so that its anchor can be fetched too; null if it cannot be read.</summary>
    public static long? ReturnedVersion(OriginalAnswer answer, IAgreementKey? key)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Read(answer, key)?.Original.Ver;
    }

    /// <summary>The one outcome.</summary>
    public static ComparisonOutcome Compare<TNet>(ComparisonInputs<TNet> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if ((inputs.AskedVersion ?? inputs.CurrentVersion) is not { } asked || AnchorOf(inputs, asked) is not { } anchor)
            return ComparisonOutcome.AnchorMissing;
        if (inputs.Original.IsForbidden)
            return ComparisonOutcome.OriginalMissing;
        if (Read(inputs.Original, inputs.Key) is not { } signed || signed.Original.Rid != inputs.Rid)
            return ComparisonOutcome.OriginalAltered;
        if (signed.Original.Digest != anchor.Content.Digest || signed.Original.Ver != asked)
            return CompareOther(inputs, asked, anchor, signed);
        if (signed.Verify(anchor.Keys, anchor.Issuers) is not null || !IsAnchorSigned(inputs.Net, anchor))
            return ComparisonOutcome.SignatureInvalid;
        return IsCiphertextRight(inputs, anchor.Content, signed) ? ComparisonOutcome.Match : ComparisonOutcome.CiphertextMismatch;
    }

    private static ComparisonOutcome CompareOther<TNet>(ComparisonInputs<TNet> inputs, long asked, ProvedAnchor anchor, SignedRecord signed)
    {
        if (signed.Original.Ver == asked)
            return ComparisonOutcome.OriginalAltered;
        if (AnchorOf(inputs, signed.Original.Ver) is { } other)
        {
            return other.Content.Digest == signed.Original.Digest && signed.Verify(other.Keys, other.Issuers) is null
                ? ComparisonOutcome.StaleVersion
                : ComparisonOutcome.OriginalAltered;
        }
        // What no key of the issuers signed proves nothing about the ledger.
        return signed.Verify(anchor.Keys, anchor.Issuers) is null ? ComparisonOutcome.AnchorMissing : ComparisonOutcome.OriginalAltered;
    }

    private static bool IsAnchorSigned<TNet>(Digest<TNet> net, ProvedAnchor anchor)
    {
        if (!anchor.Content.CheckSignatures(net).TryGet(out var keys))
            return false;
        // Every signature is by a key of an issuer, every issuer has one.
        return keys.All(key => anchor.Issuers.Any(account => IsKeyOf(anchor, account, key)))
            && anchor.Issuers.All(account => keys.Any(key => IsKeyOf(anchor, account, key)));
    }

    private static bool IsKeyOf(ProvedAnchor anchor, Digest<PublicKey> account, PublicKey key) =>
        anchor.Keys(account, key.Thumbprint) is { } active && active == key;

    private static bool IsCiphertextRight<TNet>(ComparisonInputs<TNet> inputs, AnchorContent anchor, SignedRecord signed)
    {
        if (inputs.Ciphertext.Bytes is not { } ciphertext)
            return inputs.Ciphertext.IsExcused;
        return anchor.CheckCiphertext(ciphertext) is null
            && (inputs.Key is not { } key
                || (RecordOpener.TryOpenRaw(ciphertext, key) is { } inside && inside.AsSpan().SequenceEqual(signed.Bytes.Span)));
    }

    private static ProvedAnchor? AnchorOf<TNet>(ComparisonInputs<TNet> inputs, long version) =>
        inputs.Anchors.FirstOrDefault(anchor => anchor.Content.Rid == inputs.Rid && anchor.Content.Ver == version);

    private static SignedRecord? Read(OriginalAnswer answer, IAgreementKey? key)
    {
        ReadOnlyMemory<byte>? bytes = !answer.IsSealed ? answer.Bytes
            : key is null ? null
            : RecordOpener.TryOpenRaw(answer.Bytes, key) is { } inside ? inside : null;
        return bytes is { } found && SignedRecord.Parse(found).TryGet(out var signed) ? signed : null;
    }
}
