using System.Diagnostics;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;
using Microsoft.AspNetCore.Http;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

internal sealed partial class TradingServer
{
    private const int AwardsAtOnce = 200;

    private readonly Dictionary<Digest<AuctionSession>, SessionInput> inputs = [];

    /// <summary>Opens a session as the operator planned it: has its key made by the wrapper, then signs <c>session.open</c>.</summary>
    private async Task OpenSessionAsync(HttpContext http)
    {
        var plan = await RequestReader.ReadAsync(http, MarketJson.Instance.SessionPlan).ConfigureAwait(false);
        if (plan is null || !await organisation.IsOperatorAsync(context, http.RequireCaller().Account, http.RequestAborted).ConfigureAwait(false))
        {
            await answers.WriteAsync(http, BrokerageRefusals.NotParty, StatusCodes.Status403Forbidden).ConfigureAwait(false);
            return;
        }
        var id = Envelopes.NewId<AuctionSession>();
        var clearing = await EngineAsync(http.RequestAborted).ConfigureAwait(false);
        var key = (await new RoleClient(engineHttp).PostAsync(
            "session-keys", new SessionKeyRequest(id), MarketJson.Instance.SessionKeyRequest, MarketJson.Instance.SessionKeyAnswer, http.RequestAborted).ConfigureAwait(false)).Value.Key;
        var terms = new SessionMessage
        {
            SessionId = id, Zone = plan.Zone, DeliveryDay = plan.DeliveryDay, Tz = plan.Tz, Mtu = plan.Mtu, Periods = plan.Periods, Start = plan.Start,
            PriceTick = plan.PriceTick, QtyTick = plan.QtyTick, PMin = plan.PMin, PMax = plan.PMax, MaxSteps = plan.MaxSteps,
            BidSize = BidSize.Of(Math.Clamp(plan.Periods, 1, 100), Math.Clamp(plan.MaxSteps, 1, 256)), MinParties = plan.MinParties,
            GateTime = plan.GateTime, SeedDue = plan.SeedDue, ResultDue = plan.ResultDue, CurvesDue = plan.CurvesDue,
            SessionKey = key, EngineKid = clearing.EncryptionKey.Thumbprint, EngineHash = clearing.EngineHash,
            Auditor = plan.Auditor, AuditorVrfKey = plan.AuditorVrfKey, AuditorKey = plan.AuditorKey, Seal = SessionMessage.SealHsm,
        };
        var answer = await context.Party.SubmitAsync("brokerage.session.open", terms, BrokerageJson.Instance.SessionMessage, cancellation: http.RequestAborted).ConfigureAwait(false);
        if (!answer.IsAccepted)
        {
            await answers.WriteAsync(http, new RefusalCode(answer.Code!, "The ledger refused the session."), StatusCodes.Status422UnprocessableEntity).ConfigureAwait(false);
            return;
        }
        book.AddSession(terms, answer.Id);
        await answers.WriteAsync(http, new SessionAnswer(terms, answer.Id), MarketJson.Instance.SessionAnswer).ConfigureAwait(false);
    }

