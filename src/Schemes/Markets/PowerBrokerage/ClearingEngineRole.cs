using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Counterfoil.Client;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Vault.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// The clearing engine as a role: asks the wrapper for content keys, opens, clears, and hands result and originals to the trading server. Opened bids are in its
/// memory only, for as long as one request takes.
/// </summary>
internal sealed class ClearingEngineRole(MarketOrganisation organisation) : SchemeRole, IDisposable
{
    public const string RoleName = "clearing-engine";

    private const int FetchesAtOnce = 16;
    private const int OriginalBytesAtOnce = 2 * 1024 * 1024;

    private readonly SemaphoreSlim starting = new(1, 1);
    private RoleContext context = null!;
    private SignedAnswers answers = null!;
    private HttpClient tradingHttp = null!;
    private NodeClient vault = null!;
    private readonly EngineHash engineHash = EngineHash.Of(typeof(ClearingEngine).Assembly);
    private OpeningWrapperProcess? wrapper;

    public override string Name => RoleName;

    public override string Title => "Clearing engine";

    public override void Map(IEndpointRouteBuilder routes, RoleContext context)
    {
        this.context = context;
        organisation.Engine = context.Party.Account;
        answers = new SignedAnswers(context);
        tradingHttp = context.Party.CreateSignedHttp(context.RoleAddress(TradingServer.RoleName));
        vault = VaultAccess.Create(context.Party, context.Node);
        routes.MapGet("/engine", DescribeAsync).WithPolicy(Policy.Public);
        routes.MapPost("/session-keys", MakeKeyAsync).WithPolicy(Policy.SignedRequest);
        routes.MapPost("/sessions/{id}/opening", OpenAsync).WithPolicy(Policy.SignedRequest);
    }

