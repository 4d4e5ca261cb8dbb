using System.Security.Cryptography;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>A live bid as the engine is given it.</summary>
/// <param name="Account">Who anchored it.</param>
/// <param name="Mandate">The right on which it did.</param>
/// <param name="Anchor">What stands on the ledger of it.</param>
/// <param name="Ciphertext">The ciphertext <c>C</c>.</param>
/// <param name="ContentKey">Its content key, which the engine clears; null where it does not unwrap.</param>
internal sealed record EngineBid(AccountId Account, Digest<Contracts.Rights.Right> Mandate, AnchorMessage Anchor, ReadOnlyMemory<byte> Ciphertext, SymmetricKey? ContentKey);

/// <summary>A bid after the opening: used, or rejected with a code. The original is handed to the trading server, used or not.</summary>
internal sealed record CheckedBid(Digest<AnchoredRecord> Rid, AccountId Account, SignedRecord? Signed, BidBody? Body, MandateBody? Mandate, RefusalCode? Rejection);

/// <summary>What the engine was told of desks and portfolios: the bodies of their confidential records.</summary>
/// <param name="Mandates">By right.</param>
/// <param name="Guarantees">By portfolio.</param>
internal sealed record MarketLimits(
    IReadOnlyDictionary<Digest<Contracts.Rights.Right>, MandateBody> Mandates, IReadOnlyDictionary<Digest<Portfolio>, GuaranteeBody> Guarantees);

/// <summary>An award before it is signed.</summary>
/// <param name="Account">The desk.</param>
/// <param name="Key">Its encryption key.</param>
/// <param name="Bid">The bid.</param>
/// <param name="Body">The award's body.</param>
public sealed record AwardDraft(AccountId Account, PublicKey Key, Digest<AnchoredRecord> Bid, byte[] Body);

/// <summary>What an engine makes of a session.</summary>
/// <param name="Result">The message for the ledger.</param>
/// <param name="Curves">The curves, in the order of the periods.</param>
/// <param name="Withheld">Curves as JWE to the auditor, by period, where they are withheld.</param>
/// <param name="Awards">One for each used bid, accepted or not, so that the ledger does not show who was.</param>
public sealed record EngineResult(
    ResultMessage Result, IReadOnlyList<byte[]> Curves, IReadOnlyDictionary<int, byte[]> Withheld, IReadOnlyList<AwardDraft> Awards);

/// <summary>
/// The clearing engine: opens bids, checks them by the session's rules, clears every period, and makes result and awards. Integers only; nothing depends on the
/// order of input, threads, culture or time zone; nothing is written to disk. <b>Source:</b> D1 steps 8 to 10.
/// </summary>
public static class ClearingEngine
{
    /// <summary>Opens one bid and checks it.</summary>
    internal static CheckedBid Open(EngineBid bid, SessionMessage session, AccountId marketOperator, MarketLimits limits)
    {
        CheckedBid Reject(RefusalCode code, SignedRecord? signed = null) => new(bid.Anchor.Rid, bid.Account, signed, null, null, code);
        var keys = KeysOf(bid.Anchor, bid.Account);
        using (bid.ContentKey)
        {
            if (bid.ContentKey is null || keys is null)
                return Reject(BrokerageRefusals.EnvelopeMismatch);
            var opened = RecordOpener.OpenWithContentKey(bid.Ciphertext, bid.ContentKey, new RecordExpectation
            {
                Anchor = bid.Anchor.ToContent(),
                Issuers = [bid.Account.Thumbprint],
                Reader = marketOperator.Thumbprint,
                Market = RecordMaker.Market,
                Keys = keys,
            });
            if (!opened.TryGet(out var signed))
                return Reject(BrokerageRefusals.EnvelopeMismatch);
            if (BidBody.Parse(signed.Original.Body, session.Periods, session.Limits) is not { } body)
                return Reject(BrokerageRefusals.MalformedBid, signed);
            return ExposureLimits.FindRefusal(bid.Account, bid.Mandate, body, session, limits, out var mandate) is { } code
                ? Reject(code, signed)
                : new CheckedBid(bid.Anchor.Rid, bid.Account, signed, body, mandate, null);
        }
    }

    /// <summary>The keys under the anchor, which the contract found active for the account at its height.</summary>
    internal static AccountKeyResolver? KeysOf(AnchorMessage anchor, params AccountId[] accounts)
    {
        var keys = new PublicKey[anchor.Sig.Count];
        for (var index = 0; index < keys.Length; index++)
            if (!Jws.ParseCompact(anchor.Sig[index]).TryGet(out var jws) || !jws.Header.Key().TryGet(out keys[index]))
                return null;
        return keys.Length != accounts.Length ? null : (account, kid) =>
        {
            for (var index = 0; index < keys.Length; index++)
                if (accounts[index].Thumbprint == account && keys[index].Thumbprint == kid)
                    return keys[index];
            return null;
        };
    }

