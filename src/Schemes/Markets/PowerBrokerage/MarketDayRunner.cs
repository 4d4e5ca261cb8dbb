using System.Diagnostics;
using System.Globalization;
using Counterfoil.Client;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// Takes a day of a power exchange through the scheme on a sandbox: every bidder is a participant with an account, a key store and HTTP clients of its own; bids
/// are sealed, anchored and delivered; the gate passes; the engine opens and clears; every participant compares its own records and checks its execution.
/// </summary>
public static class MarketDayRunner
{
    private static readonly TimeSpan GateAfter = TimeSpan.FromHours(12);
    private const int SponsoredAtOnce = 1_000;
    private const int MaximumFailures = 100;

    /// <summary>Runs a day.</summary>
    /// <param name="day">The day.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told how far it is; may be called from several threads.</param>
    /// <param name="node">A sandbox node that plays the scheme's roles.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<MarketDayResult> RunAsync(
        MarketDay day, MarketDayOptions options, IProgress<MarketDayProgress>? progress, IWalkNode node, CancellationToken cancellation = default)
    {
        var run = new Run(day, options, progress, node, cancellation);
        try
        {
            return await run.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            run.Dispose();
        }
    }

    private sealed class Bidder(int number, DayBid bid)
    {
        public int Number => number;

        public DayBid Bid => bid;

        public Digest<Portfolio> Portfolio { get; } = Envelopes.NewId<Portfolio>();

        public Digest<Right> Mandate { get; } = Envelopes.NewId<Right>();

        /// <summary>What it keeps of its bid.</summary>
        public BookEntry? Sealed { get; set; }
    }

    private sealed class Run(MarketDay day, MarketDayOptions options, IProgress<MarketDayProgress>? progress, IWalkNode node, CancellationToken cancellation) : IDisposable
    {
        private readonly SchemeCard card = Catalogue.Of("D1");
        private readonly NodeClock clock = new();
        private readonly List<string> failures = [];
        private readonly Stopwatch total = Stopwatch.StartNew();
        private Genesis genesis = null!;
        private Party operatorParty = null!;
        private Party auditorParty = null!;
        private MarketPlace market = null!;
        private long bytes, signatures;
        private int records, verified, done;

        public async Task<MarketDayResult> RunAsync()
        {
            Directory.CreateDirectory(options.Folder);
            using (var probe = new NodeClient(node.Address))
            {
                genesis = await probe.GetGenesisAsync(cancellation).ConfigureAwait(false);
                await clock.SynchroniseAsync(probe, cancellation).ConfigureAwait(false);
            }
            operatorParty = new Party(PartyOf("operator", node.OpenOperatorKeys()) with { SigningKeyName = node.OperatorKeyName });
            auditorParty = Open("auditor");
            market = await MarketPlace.JoinAsync(card, operatorParty, genesis, cancellation).ConfigureAwait(false);
            using var auditor = new Auditor(auditorParty, genesis);

            var bidders = day.Bids(options.Orders).Select((bid, number) => new Bidder(number, bid)).ToList();
            await SponsorAsync(bidders).ConfigureAwait(false);
            var session = await OpenSessionAsync(auditor).ConfigureAwait(false);
            await ForEachAsync("bid", bidders, bidder => BidAsync(bidder, session.Session)).ConfigureAwait(false);
            var sealSeconds = total.Elapsed.TotalSeconds;

            await clock.MoveAsync(operatorParty.Node, new Timestamp(session.Session.GateTime), cancellation).ConfigureAwait(false);
            await WaitForReceiptAsync(SessionProofs.ClosingIdOf(session.Session)).ConfigureAwait(false);
            progress?.Report(new MarketDayProgress("open", 0, bidders.Count));
            var randomness = (await auditor.AddRandomnessAsync(session.Session, cancellation).ConfigureAwait(false)).Required();
            var cleared = await ClearAsync(session.Session, randomness.Id).ConfigureAwait(false);
            progress?.Report(new MarketDayProgress("open", bidders.Count, bidders.Count));
            foreach (var rejected in cleared.Rejected)
                Fail($"bid {rejected.Rid} was rejected as {rejected.Code}");

            // Past the interval of checkpoints, so that the last one proves every award.
            await clock.AdvanceAsync(operatorParty.Node, TimeSpan.FromSeconds(2 * genesis.Document.Parameters.CheckpointIntervalSeconds), cancellation).ConfigureAwait(false);
            await TouchAsync().ConfigureAwait(false);
            var verifying = Stopwatch.StartNew();
            await ForEachAsync("verify", bidders, bidder => VerifyAsync(bidder, session.Session)).ConfigureAwait(false);
            var outcome = await ReadOutcomeAsync(session.Session).ConfigureAwait(false);
            return Report(bidders, outcome, sealSeconds, cleared.ClearSeconds, verifying.Elapsed.TotalSeconds);
        }

        public void Dispose()
        {
            operatorParty?.Dispose();
            auditorParty?.Dispose();
        }

        /// <summary>Makes the participants' keys, and lets their accounts open on the operator's quota.</summary>
        private async Task SponsorAsync(List<Bidder> bidders)
        {
            var accounts = new AccountId[bidders.Count + 1];
            accounts[^1] = auditorParty.Account;
            await ForEachAsync("enrol", bidders, bidder =>
            {
                using var party = Open(NameOf(bidder));
                accounts[bidder.Number] = party.Account;
                return Task.CompletedTask;
            }).ConfigureAwait(false);
            foreach (var portion in accounts.Chunk(SponsoredAtOnce))
                (await operatorParty.SubmitAsync(
                    "accounts.sponsor", $$"""{"accounts":[{{string.Join(",", portion.Select(account => $"\"{account}\""))}}]}""", cancellation: cancellation)
                    .ConfigureAwait(false)).Required();
            (await auditorParty.SubmitAsync(
                auditorParty.Sign(auditorParty.Draft("accounts.open", "{}"u8), opensAccount: true), cancellation: cancellation).ConfigureAwait(false)).Required();
        }

        private async Task<SessionAnswer> OpenSessionAsync(Auditor auditor)
        {
            var gate = clock.Now + GateAfter;
            using var http = operatorParty.CreateSignedHttp(market.RoleAddress(TradingServer.RoleName));
            return (await new RoleClient(http).PostAsync("sessions", new SessionPlan
            {
                Zone = day.Zones.Length == 1 ? day.Zones[0][..Math.Min(16, day.Zones[0].Length)] : "POOLED",
                DeliveryDay = day.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Tz = day.TimeZone,
                Mtu = day.PeriodMinutes == 60 ? "PT60M" : "PT15M", Periods = day.Periods,
                Start = (gate + GateAfter).UnixMilliseconds,
                PriceTick = day.PriceTick.ToString(CultureInfo.InvariantCulture), QtyTick = day.QuantityTick.ToString(CultureInfo.InvariantCulture),
                PMin = day.MinimumPrice, PMax = day.MaximumPrice, MaxSteps = 25, MinParties = 1,
                GateTime = gate.UnixMilliseconds, SeedDue = (gate + TimeSpan.FromMinutes(10)).UnixMilliseconds,
                ResultDue = (gate + TimeSpan.FromHours(1)).UnixMilliseconds, CurvesDue = (gate + TimeSpan.FromDays(30)).UnixMilliseconds,
                Auditor = auditorParty.Account, AuditorVrfKey = auditor.VrfKey, AuditorKey = auditorParty.AgreementKey.PublicKey,
            }, MarketJson.Instance.SessionPlan, MarketJson.Instance.SessionAnswer, cancellation).ConfigureAwait(false)).Value;
        }

        /// <summary>A participant enrols its portfolio with a guarantee that covers its bid, mandates its own desk, seals the bid and puts it.</summary>
        private async Task BidAsync(Bidder bidder, SessionMessage session)
        {
            using var party = Open(NameOf(bidder));
            using var participant = new Participant(party, market);
            (await party.SubmitAsync(party.Sign(party.Draft("accounts.open", "{}"u8), opensAccount: true), cancellation: cancellation).ConfigureAwait(false)).Required();
            var body = new BidBody(bidder.Portfolio, [.. bidder.Bid.Orders.Select(order => new BidOrder(order.Period, order.Order))]);
            var cost = ExposureLimits.CostOf(body, session);
            var guarantee = decimal.Ceiling(cost);
            (await participant.RegisterPortfolioAsync(bidder.Portfolio, [], guarantee, cancellation).ConfigureAwait(false)).Required();
            (await participant.IssueMandateAsync(
                bidder.Mandate, bidder.Portfolio, RecordReader.Of(party), Math.Max(1, ExposureLimits.LargestQuantity(body)), guarantee, new Timestamp(session.CurvesDue), cancellation)
                .ConfigureAwait(false)).Required();
            var sealedBid = participant.SealBid(session, bidder.Mandate, body);
            (await participant.PutBidAsync(sealedBid, cancellation).ConfigureAwait(false)).Required();
            bidder.Sealed = participant.Book.Find(sealedBid.Record.Signed.Original.Rid);
            Interlocked.Add(ref bytes, 2L * sealedBid.Record.Sealed.Bytes.Length);
            Interlocked.Add(ref signatures, 15);
        }

        private async Task<ClearingAnswer> ClearAsync(SessionMessage session, Digest<Transaction> seed)
        {
            using var http = operatorParty.CreateSignedHttp(market.RoleAddress(TradingServer.RoleName));
            http.Timeout = TimeSpan.FromMinutes(10);
            var answer = (await new RoleClient(http).PostAsync(
                $"sessions/{session.SessionId}/clearing", new ClearingRequest(seed), MarketJson.Instance.ClearingRequest, MarketJson.Instance.ClearingAnswer, cancellation)
                .ConfigureAwait(false)).Value;
            Interlocked.Add(ref signatures, 3L * answer.Awards + 1);
            return answer;
        }

        /// <summary>A participant compares its bid and its award, reads the result, and checks its execution.</summary>
        private async Task VerifyAsync(Bidder bidder, SessionMessage session)
        {
            using var party = Open(NameOf(bidder));
            using var participant = new Participant(party, market);
            participant.Book.Add(bidder.Sealed!);
            AwardBody? award = null;
            await participant.LearnAsync(cancellation).ConfigureAwait(false);
            foreach (var entry in participant.Book.Rids.Select(rid => participant.Book.Find(rid)!).Where(entry => entry.Rtype is RecordTypes.Bid or RecordTypes.Award))
            {
                var finding = await participant.Checker.CheckAsync(entry.Rid, cancellation: cancellation).ConfigureAwait(false);
                Count(finding.IsMatch, $"{bidder.Bid.Participant}: {entry.Rtype} {entry.Rid}: {finding.Code}");
                if (entry.Rtype == RecordTypes.Award && participant.ReadAnswer(finding) is { } original)
                    award = AwardBody.Parse(original.Body);
            }
            var outcome = await participant.ReadResultAsync(session, cancellation).ConfigureAwait(false);
            Count(outcome is not null, $"{bidder.Bid.Participant}: the result does not fit the ledger");
            if (outcome is null)
                return;
            var execution = await participant.CheckExecutionAsync(session, bidder.Sealed!, award, outcome, cancellation).ConfigureAwait(false);
            foreach (var failure in execution.Failures)
                Fail($"{bidder.Bid.Participant}: {failure}");
        }

        private async Task<SessionOutcome?> ReadOutcomeAsync(SessionMessage session)
        {
            using var participant = new Participant(auditorParty, market);
            return await participant.ReadResultAsync(session, cancellation).ConfigureAwait(false);
        }

        private MarketDayResult Report(List<Bidder> bidders, SessionOutcome? outcome, double sealSeconds, double clearSeconds, double verifySeconds)
        {
            var zone = day.Published.Length > 0 ? day.Published[0].Zone : day.Zones[0];
            var published = day.Published.FirstOrDefault(prices => prices.Zone == zone);
            long?[] prices = outcome is null ? [] : [.. outcome.Message.Periods.Select(period => period.Price)];
            var comparison = outcome is null ? null : PriceComparison.Of(day, zone, prices);
            var periods = outcome is null ? [] : outcome.Message.Periods.Select((period, mtu) => new MarketDayPeriod(
                mtu + 1, zone, period.Price * day.PriceTick, published is null ? null : published.Prices[mtu] * day.PriceTick, period.Volume * day.QuantityTick)).ToList();
            return new MarketDayResult(
                outcome is not null && failures.Count == 0 && verified == records, periods, comparison?.Exact ?? 0, comparison?.Periods ?? 0,
                comparison?.MeanAbsoluteError(day.PriceTick, 3), bidders.Count, bidders.Count, records, verified, records - verified,
                new MarketDaySeconds(Round(sealSeconds), Round(clearSeconds), Round(verifySeconds), Round(total.Elapsed.TotalSeconds)))
            {
                Bytes = bytes, Signatures = signatures, Failures = [.. failures],
            };
        }

        // A block of its own, so that a checkpoint is due and made.
        private async Task TouchAsync() =>
            (await operatorParty.SubmitAsync("accounts.open", "{}", cancellation: cancellation).ConfigureAwait(false)).Required();

        private async Task WaitForReceiptAsync(Digest<Transaction> id)
        {
            for (var attempt = 0; attempt < 600; attempt++)
            {
                if ((await operatorParty.Node.GetReceiptAsync(id, cancellation).ConfigureAwait(false)).IsAccepted)
                    return;
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation).ConfigureAwait(false);
            }
            throw new NodeFaultException("The gate did not close.");
        }

        private async Task ForEachAsync(string phase, List<Bidder> bidders, Func<Bidder, Task> act)
        {
            done = 0;
            progress?.Report(new MarketDayProgress(phase, 0, bidders.Count));
            await Parallel.ForEachAsync(
                bidders, new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellation },
                async (bidder, _) =>
                {
                    await act(bidder).ConfigureAwait(false);
                    progress?.Report(new MarketDayProgress(phase, Interlocked.Increment(ref done), bidders.Count));
                }).ConfigureAwait(false);
        }

        private void Count(bool holds, string failure)
        {
            Interlocked.Increment(ref records);
            if (holds)
                Interlocked.Increment(ref verified);
            else
                Fail(failure);
        }

        private void Fail(string failure)
        {
            lock (failures)
                if (failures.Count < MaximumFailures)
                    failures.Add(failure);
        }

        private Party Open(string name) =>
            new(PartyOf(name, FileKeyStore.OpenOrCreate(Path.Combine(options.Folder, name), PassphraseSource.UnprotectedByChoice, flush: false)));

        private PartyOptions PartyOf(string name, IKeyStore keys) => new() { Name = name, Keys = keys, Node = node.Address, Net = genesis.Net, Clock = clock };

        // A unit's code need not be a file's name.
        private static string NameOf(Bidder bidder) => string.Create(CultureInfo.InvariantCulture, $"participant-{bidder.Number:D5}");

        private static double Round(double seconds) => Math.Round(seconds, 3);
    }
}
