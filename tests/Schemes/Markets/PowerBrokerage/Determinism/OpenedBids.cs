using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Determinism;

/// <summary>A session whose bids are opened, made from a seed and kept in a file, so that another process clears the same.</summary>
internal sealed class OpenedBids
{
    private static readonly Digest<MerkleNode> InputRoot = Digest<MerkleNode>.Of("input"u8);
    private static readonly Digest<SessionSeed> Seed = Digest<SessionSeed>.Of("seed"u8);

    private OpenedBids(SessionMessage session, List<CheckedBid> bids)
    {
        Session = session;
        Bids = bids;
    }

    public SessionMessage Session { get; }

    public List<CheckedBid> Bids { get; }

    /// <summary>
    /// Books with many orders at few prices, so that ties are broken in every period. Every seventh bid is rejected. Both sides have orders in every period.
    /// </summary>
    /// <param name="seed">Seeds prices and quantities; keys, ids and salts are random.</param>
    /// <param name="portfolios">How many bids.</param>
    /// <param name="periods">How many periods; quarter-hours above 25.</param>
    /// <param name="steps">How many steps each bid has in each period, over both sides.</param>
    /// <param name="minimumParties">The session's.</param>
    /// <param name="share">All bids share one signed original, which many bids of many steps would take gigabytes for.</param>
    public static OpenedBids Make(int seed, int portfolios, int periods, int steps, int minimumParties = 1, bool share = false)
    {
        var random = new Random(seed);
        using var key = EphemeralSigningKey.Create();
        using var agreement = EphemeralAgreementKey.Create();
        var account = AccountId.Of(key.PublicKey);
        var session = SessionOf(periods, steps, minimumParties, account, agreement.PublicKey);
        var portfolio = Envelopes.NewId<Portfolio>();
        var mandate = new MandateBody(portfolio, account, agreement.PublicKey, BidSize.MaximumQuantity, 1_000_000m);
        SignedRecord? shared = null;
        var bids = new List<CheckedBid>(portfolios);
        for (var number = 0; number < portfolios; number++)
        {
            var body = new BidBody(portfolio, [.. Enumerable.Range(0, periods).Select(mtu => OrderOf(mtu, number, steps, random))]);
            var original = shared is not null ? null : RecordMaker.Write(
                RecordTypes.Bid, share ? "{}"u8.ToArray() : body.ToBytes(), [account], [account], new Timestamp(1_750_000_000_000), session.SessionId);
            var signed = shared ?? SignedRecord.Sign(original!, key);
            if (share)
                shared ??= signed;
            var rid = share ? Envelopes.NewId<Contracts.Anchors.AnchoredRecord>() : signed.Original.Rid.As<Contracts.Anchors.AnchoredRecord>();
            bids.Add(!share && number % 7 == 6
                ? new CheckedBid(rid, account, signed, null, null, BrokerageRefusals.LimitExceeded)
                : new CheckedBid(rid, account, signed, body, mandate, null));
        }
        return new OpenedBids(session, bids);
    }

    /// <summary>Keeps session and bids: a line each.</summary>
    public void WriteTo(string path) => File.WriteAllLines(path,
    [
        Base64Url.Encode(JsonSerializer.SerializeToUtf8Bytes(Session, BrokerageJson.Instance.SessionMessage)),
        .. Bids.Select(bid => string.Join(' ',
            bid.Account, Base64Url.Encode(bid.Signed!.Bytes.Span), bid.Mandate is null ? "-" : Base64Url.Encode(bid.Mandate.ToBytes()), bid.Rejection?.Code ?? "-")),
    ]);

    public static OpenedBids ReadFrom(string path)
    {
        var lines = File.ReadAllLines(path);
        var session = JsonSerializer.Deserialize(Decode(lines[0]), BrokerageJson.Instance.SessionMessage)!;
        return new OpenedBids(session, [.. lines.Skip(1).Select(line =>
        {
            var parts = line.Split(' ');
            var signed = SignedRecord.Parse(Decode(parts[1])).Value;
            var rid = signed.Original.Rid.As<Contracts.Anchors.AnchoredRecord>();
            if (parts[3] != "-")
                return new CheckedBid(rid, AccountId.Parse(parts[0]), signed, null, null, BrokerageRefusals.OfRejectedBids.Single(code => code.Code == parts[3]));
            using var mandate = JsonDocument.Parse(Decode(parts[2]));
            return new CheckedBid(
                rid, AccountId.Parse(parts[0]), signed, BidBody.Parse(signed.Original.Body, session.Periods, session.Limits), MandateBody.Parse(mandate.RootElement), null);
        })]);
    }