    /// <summary>Clears a session whose bids are opened.</summary>
    /// <param name="session">The session's terms.</param>
    /// <param name="inputRoot">The input's root.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="bids">Every live bid, opened, in any order.</param>
    /// <param name="threads">The most threads, 1 or more.</param>
    internal static EngineResult Clear(
        SessionMessage session, Digest<MerkleNode> inputRoot, Digest<SessionSeed> seed, IReadOnlyList<CheckedBid> bids, int threads)
    {
        var ordered = bids.OrderBy(bid => bid.Rid).ToList();
        var used = ordered.Where(bid => bid.Rejection is null).ToList();
        var books = Books(session, used);
        var seedBytes = seed.ToArray();
        var results = CallMarket.ClearAll(
            [.. books.Select((book, mtu) => new CallMarketBook(
                [.. book.Select(entry => entry.Order)],
                (order, step) => TieBreak.Key(seedBytes, used[book[order].Bid].Rid.ToArray(), (uint)mtu, (uint)step)))],
            session.Limits, threads);
        var secret = SecretOf(used);
        var periods = new PeriodResult[results.Length];
        var curves = new byte[results.Length][];
        var withheld = new Dictionary<int, byte[]>();
        for (var mtu = 0; mtu < results.Length; mtu++)
        {
            curves[mtu] = CurvesDocument.Write(results[mtu].Buys, results[mtu].Sells, CurveSalt(session.SessionId, mtu, secret));
            Digest<Attachment>? sealedDigest = null;
            if (IsThin(books[mtu], session.MinParties))
            {
                withheld[mtu] = SealCurves(curves[mtu], session.AuditorKey);
                sealedDigest = Digest<Attachment>.Of(withheld[mtu]);
            }
            periods[mtu] = PeriodResult.Of(results[mtu].Summary, CurvesDocument.DigestOf(curves[mtu]), sealedDigest);
        }
        var message = new ResultMessage
        {
            SessionId = session.SessionId,
            InputRoot = inputRoot,
            Seed = seed,
            EngineHash = session.EngineHash,
            Limits = ResultLimits.Of(session),
            Periods = periods,
            UsedRidsRoot = MerkleTree.Root([.. used.Select(bid => BrokerageContract.UsedLeaf(bid.Rid))]),
            Rejected = [.. ordered.Where(bid => bid.Rejection is not null).Select(bid => new RejectedBid(bid.Rid, bid.Rejection!.Code))],
        };
        return new EngineResult(message, curves, withheld, Awards(session, used, books, results));
    }

    private static List<BookEntry>[] Books(SessionMessage session, List<CheckedBid> used)
    {
        var books = new List<BookEntry>[session.Periods];
        for (var mtu = 0; mtu < books.Length; mtu++)
            books[mtu] = [];
        for (var bid = 0; bid < used.Count; bid++)
            for (var order = 0; order < used[bid].Body!.Orders.Length; order++)
                books[used[bid].Body!.Orders[order].Mtu].Add(new BookEntry(bid, order, used[bid].Body!.Orders[order].Order));
        return books;
    }

    // Curves expose somebody where few stand behind a side; a side without orders exposes nobody.
    private static bool IsThin(List<BookEntry> book, int minimumParties) =>
        PartiesOf(book, MarketSide.Buy) is > 0 and var buyers && buyers < minimumParties
        || PartiesOf(book, MarketSide.Sell) is > 0 and var sellers && sellers < minimumParties;

    private static int PartiesOf(List<BookEntry> book, MarketSide side) =>
        book.Where(entry => entry.Order.Side == side).Select(entry => entry.Bid).Distinct().Count();

    private static List<AwardDraft> Awards(SessionMessage session, List<CheckedBid> used, List<BookEntry>[] books, CallMarketResult[] results)
    {
        var accepted = used.Select(bid => new long[bid.Body!.Orders.Length][]).ToArray();
        for (var mtu = 0; mtu < books.Length; mtu++)
            for (var order = 0; order < books[mtu].Count; order++)
                accepted[books[mtu][order].Bid][books[mtu][order].Order_] = results[mtu].Allocations(order).ToArray();
        return [.. used.Select((bid, index) => new AwardDraft(
            bid.Account, bid.Mandate!.DeskKey, bid.Rid,
            new AwardBody(bid.Rid, bid.Signed!.Original.Ver, session.SessionId, [.. bid.Body!.Orders.Select((order, position) =>
                new AwardedOrder(order.Mtu, order.Order.Side, [.. accepted[index][position]])).Where(order => order.Quantities.Any(quantity => quantity > 0))]).ToBytes()))];
    }

    // Known to those who opened the bids and to nobody else: each original has 32 random bytes of salt.
    private static byte[] SecretOf(List<CheckedBid> used)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("cf-curves\0"u8);
        foreach (var bid in used)
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(SaltOf(bid.Signed!.Original)));
        return hash.GetHashAndReset();
    }

    private static string SaltOf(RecordOriginal original)
    {
        // Parsed already: the member is there.
        using var document = System.Text.Json.JsonDocument.Parse(original.Bytes);
        return document.RootElement.GetProperty("salt").GetString()!;
    }

    private static byte[] CurveSalt(Digest<AuctionSession> session, int mtu, byte[] secret) =>
        SHA256.HashData([.. "cf-curve-salt\0"u8, .. session.ToArray(), .. BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(mtu)), .. secret]);

    private static byte[] SealCurves(byte[] curves, PublicKey auditor) => Jwe.EncryptFlattened(curves, new RecipientKey(auditor));

    private readonly record struct BookEntry(int Bid, int Order_, CallMarketOrder Order);
}
