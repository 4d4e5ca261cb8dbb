using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Host.Tests.Parties;

/// <summary>The .NET client against a real node.</summary>
public sealed class PartyTests : IAsyncLifetime, IDisposable
{
    private static readonly AccountsJson Json = AccountsJson.Instance;

    private readonly TemporaryFolder folder = new();
    private readonly NodeClock clock = new();
    private TestNode test = null!;
    private ReceiptVerifier verifier = null!;
    private Party house = null!, guest = null!;

    public async Task InitializeAsync()
    {
        test = await TestNode.StartAsync();
        house = Open("house", FileKeyStore.Open(Path.Combine(test.Home, "keys"), PassphraseSource.UnprotectedByChoice), "node");
        guest = Open("guest", FileKeyStore.Create(folder.File("guest"), PassphraseSource.UnprotectedByChoice, flush: false), "sign");
        await clock.SynchroniseAsync(house.Node);
        verifier = new ReceiptVerifier(await house.Node.GetGenesisAsync());
        (await guest.OpenAccountAsync(house)).Required();
        (await house.SubmitAsync("accounts.define_asset", new DefineAssetMessage("TIP", "Tips", 2, 1_000, true, false), Json.DefineAssetMessage)).Required();
    }

    public async Task DisposeAsync()
    {
        house.Dispose();
        guest.Dispose();
        await test.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Receipt_OfATransfer_IsVerifiedOffline()
    {
        var answer = (await MintAsync(5)).Required();

        var receipt = (await guest.Node.GetReceiptAsync(answer.Id)).Value;

        Assert.Null(verifier.Verify(receipt, answer.Id, out var verified));
        Assert.Equal((answer.Height, "accepted"), (verified!.Header.Height, verified.Outcome.Status));
        Assert.Equal(ReceiptVerifier.OtherTransaction, verifier.Verify(receipt, Digest<Transaction>.Of("another"u8), out _));
        Assert.Equal(ReceiptRefusals.NotInBlock, verifier.Verify(receipt with { Outcome = """{"status":"refused","code":"x"}"""u8.ToArray() }, out _));
        Assert.Equal("unknown_transaction", (await guest.Node.GetReceiptAsync(Digest<Transaction>.Of("another"u8))).Refusal!.Code);
    }

    [Fact]
    public async Task Account_AfterMinting_HoldsTheUnits()
    {
        (await MintAsync(5)).Required();

        var account = (await guest.Node.GetAccountAsync(guest.Account)).Value;

        Assert.Equal([guest.SigningKey.PublicKey], account.Keys);
        Assert.Equal((UInt128)5, Assert.Single(account.Balances).Value);
    }

    [Fact]
    public async Task Submit_ManyWithARefusalAmongThem_AnswersEachInItsPlace()
    {
        var good = Mint(1);
        var tooMuch = Mint(5_000);

        var answers = await house.Node.SubmitAsync([Submission.Of(good), Submission.Of(tooMuch), Submission.Of("rubbish"u8.ToArray()), Submission.Of(good)]);

        Assert.Equal([null, "over_cap", "malformed", null], answers.Select(answer => answer.Code));
        Assert.Equal(answers[0].Id, answers[3].Id);
        var again = await house.SubmitAsync(good);
        Assert.True(again is { IsAccepted: true, Repeat: true });
        Assert.Equal(answers[0].Height, again.Height);
    }

    [Fact]
    public async Task Admit_Transaction_IsAcknowledgedByTheNodesKey()
    {
        var answer = Assert.Single(await house.Node.AdmitAsync([Submission.Of(Mint(1))]));

        var acknowledgement = Acknowledgement.Verify(answer.Acknowledgement!, house.SigningKey.PublicKey);
        Assert.Equal((verifier.Net, answer.Id), (acknowledgement!.Net, acknowledgement.Id));
    }

    [Fact]
    public async Task Blocks_OfOneNode_AreCertifiedAndWitnessed()
    {
        var height = (await MintAsync(2)).Required().Height;

        var block = (await guest.Node.GetBlockAsync(height)).Value;
        var witnessed = await BlockWitness.CompareAsync([guest.Node, house.Node], verifier, height);

        Assert.True(verifier.IsCertified(block));
        Assert.Equal((block.Id, false), (witnessed.Agreed, witnessed.IsForked));
        Assert.Equal("unknown_block", (await guest.Node.GetBlockAsync(height + 1_000)).Refusal!.Code);
    }

    [Fact]
    public async Task StateProof_AfterACheckpoint_ShowsValueAndAbsence()
    {
        (await MintAsync(7)).Required();
        // A checkpoint block holds the root of the state before it; time makes the next block one.
        for (var round = 0; round < 2; round++)
        {
            await clock.AdvanceAsync(house.Node, TimeSpan.FromSeconds(30));
            (await MintAsync(1, toHouse: true)).Required();
        }
        var known = test.Node.Ledger.Read(() => test.Node.Contracts.Accounts.TryGetAccount(guest.Account, out var row) ? row : default);
        var key = new AccountKey(guest.Account);
        var stranger = new AccountKey(AccountId.OfContract("nobody", "here"));

        var here = (await guest.Node.GetBucketAsync("accounts.accounts", StateProofs.BucketOf("accounts.accounts", key))).Value;
        var absent = (await guest.Node.GetBucketAsync("accounts.accounts", StateProofs.BucketOf("accounts.accounts", stranger))).Value;

        Assert.Null(StateProofs.VerifyValue(here, verifier.Trusted.Latest, "accounts.accounts", key, known));
        Assert.Equal(StateProofRefusals.NotProved, StateProofs.VerifyAbsence(here, verifier.Trusted.Latest, "accounts.accounts", key));
        Assert.Null(StateProofs.VerifyAbsence(absent, verifier.Trusted.Latest, "accounts.accounts", stranger));
        Assert.Equal("unknown_table", (await guest.Node.GetBucketAsync("no.table", 1)).Refusal!.Code);
    }

    [Fact]
    public async Task Events_FromTheBeginning_NameEveryBlock()
    {
        var height = (await MintAsync(2)).Required().Height;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        var heights = new List<long>();
        await foreach (var news in guest.Node.ReadEventsAsync(afterHeight: 0, patience.Token))
        {
            Assert.Equal((await guest.Node.GetBlockAsync(news.Height)).Value.Id, news.Id);
            heights.Add(news.Height);
            if (news.Height == height)
                break;
        }

        Assert.Equal(Enumerable.Range(1, (int)height).Select(each => (long)each), heights);
    }

    [Fact]
    public async Task Document_AbsentOrForbidden_LooksTheSame() =>
        Assert.Equal("forbidden", (await guest.GetDocumentAsync(Digest<Attachment>.Of("none"u8), new byte[32])).Refusal!.Code);

    [Fact]
    public async Task Outbox_TimeRunsOutBeforeTheNodeHears_SignsAnewAndExecutesOnce()
    {
        using var database = Database.Open($"sqlite:{folder.File("outbox.db")}");
        var outbox = new Outbox(database, house, verifier, TimeSpan.FromMilliseconds(20));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var argument = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new MintMessage(guest.Account, Units(3)), Json.MintMessage);
        // The party's clock is behind: what it signs is expired when the node sees it.
        await house.Node.AdvanceClockAsync(TimeSpan.FromMinutes(10));

        var sending = outbox.SendAsync(OutboxOrder.Of("tip-1", "accounts.mint", argument), patience.Token);
        await Task.Delay(200);
        Assert.False(sending.IsCompleted);
        await clock.SynchroniseAsync(house.Node);
        (await MintAsync(1, toHouse: true)).Required();
        var result = await sending;
        var again = await new Outbox(database, house, verifier).SendAsync(OutboxOrder.Of("tip-1", "accounts.mint", argument), patience.Token);

        Assert.True(result.Answer.IsAccepted);
        Assert.Equal(result.Transaction, again.Transaction);
        Assert.Equal((UInt128)3, (await guest.Node.GetAccountAsync(guest.Account)).Value.Balances.Values.Single());
    }

    private Task<SubmissionAnswer> MintAsync(uint units, bool toHouse = false) =>
        house.SubmitAsync("accounts.mint", new MintMessage((toHouse ? house : guest).Account, Units(units)), Json.MintMessage);

    private byte[] Mint(uint units) => house.Sign(house.Draft("accounts.mint", new MintMessage(guest.Account, Units(units)), Json.MintMessage));

    private Amount Units(uint units) => new(Asset.IdOf(house.Account, "TIP"), units);

    private Party Open(string name, IKeyStore keys, string signingKey) => new(new PartyOptions
    {
        Name = name,
        Keys = keys,
        Node = test.Node.Address,
        Net = test.Node.Ledger.Genesis.Net,
        Clock = clock,
        SigningKeyName = signingKey,
    });
}
