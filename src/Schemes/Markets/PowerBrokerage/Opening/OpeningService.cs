using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>Answers the commands of one conversation, one after the other.</summary>
internal sealed class OpeningService(Genesis genesis, OpeningKeys keys, TimeProvider clock, OpeningChannel channel)
{
    private readonly OpeningChecks checks = new(genesis, clock);

    /// <summary>Says that it is ready and answers until the other side closes its stream.</summary>
    /// <exception cref="OpeningChannelException">The other side does not speak the protocol.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await AnswerAsync(new WrapperReply(WrapperReply.Ready, Net: genesis.Net), cancellation).ConfigureAwait(false);
        while (await channel.ReadAsync(OpeningMessages.MaximumMessageBytes, cancellation).ConfigureAwait(false) is { } bytes)
        {
            if (!OpeningMessages.TryRead(bytes, OpeningJson.Instance.WrapperCommand, out var command))
                throw new OpeningChannelException("A command has not the right form.");
            switch (command)
            {
                case { Command: WrapperCommand.CreateSessionKey, Session: { } session, EngineKey: null, Bids: null }:
                    var key = keys.CreateSessionKey(session);
                    await AnswerAsync(new WrapperReply(WrapperReply.Created, SessionKey: key), cancellation).ConfigureAwait(false);
                    break;
                case { Command: WrapperCommand.Open, EngineKey: { } engineKey, Bids: { } count, Session: null }
                    when count is >= 0 and <= OpeningMessages.MaximumBids:
                    await OpenAsync(engineKey, count, cancellation).ConfigureAwait(false);
                    break;
                default:
                    throw new OpeningChannelException("There is no such command.");
            }
        }
    }

    private async Task OpenAsync(PublicKey engineKey, int count, CancellationToken cancellation)
    {
        var opening = await ReadReceiptAsync(cancellation).ConfigureAwait(false);
        var closing = await ReadReceiptAsync(cancellation).ConfigureAwait(false);
        var bids = await ReadListAsync(count, cancellation).ConfigureAwait(false);
        var refused = CheckAll(opening, closing, engineKey, bids, out var key);
        if (refused is not null)
        {
            await RefuseAsync(refused, cancellation).ConfigureAwait(false);
            return;
        }
        using (key)
        {
            await AnswerAsync(new WrapperReply(WrapperReply.Accepted), cancellation).ConfigureAwait(false);
            await OpenBidsAsync(bids, key!, engineKey, cancellation).ConfigureAwait(false);
        }
    }

    private string? CheckAll(
        Receipt? opening, Receipt? closing, PublicKey engineKey, List<BidEntry> bids, out IAgreementKey? key)
    {
        key = null;
        if (opening is null)
            return SealedCheck.OpeningReceipt;
        if (closing is null)
            return SealedCheck.ClosingReceipt;
        if (checks.Check(opening, closing, out var session) is { } failed)
            return failed;
        if (!keys.TryOpen(session!.Session, out var found))
            return SealedCheck.SessionKey;
        var check = found.PublicKey != session.SessionKey ? SealedCheck.SessionKey
            : engineKey.Thumbprint != session.EngineKeyId || !Es256.IsOnCurve(engineKey) ? SealedCheck.EngineKey
            : !Makes(bids, session) ? SealedCheck.InputRoot
            : null;
        if (check is null)
            key = found;
        else
            found.Dispose();
        return check;
    }

    private static bool Makes(List<BidEntry> bids, ClosedSession session) =>
        bids.DistinctBy(bid => bid.Rid).Count() == bids.Count
        && bids.TrueForAll(bid => bid.Ver is > 0 and <= uint.MaxValue)
        && InputRoot.Of(bids.Select(bid => (bid.Rid, bid.Ver, bid.Digest, bid.CtDigest))) == session.InputRoot;

    /// <summary>
    /// Opens in portions, so that a session's ciphertexts need not fit in memory. A ciphertext that is not
    /// the anchored one ends it: the rest is read and dropped.
    /// </summary>
    private async Task OpenBidsAsync(
        List<BidEntry> bids, IAgreementKey key, PublicKey engineKey, CancellationToken cancellation)
    {
        var isRefused = false;
        var opener = new Opener(key, engineKey);
        foreach (var portion in bids.Chunk(OpeningMessages.OpeningPortion))
        {
            var ciphertexts = new byte[portion.Length][];
            for (var index = 0; index < portion.Length; index++)
                ciphertexts[index] = await channel.ReadAsync(RecordEnvelope.MaximumBytes, cancellation).ConfigureAwait(false)
                    ?? throw new OpeningChannelException("The stream ended before the last ciphertext.");
            if (isRefused)
                continue;
            var opened = new OpenedBid?[portion.Length];
            Parallel.For(0, portion.Length, index => opened[index] = opener.Open(portion[index], ciphertexts[index]));
            isRefused = Array.Exists(opened, bid => bid is null);
            if (!isRefused)
                await AnswerAsync(new WrapperReply(WrapperReply.Opened, Keys: opened!), cancellation).ConfigureAwait(false);
        }
        if (isRefused)
            await RefuseAsync(SealedCheck.Ciphertext, cancellation).ConfigureAwait(false);
        else
            await AnswerAsync(new WrapperReply(WrapperReply.Done), cancellation).ConfigureAwait(false);
    }

    private async Task<Receipt?> ReadReceiptAsync(CancellationToken cancellation) =>
        await channel.ReadAsync(OpeningMessages.MaximumMessageBytes, cancellation).ConfigureAwait(false) is { } bytes
            ? Receipt.Parse(bytes)
            : throw new OpeningChannelException("The stream ended where a receipt was expected.");

    private async Task<List<BidEntry>> ReadListAsync(int count, CancellationToken cancellation)
    {
        var bids = new List<BidEntry>(Math.Min(count, OpeningMessages.ListPortion));
        while (bids.Count < count)
        {
            var list = await channel.ReadAsync(OpeningJson.Instance.BidList, cancellation).ConfigureAwait(false);
            if (list.Bids.Count is 0 or > OpeningMessages.ListPortion || bids.Count + list.Bids.Count > count)
                throw new OpeningChannelException("The list of bids has not the length that was named.");
            bids.AddRange(list.Bids);
        }
        return bids;
    }

    private Task RefuseAsync(string check, CancellationToken cancellation) =>
        AnswerAsync(new WrapperReply(WrapperReply.Refused, Code: OpeningRefusal.Sealed, Check: check), cancellation);

    private async Task AnswerAsync(WrapperReply reply, CancellationToken cancellation)
    {
        await channel.WriteAsync(reply, OpeningJson.Instance.WrapperReply, cancellation).ConfigureAwait(false);
        await channel.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private sealed class Opener(IAgreementKey key, PublicKey engineKey)
    {
        /// <summary>
        /// Null where the ciphertext is not the anchored one; without a content key where it does not open
        /// for this session and record.
        /// </summary>
        public OpenedBid? Open(BidEntry bid, byte[] ciphertext)
        {
            if (Digest<VaultDocument>.Of(ciphertext) != bid.CtDigest)
                return null;
            // A ciphertext of another record, anchored under this one's id, would hand out what its author
            // replaced or withdrew.
            if (!RecordEnvelope.Parse(ciphertext).TryGet(out var envelope)
                || envelope.Rid != bid.Rid || envelope.Ver != bid.Ver
                || !RecordOpener.UnwrapContentKey(envelope, key).TryGet(out var contentKey))
                return new OpenedBid(bid.Rid, bid.Ver, null);
            using (contentKey)
                return new OpenedBid(bid.Rid, bid.Ver, ContentKeyEnvelope.Seal(contentKey, bid.Rid, bid.Ver, engineKey));
        }
    }
}