    /// <summary>Has a closed session opened and cleared by the engine, signs the result, and anchors an award for each used bid.</summary>
    private async Task ClearAsync(HttpContext http)
    {
        var request = await RequestReader.ReadAsync(http, MarketJson.Instance.ClearingRequest).ConfigureAwait(false);
        if (request is null || !await organisation.IsOperatorAsync(context, http.RequireCaller().Account, http.RequestAborted).ConfigureAwait(false)
            || !Digest<AuctionSession>.TryParse(http.Request.RouteValues["id"] as string, out var id) || book.FindSession(id) is not var (terms, transaction, _))
        {
            await answers.WriteAsync(http, BrokerageRefusals.NotParty, StatusCodes.Status403Forbidden).ConfigureAwait(false);
            return;
        }
        var opening = await ReceiptAsync(transaction, http.RequestAborted).ConfigureAwait(false);
        var closing = await ReceiptAsync(SessionProofs.ClosingIdOf(terms), http.RequestAborted).ConfigureAwait(false);
        var seed = await SeedAsync(terms, request.SeedTransaction, http.RequestAborted).ConfigureAwait(false);
        if (opening is null || closing is null || seed is null)
        {
            await answers.WriteAsync(http, closing is null ? BrokerageRefusals.Sealed.With(("check", "closing_receipt")) : BrokerageRefusals.NotClosed, StatusCodes.Status422UnprocessableEntity).ConfigureAwait(false);
            return;
        }
        var opened = await new RoleClient(engineHttp).PostAsync(
            $"sessions/{id}/opening", new ClearingOrder(Element(opening), Element(closing), seed.Value), MarketJson.Instance.ClearingOrder,
            MarketJson.Instance.ClearingResult, http.RequestAborted).ConfigureAwait(false);
        if (!opened.TryGet(out var result, out var refusal))
        {
            await answers.WriteAsync(
                http, new Refusal(new RefusalCode(refusal.Code, refusal.Detail), [.. refusal.Facts.Select(fact => (fact.Key, fact.Value))]), StatusCodes.Status422UnprocessableEntity).ConfigureAwait(false);
            return;
        }
        var submitted = await PublishAsync(result, http.RequestAborted).ConfigureAwait(false);
        if (!submitted.IsAccepted)
        {
            await answers.WriteAsync(http, new RefusalCode(submitted.Code!, "The ledger refused the result."), StatusCodes.Status422UnprocessableEntity).ConfigureAwait(false);
            return;
        }
        book.SetResult(id, JsonSerializer.SerializeToUtf8Bytes(new SessionResultAnswer(
            submitted.Id, transaction, [.. result.Curves.Select((curves, mtu) => result.Result.Periods[mtu].IsWithheld ? "" : curves)]),
            MarketJson.Instance.SessionResultAnswer));
        var stopwatch = Stopwatch.StartNew();
        await AwardAsync(terms, result.Awards, http.RequestAborted).ConfigureAwait(false);
        await answers.WriteAsync(http, new ClearingAnswer(
            submitted.Id, result.Opened, result.Awards.Count, result.Result.Rejected, result.OpenSeconds, result.ClearSeconds, stopwatch.Elapsed.TotalSeconds),
            MarketJson.Instance.ClearingAnswer).ConfigureAwait(false);
    }

    /// <summary>The seed as a certified event tells it: of the auditor's transaction, or of the due work that fixed it alone.</summary>
    private async Task<Digest<SessionSeed>?> SeedAsync(SessionMessage terms, Digest<Transaction>? transaction, CancellationToken cancellation)
    {
        var genesis = await organisation.GenesisAsync(context, cancellation).ConfigureAwait(false);
        var id = transaction ?? SessionProofs.DueIdOf("seed", terms.SeedDue, terms.SessionId);
        if (await ReceiptAsync(id, cancellation).ConfigureAwait(false) is not { } receipt)
            return null;
        var (verified, _) = await new ReceiptVerifier(genesis).VerifyAsync(context.Party.Node, receipt, cancellation).ConfigureAwait(false);
        if (verified is null)
            return null;
        var happened = verified.Outcome.Events.FirstOrDefault(
            happened => happened.Type is "brokerage.seed_fixed" or "brokerage.seed_single" && happened["session"] == terms.SessionId.ToString());
        return happened is not null && Digest<SessionSeed>.TryParse(happened["seed"], out var seed) ? seed : null;
    }

    private async Task<SubmissionAnswer> PublishAsync(ClearingResult result, CancellationToken cancellation)
    {
        var attachments = new Dictionary<Digest<Attachment>, AttachmentContent>();
        foreach (var (period, mtu) in result.Result.Periods.Select((period, mtu) => (period, mtu)))
        {
            Base64Url.TryDecode(period.IsWithheld ? result.Withheld.First(withheld => withheld.Mtu == mtu).Content : result.Curves[mtu], out var bytes);
            var digest = Digest<Attachment>.Of(bytes);
            attachments[digest] = new AttachmentContent(digest, bytes, []);
        }
        return await context.Party.SubmitAsync(
            "brokerage.session.result", result.Result, BrokerageJson.Instance.ResultMessage, [.. attachments.Values], cancellation).ConfigureAwait(false);
    }

    private async Task AwardAsync(SessionMessage terms, IReadOnlyList<AwardOrderMessage> awards, CancellationToken cancellation)
    {
        var at = Timestamp.From(context.Clock.GetUtcNow());
        foreach (var portion in awards.Chunk(AwardsAtOnce))
        {
            var made = new (MadeRecord Record, AwardMessage Message)[portion.Length];
            Parallel.For(0, portion.Length, index => made[index] = MakeAward(terms, portion[index], at));
            var submitted = await context.Party.Node.SubmitAsync([.. made.Select(award => new Submission(
                context.Party.Sign(context.Party.Draft("brokerage.award.put", award.Message, BrokerageJson.Instance.AwardMessage)), [award.Record.Attachment]))],
                cancellation).ConfigureAwait(false);
            var notes = new List<DeliveryNote>();
            for (var index = 0; index < made.Length; index++)
            {
                submitted[index].Required();
                if (store.Put(made[index].Record.Signed, context.Party.Account.Thumbprint) is { } refusal)
                    throw new InvalidOperationException($"The server does not take its own award: {refusal.Code}.");
                notes.Add(new DeliveryNote(context.Party.Account, null, made[index].Message, made[index].Record.Salt, submitted[index].Id, null));
            }
            book.Add(notes);
        }
    }

