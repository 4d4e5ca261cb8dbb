using System.Text;
using System.Text.Json;
using Counterfoil.Contracts;
using Counterfoil.Contracts.Accounts;
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

namespace Counterfoil.Tools.Tests;

/// <summary>A ledger made by the real one on a real disk: accounts, keys that come and go, transfers, a scheme's inner movements, due work, snapshots.</summary>
internal sealed class TestChain : IAsyncDisposable
{
    private readonly SteppedClock clock;
    private readonly Ledger.Ledger ledger;
    private int nextJti;

    private TestChain(string folder, Ledger.Ledger ledger, TestKeys keys, SteppedClock clock, KernelContracts contracts)
    {
        (Folder, this.ledger, Keys, this.clock, Contracts) = (folder, ledger, keys, clock, contracts);
    }

    public string Folder { get; }

    public TestKeys Keys { get; }

    public KernelContracts Contracts { get; }

    public Ledger.Ledger Ledger => ledger;

    public static async Task<TestChain> OpenAsync(string folder, TestKeys keys, SteppedClock? clock = null)
    {
        clock ??= new SteppedClock();
        var contracts = new KernelContracts();
        var till = new TillContract(contracts.Accounts);
        var environment = new LedgerEnvironment
        {
            Clock = clock,
            Disk = new FileDisk(folder),
            ConsensusKey = keys.Consensus,
            VrfKey = keys.Vrf,
            NodeKey = keys.Node,
            Attachments = new NoAttachments(),
            Index = new NoIndex(),
        };
        var ledger = await Counterfoil.Ledger.Ledger.OpenAsync(keys.Genesis, new ContractSet(contracts.Accounts, [.. contracts.All, till]), environment);
        return new TestChain(folder, ledger, keys, clock, contracts);
    }

    /// <summary>Makes the ledger that most tests look at and closes it.</summary>
    public static async Task<TestKeys> MakeAsync(string folder)
    {
        var keys = new TestKeys();
        await using var chain = await OpenAsync(folder, keys);
        await chain.RunAsync();
        return keys;
    }

    /// <summary>Everything that Fsck knows to follow, one block each.</summary>
    public async Task RunAsync()
    {
        var (alice, bob, carol) = (Keys.Alice, Keys.Bob, EphemeralSigningKey.Create());
        var (coin, carolAccount) = (Keys.Coin, AccountId.Of(carol.PublicKey));
        await SendAsync(alice, "accounts.transfer", Transfer(AccountId.Of(bob.PublicKey), coin, "250"), "accepted");
        await SendAsync(bob, "accounts.transfer", Transfer(AccountId.Of(bob.PublicKey), coin, "241"), "same_account");
        await SendAsync(bob, "accounts.remove_key", $$"""{"kid":"{{bob.PublicKey.Thumbprint}}"}""", "last_key");
        await SendAsync(bob, "accounts.transfer", Transfer(carolAccount, coin, "50"), "accepted");
        await SendAsync(carol, "accounts.transfer", Transfer(AccountId.Of(bob.PublicKey), coin, "20"), "accepted", opens: true);
        await SendAsync(alice, "accounts.define_asset", GemDefinition, "accepted");
        await SendAsync(alice, "accounts.define_asset", GemDefinition, "asset_exists");
        var gem = Asset.IdOf(AccountId.Of(alice.PublicKey), "GEM");
        await SendAsync(alice, "accounts.mint", Transfer(carolAccount, gem, "900"), "accepted");
        await SendAsync(alice, "accounts.mint", Transfer(carolAccount, gem, "101"), "over_cap");
        await SendAsync(carol, "accounts.burn", $$$"""{"amount":{"asset":"{{{gem}}}","units":"100"}}""", "accepted");
        await SendAsync(alice, "till.pay", $$"""{"to":"{{carolAccount}}","asset":"{{coin}}","units":5}""", "accepted");
        await SendAsync(alice, "till.pay", $$"""{"to":"{{carolAccount}}","asset":"{{coin}}","units":13}""", "closed");
        await SendAsync(alice, "till.mint", $$"""{"to":"{{carolAccount}}","asset":"{{gem}}","units":7}""", "accepted");
        await SendAsync(carol, "till.burn", $$"""{"to":"{{carolAccount}}","asset":"{{gem}}","units":3}""", "accepted");

        var second = EphemeralSigningKey.Create();
        await SendAsync(bob, "accounts.rotate_key", RotateTo(second, bob), "accepted");
        await SendAsync(second, "accounts.transfer", Transfer(carolAccount, coin, "1"), "accepted", account: AccountId.Of(bob.PublicKey));
        await SendTogetherAsync(alice, EphemeralSigningKey.Create());

        var due = clock.GetUtcNow().AddSeconds(30).ToUnixTimeMilliseconds();
        await SendAsync(alice, "till.later", $$"""{"asset":"{{coin}}","units":40,"at":{{due}}}""", "accepted");
        ledger.WriteSnapshot();
        await WaitForSnapshotAsync();
        await WaitForDueWorkAsync();
        await SendAsync(alice, "accounts.transfer", Transfer(carolAccount, coin, "2"), "accepted");
    }