    /// <summary>Clears with the bids in an order that a seed shuffles; 0 leaves them as they are.</summary>
    public EngineResult Clear(int threads, int shuffle = 0)
    {
        var bids = Bids.ToArray();
        if (shuffle != 0)
            new Random(shuffle).Shuffle(bids);
        return ClearingEngine.Clear(Session, InputRoot, Seed, bids, threads);
    }

    /// <summary>SHA-256 over every byte that the engine made but envelopes to the auditor, which are encrypted afresh.</summary>
    public static string DigestOf(EngineResult result)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(result.Result, BrokerageJson.Instance.ResultMessage));
        foreach (var curves in result.Curves)
            hash.AppendData(curves);
        foreach (var award in result.Awards)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{award.Account} {Jwk.Serialize(award.Key)} {award.Bid}")));
            hash.AppendData(award.Body);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// The child's part: clears a file's bids on a thread whose culture writes numbers and dates as no other does, and prints the result's digest and the hash of
    /// the engine that it runs.
    /// </summary>
    public static int Run(string path, string threads, string shuffle)
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NegativeSign = "~";
        culture.NumberFormat.NumberDecimalSeparator = "·";
        culture.NumberFormat.NumberGroupSeparator = "'";
        culture.NumberFormat.NumberGroupSizes = [2];
        culture.DateTimeFormat.ShortDatePattern = "dd/yyyy/MM";
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = culture;
        var result = ReadFrom(path).Clear(int.Parse(threads, CultureInfo.InvariantCulture), int.Parse(shuffle, CultureInfo.InvariantCulture));
        Console.WriteLine($"{DigestOf(result)} {EngineHash.Of(typeof(ClearingEngine).Assembly).Digest} {TimeZoneInfo.Local.BaseUtcOffset.TotalMinutes} {-1.5}");
        return 0;
    }

    private static BidOrder OrderOf(int mtu, int number, int steps, Random random)
    {
        var side = number % 2 == 0 ? MarketSide.Sell : MarketSide.Buy;
        var direction = side == MarketSide.Sell ? 1 : -1;
        var price = side == MarketSide.Sell ? random.Next(-600, 3_000) : random.Next(1_000, 6_000);
        var ladder = new CallMarketStep[steps];
        for (var step = 0; step < steps; step++)
        {
            ladder[step] = new CallMarketStep(price, random.Next(1, 500));
            // Few prices, so that many steps meet at one.
            price += direction * 50 * random.Next(0, 4);
        }
        return new BidOrder(mtu, new CallMarketOrder(side, [.. ladder.Select(step => step with { Price = Math.Clamp(step.Price / 50 * 50, -50_000, 400_000) })]));
    }

    private static SessionMessage SessionOf(int periods, int steps, int minimumParties, AccountId auditor, PublicKey key) => new()
    {
        SessionId = Envelopes.NewId<AuctionSession>(), Zone = "10YXX-1001A0000X", DeliveryDay = "2025-06-03", Tz = "Europe/Zurich",
        Mtu = periods > 25 ? "PT15M" : "PT60M", Periods = periods, Start = 1_750_100_000_000, PriceTick = "0.01", QtyTick = "0.1", PMin = -50_000, PMax = 400_000,
        MaxSteps = steps, BidSize = BidSize.Of(periods, steps), MinParties = minimumParties, GateTime = 1_750_000_100_000, SeedDue = 1_750_000_200_000,
        ResultDue = 1_750_000_300_000, CurvesDue = 1_750_000_400_000, SessionKey = key, EngineKid = key.Thumbprint,
        EngineHash = EngineHash.Of(typeof(ClearingEngine).Assembly).Digest, AuditorVrfKey = key, Auditor = auditor, AuditorKey = key, Seal = SessionMessage.SealHsm,
    };

    private static byte[] Decode(string text) => Base64Url.TryDecode(text, out var bytes) ? bytes : throw new FormatException("A line of bids is damaged.");
}
