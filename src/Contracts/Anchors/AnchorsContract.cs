using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Anchors;

/// <summary>
/// Digests of documents that are kept elsewhere, in chains of versions: what was said, when, signed
/// by whom, and which version is the present one. A record stands under the id of the party that
/// anchors it (<see cref="Authority.Of"/>).
/// </summary>
/// <param name="accounts">The accounts, whose active keys the signers' are.</param>
public sealed class AnchorsContract(AccountsContract accounts) : Contract
{
    /// <summary>The most signers of a version.</summary>
    public const int MaximumSigners = 8;

    private Table<AnchorKey, AnchorRow> current = null!;
    private Table<AnchorVersionKey, AnchorRow> past = null!;

    /// <inheritdoc/>
    public override string Name => "anchors";

    /// <inheritdoc/>
    public override void Register(ContractRegistration registration)
    {
        current = registration.Table<AnchorKey, AnchorRow>("current");
        past = registration.Table<AnchorVersionKey, AnchorRow>("past");
        registration.Action(
            "put",
            AnchorsJson.Instance.PutAnchorMessage,
            Put,
            Check,
            attachments: message => message.CiphertextDigest is { } digest ? [digest] : []);
    }

    /// <summary>The present version of a record.</summary>
    /// <param name="author">The account or contract (<see cref="Authority.OfContract"/>) under
    /// whose id it stands.</param>
    /// <param name="rid">The record.</param>
    /// <param name="row">The version.</param>
    /// <returns>False if it was never anchored.</returns>
    public bool TryGetCurrent(AccountId author, Digest<AnchoredRecord> rid,
        [NotNullWhen(true)] out AnchorRow? row) =>
        current.TryGet(new AnchorKey(author, rid), out row);

    /// <summary>A version of a record.</summary>
    /// <param name="author">The account or contract under whose id it stands.</param>
    /// <param name="rid">The record.</param>
    /// <param name="version">From 1.</param>
    /// <param name="row">The version.</param>
    /// <returns>False if that version was never anchored.</returns>
    public bool TryGet(AccountId author, Digest<AnchoredRecord> rid, long version,
        [NotNullWhen(true)] out AnchorRow? row)
    {
        var key = new AnchorKey(author, rid);
        return (current.TryGet(key, out row) && row.Version == version)
            || past.TryGet(new AnchorVersionKey(key, version), out row);
    }

    /// <summary>Anchors a version under the id of the party that acts.</summary>
    /// <returns>
    /// <c>malformed_anchor</c>, <c>not_authorised</c>, <c>replayed</c> (this version with this
    /// digest), <c>version_conflict</c> (this version with another digest, a gap, or another
    /// predecessor), <c>key_not_active</c>.
    /// </returns>
    public Refusal? Put(ExecutionContext context, AnchorEntry entry)
    {
        if (entry.Version < 1 || entry.Digest.IsUnset || entry.Previous.IsUnset != (entry.Version == 1)
            || entry.Signers.Count > MaximumSigners
            || entry.CiphertextDigest.IsUnset != (entry.CiphertextBytes == 0))
            return AnchorsRefusals.MalformedAnchor;
        var author = Authority.Of(context);
        if (author.IsUnset)
            return AnchorsRefusals.NotAuthorised;
        var key = new AnchorKey(author, entry.Rid);
        var exists = current.TryGet(key, out var last);
        if (exists && entry.Version <= last!.Version)
            return TryGet(author, entry.Rid, entry.Version, out var same) && same.Digest == entry.Digest
                ? AnchorsRefusals.Replayed
                : Conflict(last);
        if (entry.Version != (last?.Version ?? 0) + 1 || (exists && entry.Previous != last!.Digest))
            return Conflict(last);
        foreach (var signer in entry.Signers)
            if (!accounts.TryGetActiveKey(signer.Account, signer.KeyId, out _))
                return AnchorsRefusals.KeyNotActive.With(("account", signer.Account.ToString()));
        if (exists)
            past.Set(new AnchorVersionKey(key, last!.Version), last);
        current.Set(key, new AnchorRow(
            entry.Version, entry.Digest, entry.CiphertextDigest, entry.CiphertextBytes, [.. entry.Signers],
                context.Height, context.Time));
        context.Emit(
            "anchors.put",
            ("author", author.ToString()), ("rid", entry.Rid.ToString()), ("ver", Text.Of(entry.Version)),
                ("digest", entry.Digest.ToString()));
        return null;
    }

    /// <summary>
    /// True if the bytes are a JWE in a JSON serialisation whose <c>ciphertext</c> member decodes
    /// to that many bytes; pure, for a contract's <c>Check</c>. Nothing is decrypted.
    /// <b>Source:</b> RFC 7516 section 7.2.
    /// </summary>
    /// <param name="jwe">The attachment.</param>
    /// <param name="ciphertextBytes">The stated length.</param>
    public static bool IsEnvelope(ReadOnlyMemory<byte> jwe, uint ciphertextBytes)
    {
        if (!StrictJson.TryParse(jwe, out var document))
            return false;
        using (document)
        {
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("ciphertext", out var text) && text.ValueKind == JsonValueKind.String
                && root.TryGetProperty("iv", out _) && root.TryGetProperty("tag", out _)
                && Base64Url.TryDecode(text.GetString(), out var ciphertext)
                && (uint)ciphertext.Length == ciphertextBytes;
        }
    }

    private static Refusal? Check(CheckContext context, PutAnchorMessage message)
    {
        var signers = message.Signers ?? [];
        var signatures = message.Signatures ?? [];
        if (signers.Count != signatures.Count || signers.Count > MaximumSigners
            || signers.Distinct().Count() != signers.Count
            || (message.CiphertextDigest is null) != ((message.CiphertextBytes ?? 0) == 0))
            return AnchorsRefusals.MalformedAnchor;
        if (!InnerSignature.Verify(signatures, context.Net, message.Rid, message.Version, message.Digest))
            return AnchorsRefusals.SignatureInvalid;
        return message.CiphertextDigest is { } digest
            && !IsEnvelope(context.Attachment(digest), message.CiphertextBytes!.Value)
            ? (Refusal)AnchorsRefusals.EnvelopeMismatch
            : null;
    }

    private Refusal? Put(ExecutionContext context, PutAnchorMessage message)
    {
        var keyIds = InnerSignature.KeyIdsOf(message.Signatures ?? []);
        return Put(context, new AnchorEntry
        {
            Rid = message.Rid,
            Version = message.Version,
            Digest = message.Digest,
            Previous = message.Previous ?? default,
            Signers = [.. (message.Signers ?? []).Select((account, index) =>
                new AnchorSigner(account, keyIds[index]))],
            CiphertextDigest = message.CiphertextDigest ?? default,
            CiphertextBytes = message.CiphertextBytes ?? 0,
        });
    }

    private static Refusal Conflict(AnchorRow? last) =>
        AnchorsRefusals.VersionConflict.With(("last", Text.Of(last?.Version ?? 0)));
}
