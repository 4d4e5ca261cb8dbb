using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;
using Counterfoil.Vault.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// The market operator's power trading server: keeps the originals of records for their parties, of a bid only what it cannot read until the opening, and says
/// what it knows in signed answers. It also opens sessions and has them cleared.
/// </summary>
internal sealed partial class TradingServer(MarketOrganisation organisation) : SchemeRole
{
    public const string RoleName = "trading-server";

    private const int InputsAtOnce = 500;

    private RoleContext context = null!;
    private SignedAnswers answers = null!;
    private OriginalStore store = null!;
    private DeliveryBook book = null!;
    private Database database = null!;
    private VaultMasterKey master = null!;
    private HttpClient engineHttp = null!;
    private EngineInfo? engine;

    public override string Name => RoleName;

    public override string Title => "Power trading server";

    public override void Map(IEndpointRouteBuilder routes, RoleContext context)
    {
        this.context = context;
        organisation.TradingServer = context.Party.Account;
        answers = new SignedAnswers(context);
        database = Database.Open(context.Database);
        master = OpenMaster(context.Folder);
        store = OriginalStore.Open(database, master, context.Clock);
        book = new DeliveryBook(database);
        engineHttp = context.Party.CreateSignedHttp(context.RoleAddress(ClearingEngineRole.RoleName));
        engineHttp.Timeout = TimeSpan.FromMinutes(10);

        routes.MapGet("/market", MarketAsync).WithPolicy(Policy.Public);
        routes.MapPost("/possession", ProvePossessionAsync).WithPolicy(Policy.SignedRequest);
        routes.MapPost("/portfolios", CoSignAsync).WithPolicy(Policy.SignedRequest);
        routes.MapPost("/records", TakeAsync).WithPolicy(Policy.SignedRequest);
        routes.MapGet("/records", ListAsync).WithPolicy(Policy.SignedRequest);
        routes.MapGet("/records/{rid}", FindAsync).WithPolicy(Policy.SignedRequest);
        routes.MapPost("/sessions", OpenSessionAsync).WithPolicy(Policy.SignedRequest);
        routes.MapPost("/sessions/{id}/clearing", ClearAsync).WithPolicy(Policy.SignedRequest);
        routes.MapPost("/sessions/{id}/originals", TakeOriginalsAsync).WithPolicy(Policy.SignedRequest);
        routes.MapGet("/sessions/{id}/inputs", InputsAsync).WithPolicy(Policy.SignedRequest);
        routes.MapGet("/sessions/{id}/result", ResultAsync).WithPolicy(Policy.Public);
        routes.MapGet("/sessions/{id}/proofs/{rid}", ProofAsync).WithPolicy(Policy.Public);
    }