    public async Task<SubmissionResult> SendAsync(
        EphemeralSigningKey signer, string action, string argument, string expected, bool opens = false, AccountId account = default)
    {
        clock.Advance(TimeSpan.FromMilliseconds(700));
        var draft = DraftOf(account.IsUnset ? AccountId.Of(signer.PublicKey) : account, action, argument, []);
        var result = (await ledger.SubmitAsync([Submission.Of(TransactionSigner.Sign(draft, signer, opens))]).WaitAsync(TimeSpan.FromSeconds(30)))[0];
        Assert.Equal(expected, result.Refusal?.Code ?? result.Outcome!.Code ?? result.Outcome.Status);
        return result;
    }

    private async Task SendTogetherAsync(EphemeralSigningKey sponsor, EphemeralSigningKey joiner)
    {
        var draft = DraftOf(AccountId.Of(sponsor.PublicKey), "accounts.open", "{}", [AccountId.Of(joiner.PublicKey)]);
        var bytes = TransactionSigner.Assemble(draft, [TransactionSigner.SignPart(draft, joiner, opensAccount: true), TransactionSigner.SignPart(draft, sponsor)]);
        var result = (await ledger.SubmitAsync([Submission.Of(bytes)]).WaitAsync(TimeSpan.FromSeconds(30)))[0];
        Assert.Equal("accepted", result.Outcome?.Status);
    }

    private async Task WaitForSnapshotAsync()
    {
        // Checkpoints come every few blocks; each transfer makes one.
        for (var attempt = 0; attempt < 12 && !Directory.EnumerateFiles(Folder, "snapshot-*").Any(); attempt++)
            await SendAsync(Keys.Alice, "accounts.transfer", Transfer(AccountId.Of(Keys.Bob.PublicKey), Keys.Coin, "1"), "accepted");
        Assert.NotEmpty(Directory.EnumerateFiles(Folder, "snapshot-*"));
    }

    private async Task WaitForDueWorkAsync()
    {
        clock.Advance(TimeSpan.FromSeconds(90));
        ledger.Wake();
        for (var attempt = 0; attempt < 1_000 && !IsDueWorkDone(); attempt++)
            await Task.Delay(10);
        Assert.True(IsDueWorkDone());
    }

    private bool IsDueWorkDone() => ledger.TryReadBlock(ledger.Tip.Height, out var block) && block.Leaves.Any(leaf => leaf.Due is not null);

    public TransactionDraft DraftOf(AccountId issuer, string action, string argument, IReadOnlyList<AccountId> coSigners) => TransactionDraft.Create(
        Keys.Genesis.Net, issuer, action, Encoding.UTF8.GetBytes(argument), Timestamp.From(clock.GetUtcNow()), TimeSpan.FromSeconds(60), coSigners, $"jti-{++nextJti}");

