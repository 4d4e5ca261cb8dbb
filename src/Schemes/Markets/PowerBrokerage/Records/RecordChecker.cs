using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>
/// A party's comparison of the three witnesses of its records: what the trading server returns, what the vault keeps, what the ledger has anchored.
/// Nobody is believed: the server signs, the ledger proves, other parties' nodes confirm. Safe for concurrent use. <b>Source:</b> D1 step 16.
/// </summary>
/// <param name="party">The reader.</param>
/// <param name="server">The trading server.</param>
/// <param name="evidence">The ledger; one object for all parties of a process.</param>
/// <param name="book">The party's records.</param>
/// <param name="connections">Connections to the vault shared with other parties, which stay open; its own by default.</param>
public sealed class RecordChecker(
    Party party, TradingServerClient server, AnchorEvidence evidence, RecordBook book, HttpMessageHandler? connections = null) : IDisposable
{
    /// <summary>How long the vault keeps ciphertexts at least, unless told.</summary>
    public static readonly TimeSpan DefaultRetention = TimeSpan.FromDays(3_653);

    private readonly NodeClient vault = new(SignedHttp.Create(party, party.Node.Address, connections, NodeClient.ReaderSaltField), ownsHttp: true);

    /// <summary>How long the vault keeps ciphertexts at least; a missing one is excused only afterwards.</summary>
    public TimeSpan Retention { get; init; } = DefaultRetention;

    /// <summary>The party's records.</summary>
    public RecordBook Book => book;

    /// <summary>Checks a record of the book.</summary>
    /// <param name="rid">The record.</param>
    /// <param name="ver">A version; the current one by default.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="NodeFaultException">Node or server does not answer, or proves nothing: no finding about the record.</exception>
    public async Task<RecordFinding> CheckAsync(Digest<VaultRecord> rid, long? ver = null, CancellationToken cancellation = default)
    {
        var entry = book.Find(rid, ver) ?? book.Find(rid) ?? throw new ArgumentException("The book has no such record.", nameof(rid));
        var key = new AnchorKey(entry.Author, rid.As<AnchoredRecord>());

        // The ledger first, so that a version anchored while the server is asked is no stale one.
        var current = await evidence.FindCurrentAsync(key, cancellation).ConfigureAwait(false);
        var asked = ver ?? current.Row?.Version;
        var anchor = asked is { } version ? await FindAnchorAsync(key, version, current, entry, cancellation).ConfigureAwait(false) : null;
        var answer = await server.GetAsync(rid, ver, cancellation).ConfigureAwait(false);
        var finding = new RecordFinding(rid, entry.Rtype, asked ?? entry.Ver, ComparisonOutcome.AnchorMissing, answer.Answer.Digest)
        {
            Answer = answer.Answer,
            AnchoredHeight = anchor?.Height ?? 0,
            CheckpointHeight = current.CheckpointHeight,
        };
        if (anchor is null)
            return finding;
        var witnessed = await evidence.CompareAsync(anchor.Height, cancellation).ConfigureAwait(false);
        var others = witnessed.Blocks.Where(block => !witnessed.Uncertified.Contains(block.Key)).Select(block => block.Value.Id).ToList();
        finding = finding with { Witnesses = others.Count(id => id == anchor.Block), IsForked = others.Any(id => id != anchor.Block) };
        // On the ledger that the other party sees, this anchor is not; the two certified blocks are the evidence.
        if (finding.IsForked)
            return finding;

        var anchors = new List<ProvedAnchor> { anchor.Proved };
        if (RecordComparison.ReturnedVersion(answer.Original, party.AgreementKey) is { } returned && returned != asked
            && await FindAnchorAsync(key, returned, current, entry, cancellation).ConfigureAwait(false) is { } other)
            anchors.Add(other.Proved);
        var outcome = RecordComparison.Compare(new ComparisonInputs<Net>
        {
            Net = evidence.Net,
            Rid = rid,
            AskedVersion = ver,
            CurrentVersion = current.Row?.Version,
            Anchors = anchors,
            Original = answer.Original,
            Ciphertext = await FetchAsync(anchor, book.Find(rid, asked) ?? entry, cancellation).ConfigureAwait(false),
            Key = party.AgreementKey,
        });
        return finding with { Outcome = outcome == ComparisonOutcome.Match && !IsSignedByAll(anchor, answer) ? ComparisonOutcome.SignatureInvalid : outcome };
    }

    /// <inheritdoc/>
    public void Dispose() => vault.Dispose();

    /// <summary>The anchor of a version by its receipt, with the keys that the ledger accepted at its height; null if there is none of the party's original.</summary>
    private async Task<FoundAnchor?> FindAnchorAsync(AnchorKey key, long version, CurrentAnchor current, BookEntry entry, CancellationToken cancellation)
    {
        var row = current.Row?.Version == version ? current.Row : await evidence.FindRowAsync(key, version, cancellation).ConfigureAwait(false);
        if (row is null)
            return null;
        var own = book.Find(entry.Rid, version);
        if (own is { Digest.IsUnset: false } && own.Digest != row.Digest.As<RecordOriginal>())
            return null;
        var id = own?.Transaction ?? default;
        if (id.IsUnset)
            id = await evidence.FindAnchoringAsync(key, version, row.Height, cancellation).ConfigureAwait(false);
        var versionKey = new AnchorVersionKey(key, version);
        if (id.IsUnset || await evidence.FindTransactionAsync(id, cancellation).ConfigureAwait(false) is not { } certified
            || !AnchorContents.Anchors(certified.Outcome, versionKey, row.Digest)
            || AnchorContents.Find(certified.Transaction.Payload, versionKey, row.Digest, entry.Rtype) is not { } content)
            return null;
        if (certified.Header.Height != row.Height || content.CtDigest != row.CiphertextDigest.As<VaultDocument>())
            throw new NodeFaultException("The node's row is not what its receipt says.");
        content = await WithOfferAsync(content, versionKey, row, own, cancellation).ConfigureAwait(false);
        return new FoundAnchor(await ProveAsync(content, row, cancellation).ConfigureAwait(false), row, certified.Header.Height, certified.Block);
    }

    /// <summary>Adds the signatures of the offer that this version accepted.</summary>
    private async Task<AnchorContent> WithOfferAsync(
        AnchorContent content, AnchorVersionKey key, AnchorRow row, BookEntry? own, CancellationToken cancellation)
    {
        if (own is not { OfferTransaction.IsUnset: false })
            return content;
        return await evidence.FindTransactionAsync(own.OfferTransaction, cancellation).ConfigureAwait(false) is { } offered
            && AnchorContents.Find(offered.Transaction.Payload, key, row.Digest, content.Rtype) is { } offer
            ? content with { Sig = [.. offer.Sig, .. content.Sig] } : content;
    }

    /// <summary>The row names who signed and with which key, each of which the ledger found active at that height: those are the keys that count.</summary>
    private async Task<ProvedAnchor> ProveAsync(AnchorContent content, AnchorRow row, CancellationToken cancellation)
    {
        var keys = new Dictionary<Digest<PublicKey>, PublicKey>();
        foreach (var signature in content.Sig)
        {
            if (Jws.ParseCompact(signature, new JwsExpectation { Type = AnchorContent.SignatureType }).TryGet(out var jws) && jws.Header.Key().TryGet(out var key))
                keys[key.Thumbprint] = key;
        }
        var signed = row.Signers.Where(signer => keys.ContainsKey(signer.KeyId)).ToList();
        foreach (var signer in row.Signers.Except(signed))
        {
            if (await evidence.FindKeyAsync(signer.Account, signer.KeyId, cancellation).ConfigureAwait(false) is { } key)
                keys[signer.KeyId] = key;
        }
        var active = row.Signers.ToDictionary(signer => (signer.Account.Thumbprint, signer.KeyId), signer => keys.GetValueOrDefault(signer.KeyId));
        return new ProvedAnchor(
            content, [.. signed.Select(signer => signer.Account.Thumbprint)],
            (account, kid) => active.TryGetValue((account, kid), out var key) && !key.IsUnset ? key : null);
    }

    /// <summary>A signer whose word stands in another transaction than this party knows of must have signed the original itself.</summary>
    private static bool IsSignedByAll(FoundAnchor anchor, ServedRecord answer) =>
        anchor.Row.Signers.Count == anchor.Proved.Issuers.Count
        || (SignedRecord.Parse(answer.Signed).TryGet(out var signed)
            && signed.Verify(anchor.Proved.Keys, [.. anchor.Row.Signers.Select(signer => signer.Account.Thumbprint)]) is null);

    private async Task<CiphertextAnswer> FetchAsync(FoundAnchor anchor, BookEntry entry, CancellationToken cancellation)
    {
        if (!entry.IsRecipient || anchor.Row.CiphertextDigest.IsUnset)
            return CiphertextAnswer.NotAsked;
        var answer = await vault.GetDocumentAsync(anchor.Row.CiphertextDigest, entry.Salt, party.SigningKey.PublicKey, cancellation).ConfigureAwait(false);
        if (answer.TryGet(out var bytes, out var refusal))
            return CiphertextAnswer.Found(bytes);
        return refusal.Code switch
        {
            "forbidden" => CiphertextAnswer.Absent(anchor.Row.Time.ToDateTimeOffset() + Retention, party.Clock.GetUtcNow()),
            // The vault itself says that what it keeps is not the document any more.
            "damaged_document" => CiphertextAnswer.Found(default),
            _ => throw new NodeFaultException($"The vault refuses with {refusal}."),
        };
    }

    private sealed record FoundAnchor(ProvedAnchor Proved, AnchorRow Row, long Height, Digest<Block> Block);
}