    public override async Task RunAsync(RoleContext context, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        }
        finally
        {
            engineHttp.Dispose();
            database.Dispose();
            master.Dispose();
        }
    }

    // Beside the role's keys, in a folder that only the role's owner reads: a sandbox guards nothing more, an organisation puts its key store's passphrase there.
    private static VaultMasterKey OpenMaster(string folder)
    {
        var path = Path.Combine(folder, "originals.key");
        if (File.Exists(path))
            return new VaultMasterKey(File.ReadAllBytes(path));
        var secret = System.Security.Cryptography.RandomNumberGenerator.GetBytes(VaultMasterKey.Size);
        using (var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
            stream.Write(secret);
        return new VaultMasterKey(secret);
    }

    private async Task<EngineInfo> EngineAsync(CancellationToken cancellation) =>
        engine ??= (await new RoleClient(engineHttp).GetAsync("engine", MarketJson.Instance.EngineInfo, cancellation).ConfigureAwait(false)).Value;

    private async Task MarketAsync(HttpContext http)
    {
        var found = await EngineAsync(http.RequestAborted).ConfigureAwait(false);
        await answers.WriteAsync(http, new MarketInfo(
            context.Party.Account, context.Party.SigningKey.PublicKey, context.Party.AgreementKey.PublicKey, found.Account, found.Key, found.EncryptionKey,
            found.EngineHash, found.Custody), MarketJson.Instance.MarketInfo).ConfigureAwait(false);
    }

    /// <summary>Signs a broker's portfolio and guarantee: the operator takes both on.</summary>
    private async Task CoSignAsync(HttpContext http)
    {
        var caller = http.RequireCaller();
        var request = await RequestReader.ReadAsync(http, MarketJson.Instance.CoSignRequest).ConfigureAwait(false);
        var replyTo = SignedAnswers.EncryptionKeyOf(http);
        if (request is null || replyTo.IsUnset
            || OpenFor(request.Portfolio, RecordTypes.Portfolio, caller) is not { } portfolio || OpenFor(request.Guarantee, RecordTypes.Guarantee, caller) is not { } guarantee
            || GuaranteeBody.Parse(guarantee.Original.Body) is null)
        {
            await answers.WriteAsync(http, RequestReader.MalformedRequest, StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return;
        }
        var key = context.Party.SigningKey;
        await answers.WriteAsync(http, new CoSignAnswer(
            Envelopes.Seal(portfolio.AddSignature(key).Bytes.Span, replyTo), RecordMaker.SignAnchor(context.Party.Net, portfolio.Original, key),
            Envelopes.Seal(guarantee.AddSignature(key).Bytes.Span, replyTo), RecordMaker.SignAnchor(context.Party.Net, guarantee.Original, key)),
            MarketJson.Instance.CoSignAnswer).ConfigureAwait(false);
    }

    // Signed by the caller's key, for broker and operator, and by nobody else yet.
    private SignedRecord? OpenFor(string jwe, string rtype, Caller caller)
    {
        if (Envelopes.Open(jwe, context.Party.AgreementKey) is not { } bytes || !SignedRecord.Parse(bytes).TryGet(out var signed))
            return null;
        var original = signed.Original;
        return original.Rtype == rtype && original.Market == RecordMaker.Market && original.Iss.Count == 2
            && original.Iss[0] == caller.Account.Thumbprint && original.Iss[1] == context.Party.Account.Thumbprint
            && signed.Verify((account, kid) => account == caller.Account.Thumbprint && kid == caller.Key.Thumbprint ? caller.Key : null, [caller.Account.Thumbprint]) is null
            ? signed : null;
    }

    /// <summary>Takes originals from their authors, once the ledger has them.</summary>
    private async Task TakeAsync(HttpContext http)
    {
        var caller = http.RequireCaller();
        var request = await RequestReader.ReadAsync(http, MarketJson.Instance.DeliveriesMessage).ConfigureAwait(false);
        if (request is null || request.Deliveries.Count is 0 or > 64 || caller.Account.IsUnset)
        {
            await answers.WriteAsync(http, RequestReader.MalformedRequest, StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return;
        }
        var genesis = await organisation.GenesisAsync(context, http.RequestAborted).ConfigureAwait(false);
        var proofs = new Dictionary<Digest<Transaction>, IReadOnlyList<AnchorProof>>();
        var notes = new List<DeliveryNote>();
        foreach (var delivery in request.Deliveries)
        {
            if (!proofs.TryGetValue(delivery.Transaction, out var anchors))
                proofs.Add(delivery.Transaction, anchors = await ProveAsync(delivery.Transaction, delivery.Offer, genesis, http.RequestAborted).ConfigureAwait(false));
            var proof = anchors.FirstOrDefault(anchor => anchor.Anchor.Rid == delivery.Rid && anchor.Anchor.Ver == delivery.Ver);
            // Forbidden too where it is not anchored at all: who asks learns nothing.
            if (proof is null || !proof.Signers.Contains(caller.Account) || Store(delivery, proof, caller.Account) is not null)
            {
                await answers.WriteAsync(http, BrokerageRefusals.Forbidden, StatusCodes.Status404NotFound).ConfigureAwait(false);
                return;
            }
            notes.Add(new DeliveryNote(
                proof.Signers[0], proof.Signers.Count > 1 ? proof.Signers[1] : null, proof.Anchor, delivery.Salt, delivery.Transaction, delivery.Offer)
            {
                Portfolio = proof.Portfolio, Right = proof.Right, Desk = proof.Desk,
            });
        }
        book.Add(notes);
        await answers.WriteAsync(http, new DeliveredAnswer(notes.Count), MarketJson.Instance.DeliveredAnswer).ConfigureAwait(false);
    }

    private VaultRefusal? Store(DeliveryMessage delivery, AnchorProof proof, AccountId author)
    {
        if (delivery.Form == DeliveryMessage.FormSealed)
            return store.PutSealed(
                delivery.Rid.As<VaultRecord>(), delivery.Ver, proof.Anchor.Digest.As<RecordOriginal>(), delivery.Content, author.Thumbprint,
                [.. delivery.Audience.Concat(proof.Signers).Distinct().Select(account => account.Thumbprint)]);
        return delivery.Form == DeliveryMessage.FormSigned && SignedRecord.Parse(delivery.Content).TryGet(out var signed)
            && signed.Original.Digest == proof.Anchor.Digest.As<RecordOriginal>() && signed.Verify(proof.Keys) is null
            ? store.Put(signed, author.Thumbprint) : VaultRefusal.Forbidden;
    }

    private async Task<IReadOnlyList<AnchorProof>> ProveAsync(
        Digest<Transaction> transaction, Digest<Transaction>? offer, Genesis genesis, CancellationToken cancellation)
    {
        var receipt = await ReceiptAsync(transaction, cancellation).ConfigureAwait(false);
        var offered = offer is { } id ? await ReceiptAsync(id, cancellation).ConfigureAwait(false) : null;
        return AnchorProofs.Read(receipt, offered, genesis);
    }

    private async Task<Receipt?> ReceiptAsync(Digest<Transaction> id, CancellationToken cancellation) =>
        (await context.Party.Node.GetReceiptAsync(id, cancellation).ConfigureAwait(false)).TryGet(out var receipt, out _) ? receipt : null;

    private async Task ListAsync(HttpContext http)
    {
        var since = long.TryParse(http.Request.Query["since"], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : 0;
        var entries = new List<RecordEntry>();
        foreach (var entry in store.List(http.RequireCaller().Account.Thumbprint, since))
            if (book.Find(entry.Rid.As<AnchoredRecord>(), entry.Ver) is { } note)
                entries.Add(new RecordEntry(
                    entry.Position, note.Anchor.Rid, entry.Ver, note.Anchor.Rtype, note.Transaction, note.Salt, note.Anchor.Session, note.Offer));
        await answers.WriteAsync(http, new RecordList(entries), MarketJson.Instance.RecordList).ConfigureAwait(false);
    }

    private async Task FindAsync(HttpContext http)
    {
        long? version = long.TryParse(http.Request.Query["ver"], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : null;
        var replyTo = SignedAnswers.EncryptionKeyOf(http);
        var reading = Digest<VaultRecord>.TryParse(http.Request.RouteValues["rid"] as string, out var rid) && !replyTo.IsUnset
            ? store.Get(rid, version, http.RequireCaller().Account.Thumbprint) : null;
        if (reading?.Original is not { } original)
        {
            await (reading?.Refusal == VaultRefusal.DamagedDocument
                ? answers.WriteAsync(http, Damaged, StatusCodes.Status500InternalServerError)
                : answers.WriteAsync(http, BrokerageRefusals.Forbidden, StatusCodes.Status404NotFound)).ConfigureAwait(false);
            return;
        }
        var isSigned = original.Form == OriginalForm.Signed;
        await answers.WriteAsync(http, new RecordAnswer(
            rid.As<AnchoredRecord>(), original.Ver, isSigned ? DeliveryMessage.FormSigned : DeliveryMessage.FormSealed,
            isSigned ? System.Text.Encoding.ASCII.GetBytes(Envelopes.Seal(original.Bytes.Span, replyTo)) : original.Bytes.ToArray()),
            MarketJson.Instance.RecordAnswer).ConfigureAwait(false);
    }

    /// <summary>The server cannot read what it stored.</summary>
    public static readonly RefusalCode Damaged = new("damaged_document", "The server cannot read what it stored.");

    private async Task TakeOriginalsAsync(HttpContext http)
    {
        var request = await RequestReader.ReadAsync(http, MarketJson.Instance.OriginalsMessage).ConfigureAwait(false);
        if (http.RequireCaller().Account != organisation.Engine || request is null)
        {
            await answers.WriteAsync(http, BrokerageRefusals.Forbidden, StatusCodes.Status404NotFound).ConfigureAwait(false);
            return;
        }
        var count = 0;
        foreach (var text in request.Originals)
            // What takes a sealed copy's place is authentic by the digest that was anchored.
            if (Base64Url.TryDecode(text, out var bytes) && SignedRecord.Parse(bytes).TryGet(out var signed) && store.Put(signed, default) is null)
                count++;
        await answers.WriteAsync(http, new DeliveredAnswer(count), MarketJson.Instance.DeliveredAnswer).ConfigureAwait(false);
    }

    private async Task InputsAsync(HttpContext http)
    {
        if (http.RequireCaller().Account != organisation.Engine || !Digest<AuctionSession>.TryParse(http.Request.RouteValues["id"] as string, out var id))
        {
            await answers.WriteAsync(http, BrokerageRefusals.Forbidden, StatusCodes.Status404NotFound).ConfigureAwait(false);
            return;
        }
        var after = long.TryParse(http.Request.Query["after"], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : 0;
        var notes = book.OfSession(id, after, InputsAtOnce);
        await answers.WriteAsync(http, new InputsAnswer(
            [.. notes.Select(note => new InputRecord(note.Account, note.Anchor, note.Salt, note.CoSigner, note.Portfolio, note.Right, note.Desk))], notes.Count == InputsAtOnce ? notes[^1].Position : null),
            MarketJson.Instance.InputsAnswer).ConfigureAwait(false);
    }
}