    public override async Task RunAsync(RoleContext context, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (wrapper is not null)
                await wrapper.DisposeAsync().ConfigureAwait(false);
            vault.Dispose();
            tradingHttp.Dispose();
        }
    }

    public void Dispose() => starting.Dispose();

    private async Task<OpeningWrapperProcess> WrapperAsync(CancellationToken cancellation)
    {
        await starting.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var genesis = await organisation.GenesisAsync(context, cancellation).ConfigureAwait(false);
            return wrapper ??= await OpeningWrapperProcess.StartAsync(new OpeningWrapperOptions
            {
                Folder = Path.Combine(context.Folder, "opening-wrapper"),
                GenesisBytes = genesis.Bytes,
                Command = organisation.WrapperCommand,
                Custody = organisation.CustodyOn(genesis),
                ModulePath = organisation.ModulePath,
            }, cancellation).ConfigureAwait(false);
        }
        finally
        {
            starting.Release();
        }
    }

    private async Task DescribeAsync(HttpContext http)
    {
        var genesis = await organisation.GenesisAsync(context, http.RequestAborted).ConfigureAwait(false);
        var custody = organisation.CustodyOn(genesis) == OpeningCustody.File ? OpeningWrapper.FileCustody : OpeningWrapper.TokenCustody;
        var party = context.Party;
        await answers.WriteAsync(http, new EngineInfo(
            party.Account, party.SigningKey.PublicKey, party.AgreementKey.PublicKey, engineHash.Digest, engineHash.Text, custody),
            MarketJson.Instance.EngineInfo).ConfigureAwait(false);
    }

    private async Task MakeKeyAsync(HttpContext http)
    {
        var request = await RequestReader.ReadAsync(http, MarketJson.Instance.SessionKeyRequest).ConfigureAwait(false);
        if (request is null || http.RequireCaller().Account != organisation.TradingServer)
        {
            await answers.WriteAsync(http, BrokerageRefusals.NotParty, StatusCodes.Status403Forbidden).ConfigureAwait(false);
            return;
        }
        var process = await WrapperAsync(http.RequestAborted).ConfigureAwait(false);
        var key = await process.CreateSessionKeyAsync(request.SessionId, CancellationToken.None).ConfigureAwait(false);
        await answers.WriteAsync(http, new SessionKeyAnswer(key), MarketJson.Instance.SessionKeyAnswer).ConfigureAwait(false);
    }

    private async Task OpenAsync(HttpContext http)
    {
        var caller = http.RequireCaller().Account;
        if (caller != organisation.TradingServer && !await organisation.IsOperatorAsync(context, caller, http.RequestAborted).ConfigureAwait(false))
        {
            await answers.WriteAsync(http, BrokerageRefusals.NotParty, StatusCodes.Status403Forbidden).ConfigureAwait(false);
            return;
        }
        var request = await RequestReader.ReadAsync(http, MarketJson.Instance.ClearingOrder).ConfigureAwait(false);
        var genesis = await organisation.GenesisAsync(context, http.RequestAborted).ConfigureAwait(false);
        var opening = Receipt.Parse(Encoding.UTF8.GetBytes(request?.Opening.GetRawText() ?? ""));
        var closing = Receipt.Parse(Encoding.UTF8.GetBytes(request?.Closing.GetRawText() ?? ""));
        // The wrapper checks the same again, with a clock of its own: what is refused here costs nobody the fetching of bids.
        ClosedSession? session = null;
        var failed = opening is null ? SealedCheck.OpeningReceipt : closing is null ? SealedCheck.ClosingReceipt
            : new OpeningChecks(genesis, context.Clock).Check(opening, closing, out session);
        if (failed is not null || SessionProofs.TermsOf(opening!) is not { } terms || http.Request.RouteValues["id"] as string != terms.SessionId.ToString())
        {
            await answers.WriteAsync(
                http, BrokerageRefusals.Sealed.With(("check", failed ?? SealedCheck.SessionOpen)), StatusCodes.Status422UnprocessableEntity).ConfigureAwait(false);
            return;
        }
        var stopwatch = Stopwatch.StartNew();
        var inputs = await FetchInputsAsync(terms.SessionId, http.RequestAborted).ConfigureAwait(false);
        var documents = await FetchDocumentsAsync(inputs, http.RequestAborted).ConfigureAwait(false);
        var bids = inputs.Where(input => input.Anchor.Rtype == RecordTypes.Bid)
            .GroupBy(input => input.Anchor.Rid).Select(versions => versions.MaxBy(input => input.Anchor.Ver)!)
            .Where(input => documents.ContainsKey(input.Anchor.CtDigest)).ToList();
        var process = await WrapperAsync(http.RequestAborted).ConfigureAwait(false);
        var unwrapped = await process.OpenAsync(new OpeningRequest
        {
            SessionOpen = opening!,
            Closing = closing!,
            EngineKey = context.Party.AgreementKey.PublicKey,
            Bids = [.. bids.Select(bid => bid.Anchor.ToContent()).Select(anchor => new SealedBid(
                anchor.Rid, anchor.Ver, anchor.Digest, anchor.CtDigest, documents[anchor.CtDigest.As<Ledger.Transactions.Attachment>()]))],
        }, CancellationToken.None).ConfigureAwait(false);
        if (unwrapped.Refusal is { } refusal)
        {
            await answers.WriteAsync(http, BrokerageRefusals.Sealed.With(
                ("check", refusal.Check), ("bids", $"{bids.Count}"), ("known", $"{inputs.Count(input => input.Anchor.Rtype == RecordTypes.Bid)}")), StatusCodes.Status422UnprocessableEntity).ConfigureAwait(false);
            return;
        }
        var limits = ReadLimits(inputs, documents);
        var opened = new CheckedBid[bids.Count];
        Parallel.For(0, opened.Length, index => opened[index] = ClearingEngine.Open(
            new EngineBid(bids[index].Account, bids[index].Right ?? default, bids[index].Anchor, documents[bids[index].Anchor.CtDigest], unwrapped.Bids[index].Unwrap(context.Party.AgreementKey)),
            terms, organisation.TradingServer, limits));
        var openSeconds = stopwatch.Elapsed.TotalSeconds;

        stopwatch.Restart();
        var result = ClearingEngine.Clear(terms, session!.InputRoot, request!.Seed, opened, Environment.ProcessorCount);
        var clearSeconds = stopwatch.Elapsed.TotalSeconds;
        await HandOverAsync(terms.SessionId, opened, http.RequestAborted).ConfigureAwait(false);
        await answers.WriteAsync(http, new ClearingResult(
            result.Result, [.. result.Curves.Select(curves => Base64Url.Encode(curves))],
            [.. result.Withheld.Select(withheld => new WithheldCurves(withheld.Key, Base64Url.Encode(withheld.Value)))],
            [.. result.Awards.Select(award => new AwardOrderMessage(award.Account, award.Key, award.Bid, award.Body))], opened.Length, openSeconds, clearSeconds),
            MarketJson.Instance.ClearingResult).ConfigureAwait(false);
    }

    private async Task<List<InputRecord>> FetchInputsAsync(Digest<AuctionSession> session, CancellationToken cancellation)
    {
        var records = new List<InputRecord>();
        for (long? after = 0; after is not null;)
        {
            var portion = (await new RoleClient(tradingHttp).GetAsync(
                $"sessions/{session}/inputs?after={after}", MarketJson.Instance.InputsAnswer, cancellation).ConfigureAwait(false)).Value;
            records.AddRange(portion.Records);
            after = portion.Next;
        }
        return records;
    }

    // What the vault does not give is left out: then the bids do not make the input's root, and nothing is opened.
    private async Task<IReadOnlyDictionary<Digest<Ledger.Transactions.Attachment>, byte[]>> FetchDocumentsAsync(List<InputRecord> inputs, CancellationToken cancellation)
    {
        var documents = new ConcurrentDictionary<Digest<Ledger.Transactions.Attachment>, byte[]>();
        await Parallel.ForEachAsync(inputs, new ParallelOptions { MaxDegreeOfParallelism = FetchesAtOnce, CancellationToken = cancellation }, async (input, token) =>
        {
            var found = await vault.GetDocumentAsync(input.Anchor.CtDigest, input.Salt, context.Party.SigningKey.PublicKey, token).ConfigureAwait(false);
            if (found.TryGet(out var bytes, out _))
                documents[input.Anchor.CtDigest] = bytes;
        }).ConfigureAwait(false);
        return documents;
    }

    private MarketLimits ReadLimits(List<InputRecord> inputs, IReadOnlyDictionary<Digest<Ledger.Transactions.Attachment>, byte[]> documents)
    {
        var mandates = new Dictionary<Digest<Contracts.Rights.Right>, MandateBody>();
        var guarantees = new Dictionary<Digest<Portfolio>, GuaranteeBody>();
        // In the order of delivery, so that the last version of a guarantee counts.
        foreach (var (input, body) in inputs.Where(input => input.Anchor.Rtype != RecordTypes.Bid).AsParallel().AsOrdered()
            .Select(input => (input, ReadBody(input, documents))))
        {
            // What a record says of itself counts for nothing beyond what the ledger says of it.
            if (body is null)
                continue;
            if (input.Right is { } right && MandateBody.Parse(body.Original.Body) is { } mandate && mandate.Desk == input.Desk && mandate.Portfolio == input.Portfolio)
                mandates[right] = mandate;
            else if (input.Anchor.Rtype == RecordTypes.Guarantee && GuaranteeBody.Parse(body.Original.Body) is { } guarantee && guarantee.Portfolio == input.Portfolio)
                guarantees[guarantee.Portfolio] = guarantee;
        }
        return new MarketLimits(mandates, guarantees);
    }

    private SignedRecord? ReadBody(InputRecord input, IReadOnlyDictionary<Digest<Ledger.Transactions.Attachment>, byte[]> documents)
    {
        AccountId[] signers = input.CoSigner is { } other ? [input.Account, other] : [input.Account];
        return ClearingEngine.KeysOf(input.Anchor, signers) is { } keys && documents.TryGetValue(input.Anchor.CtDigest, out var ciphertext)
            && RecordOpener.Open(ciphertext, context.Party.AgreementKey, new RecordExpectation
            {
                Anchor = input.Anchor.ToContent(), Issuers = [.. signers.Select(account => account.Thumbprint)], Reader = context.Party.Account.Thumbprint,
                Market = RecordMaker.Market, Keys = keys,
            }).TryGet(out var signed) ? signed : null;
    }

    private async Task HandOverAsync(Digest<AuctionSession> session, CheckedBid[] opened, CancellationToken cancellation)
    {
        var portion = new List<string>();
        var bytes = 0;
        foreach (var bid in opened.Where(bid => bid.Signed is not null))
        {
            portion.Add(Base64Url.Encode(bid.Signed!.Bytes.Span));
            bytes += portion[^1].Length;
            if (bytes >= OriginalBytesAtOnce)
                await SendAsync().ConfigureAwait(false);
        }
        if (portion.Count > 0)
            await SendAsync().ConfigureAwait(false);

        async Task SendAsync()
        {
            _ = (await new RoleClient(tradingHttp).PostAsync(
                $"sessions/{session}/originals", new OriginalsMessage(portion), MarketJson.Instance.OriginalsMessage, MarketJson.Instance.DeliveredAnswer, cancellation)
                .ConfigureAwait(false)).Value;
            portion.Clear();
            bytes = 0;
        }
    }
}

/// <summary>A vault's documents, over connections whose requests cover the reader's salt.</summary>
internal static class VaultAccess
{
    public static NodeClient Create(Party party, Uri node) => new(party.CreateSignedHttp(node, options => options with
    {
        Components = [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.Of(NodeClient.ReaderSaltField)],
    }), ownsHttp: true);
}