    private (MadeRecord Record, AwardMessage Message) MakeAward(SessionMessage terms, AwardOrderMessage award, Timestamp at)
    {
        var original = RecordMaker.Write(RecordTypes.Award, award.Body, [context.Party.Account], [award.Account], at, terms.SessionId);
        // The desk reads the vault by its account's first key.
        var made = RecordMaker.Seal(SignedRecord.Sign(original, context.Party.SigningKey), [award.Key], [], RecordPadding.Blocks);
        var tag = ReaderTag.Of(award.Account.Thumbprint, made.Salt).As<DocumentReader>();
        made = made with { Attachment = made.Attachment with { Readers = [tag] } };
        var anchor = made.ToAnchor([RecordMaker.SignAnchor(context.Party.Net, original, context.Party.SigningKey)]);
        return (made, new AwardMessage
        {
            Rid = anchor.Rid, Rtype = anchor.Rtype, Ver = anchor.Ver, Session = anchor.Session, Digest = anchor.Digest, Sig = anchor.Sig, CtDigest = anchor.CtDigest,
            CtLen = anchor.CtLen,
        });
    }

    private async Task ResultAsync(HttpContext http)
    {
        if (!Digest<AuctionSession>.TryParse(http.Request.RouteValues["id"] as string, out var id) || book.FindSession(id) is not { Result.Length: > 0 } found)
        {
            await answers.WriteAsync(http, BrokerageRefusals.UnknownSession, StatusCodes.Status404NotFound).ConfigureAwait(false);
            return;
        }
        await answers.WriteAsync(http, StatusCodes.Status200OK, "application/json", found.Result).ConfigureAwait(false);
    }

    /// <summary>The path from a live bid to the input's root.</summary>
    private async Task ProofAsync(HttpContext http)
    {
        if (!Digest<AuctionSession>.TryParse(http.Request.RouteValues["id"] as string, out var id)
            || !Digest<AnchoredRecord>.TryParse(http.Request.RouteValues["rid"] as string, out var rid)
            || InputOf(id).Find(rid) is not { } proof)
        {
            await answers.WriteAsync(http, BrokerageRefusals.Forbidden, StatusCodes.Status404NotFound).ConfigureAwait(false);
            return;
        }
        await answers.WriteAsync(http, proof, MarketJson.Instance.InputProof).ConfigureAwait(false);
    }

    private SessionInput InputOf(Digest<AuctionSession> id)
    {
        lock (inputs)
        {
            if (inputs.TryGetValue(id, out var input))
                return input;
            var notes = new List<DeliveryNote>();
            for (var after = 0L; ;)
            {
                var portion = book.OfSession(id, after, InputsAtOnce);
                notes.AddRange(portion.Where(note => note.Anchor.Rtype == RecordTypes.Bid));
                if (portion.Count < InputsAtOnce)
                    break;
                after = portion[^1].Position;
            }
            input = new SessionInput(notes);
            // Bids come in until the gate: only a cleared session's input stays as it is.
            if (book.FindSession(id) is { Result.Length: > 0 })
                inputs.Add(id, input);
            return input;
        }
    }

    private static JsonElement Element(Receipt receipt)
    {
        using var document = JsonDocument.Parse(receipt.ToBytes());
        return document.RootElement.Clone();
    }

    /// <summary>A session's live bids in the order of their rids, with their leaves.</summary>
    private sealed class SessionInput
    {
        private readonly List<DeliveryNote> live;
        private readonly Digest<MerkleNode>[] leaves;

        public SessionInput(IEnumerable<DeliveryNote> notes)
        {
            live = [.. notes.GroupBy(note => note.Anchor.Rid).Select(versions => versions.MaxBy(note => note.Anchor.Ver)!).OrderBy(note => note.Anchor.Rid)];
            leaves = [.. live.Select(note => BrokerageContract.InputLeaf(note.Anchor.Rid, note.Anchor.Ver, note.Anchor.Digest, note.Anchor.CtDigest))];
        }

        public InputProof? Find(Digest<AnchoredRecord> rid)
        {
            var index = live.FindIndex(note => note.Anchor.Rid == rid);
            return index < 0 ? null : new InputProof(index, leaves.Length, MerkleTree.InclusionPath(leaves, index));
        }
    }
}
