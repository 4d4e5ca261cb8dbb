using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Vault.Records;

/// <summary>What a reader holds against the inside of a ciphertext.</summary>
public sealed class RecordExpectation
{
    /// <summary>What is anchored.</summary>
    public required AnchorContent Anchor { get; init; }

    /// <summary>The accounts that must be <c>iss</c>, in any order: those that anchored, and whoever else the scheme has sign.</summary>
    public required IReadOnlyList<Digest<PublicKey>> Issuers { get; init; }

    /// <summary>The accounts that must have signed already; null for all of <see cref="Issuers"/>.</summary>
    public IReadOnlyList<Digest<PublicKey>>? Signers { get; init; }

    /// <summary>The account that must be in <c>aud</c>; unset to ask for none.</summary>
    public Digest<PublicKey> Reader { get; init; }

    /// <summary>The market that the record must belong to; null for any.</summary>
    public string? Market { get; init; }

    /// <summary>The issuers' keys as of the anchored height.</summary>
    public required AccountKeyResolver Keys { get; init; }
}

/// <summary>
/// Opens ciphertexts and checks that the inside is what was anchored: signing inside, and the audience inside the signature, is what stops
/// a rival's sealed record from being anchored under one's own name, or forwarded as if addressed to another.
/// Refusals: <c>envelope_mismatch</c> (wrong digest, does not open, padding, other <c>rid</c>, <c>rtype</c>, <c>ver</c>, <c>prev</c>, <c>session</c>,
/// <c>digest</c>, <c>iss</c>, <c>aud</c> or market), then <c>signature_invalid</c>.
/// </summary>
public static class RecordOpener
{
    /// <summary>Opens the anchored ciphertext <c>C</c> by a recipient's key, which is tried on each recipient.</summary>
    public static RecordResult<SignedRecord> Open(ReadOnlyMemory<byte> ciphertext, IAgreementKey key, RecordExpectation expectation) =>
        Open(ciphertext, document => Jwe.Decrypt(document, key), expectation, isAnchored: true);

    /// <summary>Opens the anchored ciphertext <c>C</c> by its content key, as an engine does that was handed it.</summary>
    public static RecordResult<SignedRecord> OpenWithContentKey(ReadOnlyMemory<byte> ciphertext, SymmetricKey contentKey, RecordExpectation expectation) =>
        Open(ciphertext, document => Jwe.DecryptWithContentKey(document, contentKey), expectation, isAnchored: true);

    /// <summary>Opens a second ciphertext <c>C2</c> of an anchored original, which is not itself anchored.</summary>
    public static RecordResult<SignedRecord> OpenCopy(ReadOnlyMemory<byte> ciphertext, IAgreementKey key, RecordExpectation expectation) =>
        Open(ciphertext, document => Jwe.Decrypt(document, key), expectation, isAnchored: false);

    /// <summary>The content key of a ciphertext, for handing on to whoever may read this record only. Refusal: <c>envelope_mismatch</c>.</summary>
    public static RecordResult<SymmetricKey> UnwrapContentKey(ReadOnlyMemory<byte> ciphertext, IAgreementKey key) =>
        RecordEnvelope.Parse(ciphertext).TryGet(out var envelope) ? UnwrapContentKey(envelope, key) : RecordRefusal.EnvelopeMismatch;

    /// <summary>The same of a ciphertext that was read already.</summary>
    public static RecordResult<SymmetricKey> UnwrapContentKey(RecordEnvelope envelope, IAgreementKey key)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return Jwe.UnwrapContentKey(envelope.Document, key).TryGet(out var contentKey) ? contentKey : RecordRefusal.EnvelopeMismatch;
    }

    /// <summary>The bytes of the signed original inside, without any check of what they say; null if it does not open.</summary>
    internal static byte[]? TryOpenRaw(ReadOnlyMemory<byte> ciphertext, IAgreementKey key) =>
        RecordEnvelope.Parse(ciphertext).TryGet(out var envelope) ? Decrypt(envelope, document => Jwe.Decrypt(document, key)) : null;

    private static RecordResult<SignedRecord> Open(
        ReadOnlyMemory<byte> ciphertext, Func<JweDocument, JoseResult<byte[]>> decrypt, RecordExpectation expectation, bool isAnchored)
    {
        ArgumentNullException.ThrowIfNull(expectation);
        var anchor = expectation.Anchor;
        if (!RecordEnvelope.Parse(ciphertext).TryGet(out var envelope)
            || (isAnchored && envelope.CtDigest != anchor.CtDigest)
            || envelope.CiphertextLength != anchor.CtLen
            || envelope.Rid != anchor.Rid || envelope.Rtype != anchor.Rtype || envelope.Ver != anchor.Ver
            || Decrypt(envelope, decrypt) is not { } bytes
            || !SignedRecord.Parse(bytes).TryGet(out var signed)
            || !IsAsAnchored(signed.Original, expectation))
            return RecordRefusal.EnvelopeMismatch;
        return signed.Verify(expectation.Keys, expectation.Signers) is { } refusal ? refusal : signed;
    }

    private static bool IsAsAnchored(RecordOriginal original, RecordExpectation expectation)
    {
        var anchor = expectation.Anchor;
        return original.Digest == anchor.Digest
            && original.Rid == anchor.Rid && original.Rtype == anchor.Rtype && original.Ver == anchor.Ver
            && original.Prev == anchor.Prev && original.Session == anchor.Session
            && original.Iss.Count == expectation.Issuers.Count && expectation.Issuers.All(original.Iss.Contains)
            && (expectation.Reader.IsUnset || original.Aud.Contains(expectation.Reader))
            && (expectation.Market is null || original.Market == expectation.Market);
    }

    private static byte[]? Decrypt(RecordEnvelope envelope, Func<JweDocument, JoseResult<byte[]>> decrypt)
    {
        if (!decrypt(envelope.Document).TryGet(out var plain))
            return null;
        try
        {
            return RecordEnvelope.Unpad(plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}