    /// <summary>The argument that puts another key in the place of an account's first.</summary>
    public string RotateTo(EphemeralSigningKey next, EphemeralSigningKey first)
    {
        var proof = KeyPossession.Prove(Keys.Genesis.Net, AccountId.Of(first.PublicKey), next);
        return $$"""{"kid":"{{first.PublicKey.Thumbprint}}","key":{{JwkOf(next)}},"possession":"{{proof}}"}""";
    }

    private const string GemDefinition = """{"code":"GEM","name":"Gems","decimals":0,"cap":"1000","transferable":true,"shieldable":false}""";

    private static string Transfer(AccountId to, Digest<Asset> asset, string units) => $$$"""{"to":"{{{to}}}","amount":{"asset":"{{{asset}}}","units":"{{{units}}}"}}""";

    public static string JwkOf(EphemeralSigningKey key) => $$"""{"kty":"EC","crv":"P-256","x":"{{key.PublicKey.X}}","y":"{{key.PublicKey.Y}}"}""";

    public ValueTask DisposeAsync() => ledger.DisposeAsync();
}

/// <summary>The keys and the genesis of a test's ledger, so that a test can certify what it forged.</summary>
internal sealed class TestKeys
{
    public TestKeys(int maximumBlockTransactions = 4_096) => Genesis = Genesis.Create(new GenesisDocument
    {
        Format = 1,
        Name = "fsck <test> é",
        TimeMilliseconds = SteppedClock.Start.AddHours(-1).ToUnixTimeMilliseconds(),
        Rules = 1,
        Sandbox = true,
        Validators = [new Validator("operator & co", AccountId.Of(Node.PublicKey), Consensus.PublicKey, Vrf.PublicKey, 1)],
        Parameters = new LedgerParameters { CheckpointIntervalBlocks = 8, MaximumBlockTransactions = maximumBlockTransactions },
        Contracts = JsonDocument.Parse($$$"""
            {"accounts":{"accounts":[{"key":{{{TestChain.JwkOf(Alice)}}}},{"key":{{{TestChain.JwkOf(Bob)}}}}],
            "assets":[{"issuer":"{{{AccountId.Of(Alice.PublicKey)}}}","code":"COIN","name":"Coins","decimals":2,"cap":"1000000","transferable":true,"shieldable":false}],
            "balances":[{"account":"{{{AccountId.Of(Alice.PublicKey)}}}","asset":"COIN","units":"10000"}]}}
            """).RootElement,
    });

    public EphemeralSigningKey Alice { get; } = EphemeralSigningKey.Create();

    public EphemeralSigningKey Bob { get; } = EphemeralSigningKey.Create();

    public EphemeralSigningKey Consensus { get; } = EphemeralSigningKey.Create();

    public EphemeralSigningKey Node { get; } = EphemeralSigningKey.Create();

    public VrfKey Vrf { get; } = VrfKey.Create();

    public Genesis Genesis { get; }

    public Digest<Asset> Coin => Asset.IdOf(AccountId.Of(Alice.PublicKey), "COIN");

    /// <summary>A valid certificate for any block's header.</summary>
    public byte[] Certify(byte[] header, long height, EphemeralSigningKey? signer = null)
    {
        var vote = new BlockVote(Genesis.Net, height, 0, Digest<Block>.Of(header));
        return Jws.Assemble(vote.ToBytes(), [Jws.Sign(BlockCertificate.PrecommitType, vote.ToBytes(), signer ?? Consensus)]);
    }
}

internal sealed class SteppedClock : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private long milliseconds = Start.ToUnixTimeMilliseconds();

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Read(ref milliseconds));

    public void Advance(TimeSpan length) => Interlocked.Add(ref milliseconds, (long)length.TotalMilliseconds);
}

internal sealed class NoAttachments : IAttachmentStore
{
    public Task PutAsync(IReadOnlyList<AttachmentContent> attachments, CancellationToken cancellation) => Task.CompletedTask;
}

internal sealed class NoIndex : ITransactionIndex
{
    public long Height => 0;

    public TransactionPosition? Find(Digest<Transaction> id) => null;
}
