using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Testing;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Opening;

/// <summary>
/// A market's ledger of one validator, whose keys and clock the test holds: it can do whatever an operator
/// can.
/// </summary>
internal sealed class Market : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly EphemeralSigningKey desk;
    private Ledger.Ledger ledger = null!;
    private int nextJti;

    private Market(EphemeralSigningKey consensus, EphemeralSigningKey desk, TurnedClock clock, Genesis genesis)
    {
        Consensus = consensus;
        this.desk = desk;
        Clock = clock;
        Genesis = genesis;
    }

    public EphemeralSigningKey Consensus { get; }

    public TurnedClock Clock { get; }

    public Genesis Genesis { get; }

    public EphemeralAgreementKey Engine { get; } = EphemeralAgreementKey.Create();

    public EphemeralAgreementKey Broker { get; } = EphemeralAgreementKey.Create();

    public long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public static Digest<SessionMark> NewSession() => new(RandomNumberGenerator.GetBytes(32));

    public static async Task<Market> OpenAsync(bool isSandbox = true, EphemeralSigningKey? consensus = null)
    {
        consensus ??= EphemeralSigningKey.Create();
        var desk = EphemeralSigningKey.Create();
        var node = EphemeralSigningKey.Create();
        var vrf = VrfKey.Create();
        var clock = new TurnedClock();
        var genesis = Genesis.Create(new GenesisDocument
        {
            Format = 1,
            Name = "market",
            TimeMilliseconds = clock.GetUtcNow().AddHours(-1).ToUnixTimeMilliseconds(),
            Rules = 1,
            Sandbox = isSandbox,
            Validators = [new Validator("operator", AccountId.Of(node.PublicKey), consensus.PublicKey, vrf.PublicKey, 1)],
            Parameters = new LedgerParameters(),
            Contracts = JsonSerializer.SerializeToElement(new { brokerage = desk.PublicKey }),
        });
        var market = new Market(consensus, desk, clock, genesis);
        var contract = new GateContract();
        market.ledger = await Ledger.Ledger.OpenAsync(genesis, new ContractSet(contract, contract), new LedgerEnvironment
        {
            Clock = clock,
            Disk = new FileDisk(market.folder.File("ledger")),
            ConsensusKey = consensus,
            VrfKey = vrf,
            NodeKey = node,
            Attachments = new NoAttachments(),
            Index = new NoIndex(),
        });
        return market;
    }

    /// <summary>Opens a session whose gate is in an hour.</summary>
    public async Task<Receipt> OpenSessionAsync(
        Digest<SessionMark> session, PublicKey sessionKey, string timer = "gate", string action = "session.open", string? engineKid = null)
    {
        var message = new SessionOpen(session, Now + 3_600_000, sessionKey, engineKid ?? Engine.PublicKey.ToString(), Timer: timer);
        return await SendAsync($"brokerage.{action}", JsonSerializer.Serialize(message, GateJson.Instance.SessionOpen));
    }

    public SealedBid Bid(PublicKey recipient, int size = 4096, string price = "3500")
    {
        var account = desk.PublicKey.Thumbprint;
        var original = RecordOriginal.Create(new RecordDraft
        {
            Rid = VaultRecord.NewId(),
            Rtype = "bid",
            Ver = 1,
            Market = "day-ahead",
            Iss = [account],
            Aud = [account],
            Iat = Now / 1000,
            Body = Encoding.UTF8.GetBytes($$"""{"price":{{price}}}"""),
        }).Value;
        var ciphertext = RecordSealer.Seal(
            SignedRecord.Sign(original, desk), [recipient, Broker.PublicKey], RecordPadding.ToSize(size)).Value;
        return new SealedBid(original.Rid, original.Ver, original.Digest, ciphertext.CtDigest, ciphertext.Bytes);
    }

    public async Task PutAsync(Digest<SessionMark> session, params SealedBid[] bids)
    {
        var puts = bids.Select(bid => JsonSerializer.Serialize(
            new BidPut(session, bid.Rid, bid.Ver, bid.Digest, bid.CtDigest), GateJson.Instance.BidPut));
        var results = await ledger.SubmitAsync([.. puts.Select(put => Submission.Of(Sign("brokerage.bid.put", put)))]).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.All(results, result => Assert.True(result.Outcome is { IsSuccess: true }, result.Refusal?.Code));
    }

    /// <summary>Passes the gate and gives the receipt of the session's due work.</summary>
    public async Task<Receipt> CloseAsync(Digest<SessionMark> session)
    {
        Clock.Advance(TimeSpan.FromHours(1));
        ledger.Wake();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var height = 1L; watch.Elapsed < TimeSpan.FromSeconds(30);)
        {
            if (!ledger.TryReadBlock(height, out var block))
            {
                await Task.Delay(5);
                continue;
            }
            for (var index = 0; index < block.Leaves.Count; index++)
                if (block.Leaves[index].Due is { } due && due.Id.Span.SequenceEqual(session.ToArray()))
                    return Receipt.Of(block, index);
            height++;
        }
        throw new TimeoutException("The session was not closed.");
    }

    /// <summary>
    /// The same receipt over a header that its holder of the validator's key, or of another, made up.
    /// </summary>
    public static Receipt Forge(Receipt receipt, Func<BlockHeader, BlockHeader> change, ISigningKey signer)
    {
        Assert.True(BlockHeader.TryParse(receipt.Header, out var header));
        header = change(header);
        var bytes = header.ToBytes();
        var vote = new BlockVote(header.Net, header.Height, 0, Digest<Block>.Of(bytes));
        var certificate = BlockCertificate.Assemble(vote, [Jws.Sign(BlockCertificate.PrecommitType, vote.ToBytes(), signer)]);
        return receipt with { Header = bytes, Certificate = System.Text.Json.Nodes.JsonNode.Parse(certificate.Bytes.Span)! };
    }

    public async ValueTask DisposeAsync()
    {
        await ledger.DisposeAsync();
        folder.Dispose();
    }

    private async Task<Receipt> SendAsync(string action, string argument)
    {
        var result = (await ledger.SubmitAsync([Submission.Of(Sign(action, argument))]).WaitAsync(TimeSpan.FromSeconds(60)))[0];
        Assert.True(result.Outcome is not null, result.Refusal?.Code);
        Assert.True(ledger.TryReadBlock(result.Height, out var block));
        return Receipt.Of(block, result.Index);
    }

    private byte[] Sign(string action, string argument)
    {
        var now = Clock.GetUtcNow().ToUnixTimeSeconds();
        var jti = $"jti-{Interlocked.Increment(ref nextJti)}";
        var payload = $$"""{"net":"{{Genesis.Net}}","iss":"{{AccountId.Of(desk.PublicKey)}}","jti":"{{jti}}","iat":{{now}},"exp":{{now + 60}},"act":"{{action}}","arg":{{argument}}}""";
        return Jws.SignCompactBytes("cf+jws", Encoding.UTF8.GetBytes(payload), desk);
    }

    private sealed class NoAttachments : IAttachmentStore
    {
        public Task PutAsync(IReadOnlyList<AttachmentContent> attachments, CancellationToken cancellation) => Task.CompletedTask;
    }

    private sealed class NoIndex : ITransactionIndex
    {
        public long Height => 0;

        public TransactionPosition? Find(Digest<Transaction> id) => null;
    }
}

internal sealed class TurnedClock : TimeProvider
{
    private DateTimeOffset now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Advance(TimeSpan length) => now += length;
}
