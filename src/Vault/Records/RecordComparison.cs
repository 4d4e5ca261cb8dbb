using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Vault.Records;

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
