using System.Text.Json;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Client.Tests;

public sealed class OutboxTests : IDisposable
{
    private const long Start = 1_700_000_000_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly OutboxOrder Order = OutboxOrder.Of("session-1/close", "test.close", """{"session":1}"""u8.ToArray());

    private readonly TestChain chain = new();
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        chain.Dispose();
        patience.Dispose();
    }

    [Fact]
    public async Task Send_LineBreaksOff_SendsTheSameBytesAgain()
    {
        var sends = 0;
        using var node = new TestNode(asked => asked.Path == "/transactions" && ++sends < 3 ? null : Accepted(asked));
        using var party = new TestParty(node.Address, chain.Genesis);
        using var database = Database.Open($"sqlite:{party.File("outbox.db")}");
        var outbox = new Outbox(database, party.Party, chain.Verifier, Pause);

        var result = await outbox.SendAsync(Order, patience.Token);

        Assert.True(result.Answer.IsAccepted);
        var sent = node.Requests.Where(asked => asked.Path == "/transactions").Select(asked => asked.Text).ToList();
        Assert.Equal(3, sent.Count);
        Assert.Single(sent.Distinct());
        Assert.Empty(outbox.Open());
    }

    [Fact]
    public async Task Send_SameNameAgain_GivesTheFirstAnswerWithoutSending()
    {
        using var node = new TestNode(Accepted);
        using var party = new TestParty(node.Address, chain.Genesis);
        using var database = Database.Open($"sqlite:{party.File("outbox.db")}");
        var outbox = new Outbox(database, party.Party, chain.Verifier, Pause);

        var first = await outbox.SendAsync(Order, patience.Token);
        var second = await new Outbox(database, party.Party, chain.Verifier, Pause).SendAsync(Order, patience.Token);

        Assert.Equal(first.Transaction, second.Transaction);
        Assert.True(second.Answer is { IsAccepted: true, Repeat: true });
        Assert.Single(node.Requests);
    }

    [Fact]
    public async Task Send_SameNameOtherContent_IsAConflict()
    {
        using var node = new TestNode(Accepted);
        using var party = new TestParty(node.Address, chain.Genesis);
        using var database = Database.Open($"sqlite:{party.File("outbox.db")}");
        var outbox = new Outbox(database, party.Party, chain.Verifier, Pause);
        await outbox.SendAsync(Order, patience.Token);

        await Assert.ThrowsAsync<OutboxConflictException>(
            () => outbox.SendAsync(Order with { Argument = """{"session":2}"""u8.ToArray() }, patience.Token));
    }

    [Fact]
    public async Task Resume_AfterARestart_SendsTheJournalledBytes()
    {
        var isUp = false;
        using var crash = new Countdown(3);
        using var node = new TestNode(asked => isUp ? Accepted(asked) : Break(crash));
        using var party = new TestParty(node.Address, chain.Genesis);
        using var database = Database.Open($"sqlite:{party.File("outbox.db")}");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Outbox(database, party.Party, chain.Verifier, Pause).SendAsync(Order, crash.Token));
        var before = node.Requests[0].Text;
        isUp = true;

        var outbox = new Outbox(database, party.Party, chain.Verifier, Pause);
        Assert.Equal([Order.Key], outbox.Open());
        var results = await outbox.ResumeAsync(patience.Token);

        Assert.True(Assert.Single(results).Answer.IsAccepted);
        Assert.Equal(before, node.Requests[^1].Text);
    }

    [Fact]
    public async Task Send_RefusedAtOnce_IsDoneWithTheCode()
    {
        using var node = new TestNode(_ => Answer.Json("""[{"status":"refused","code":"unknown_action"}]"""));
        using var party = new TestParty(node.Address, chain.Genesis);
        using var database = Database.Open($"sqlite:{party.File("outbox.db")}");
        var outbox = new Outbox(database, party.Party, chain.Verifier, Pause);

        var result = await outbox.SendAsync(Order, patience.Token);

        Assert.Equal("unknown_action", result.Answer.Code);
        Assert.Empty(outbox.Open());
        Assert.Single(node.Requests);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Send_Expired_IsSignedAnewOnlyOnceACertifiedBlockIsPastIt(bool isForged, bool isSignedAnew)
    {
        // Bytes signed at Start have exp = Start + 60 s; the node claims a block long after.
        using var stranger = Cryptography.Keys.EphemeralSigningKey.Create();
        var late = chain.Header(9, Start + 600_000);
        string? first = null;
        using var seenEnough = new Countdown(isSignedAnew ? int.MaxValue : 5);
        using var node = new TestNode(asked => asked.Path switch
        {
            "/transactions" when first is null || first == asked.Text => Remember(ref first, asked),
            "/transactions" => Accepted(asked),
            "/blocks/9" when seenEnough.Count() => null,
            "/status" => Answer.Json(chain.StatusJson(9, Start + 600_000)),
            "/blocks/9" => Answer.Json(chain.BlockJson(late, isForged ? stranger : null)),
            _ => Answer.Problem(404, """{"code":"unknown_transaction"}"""),
        });
        using var party = new TestParty(node.Address, chain.Genesis, new FixedClock(Start));
        using var database = Database.Open($"sqlite:{party.File("outbox.db")}");
        var outbox = new Outbox(database, party.Party, chain.Verifier, Pause);

        if (isSignedAnew)
            Assert.True((await outbox.SendAsync(Order, patience.Token)).Answer.IsAccepted);
        else
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outbox.SendAsync(Order, seenEnough.Token));

        Assert.Equal(isSignedAnew ? 2 : 1, node.Requests.Where(asked => asked.Path == "/transactions").Select(asked => asked.Text).Distinct().Count());
    }

    [Fact]
    public async Task Send_ExpiredButANodeIsBusy_IsNotSignedAnew()
    {
        using var seenEnough = new Countdown(12);
        using var node = new TestNode(asked => asked.Path switch
        {
            "/transactions" => Answer.Json("""[{"status":"refused","code":"expired"}]"""),
            "/status" => Answer.Json(chain.StatusJson(9, Start + 600_000)),
            "/blocks/9" => Answer.Json(chain.BlockJson(chain.Header(9, Start + 600_000))),
            _ when seenEnough.Count() => null,
            _ => Answer.Problem(503, """{"code":"busy","transient":true}"""),
        });
        using var party = new TestParty(node.Address, chain.Genesis, new FixedClock(Start));
        using var database = Database.Open($"sqlite:{party.File("outbox.db")}");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new Outbox(database, party.Party, chain.Verifier, Pause).SendAsync(Order, seenEnough.Token));

        Assert.Single(node.Requests.Where(asked => asked.Path == "/transactions").Select(asked => asked.Text).Distinct());
    }

    private static Answer Remember(ref string? first, Asked asked)
    {
        first = asked.Text;
        return Answer.Json("""[{"status":"refused","code":"expired"}]""");
    }

    private static Answer? Break(Countdown crash)
    {
        crash.Count();
        return null;
    }

    private static Answer Accepted(Asked asked)
    {
        var compact = JsonSerializer.Deserialize<string[]>(asked.Text)![0];
        var id = TransactionParser.IdOf(System.Text.Encoding.ASCII.GetBytes(compact.Split('.')[1]));
        return Answer.Json($$$"""[{"id":"{{{id}}}","status":"final","height":1,"index":0,"outcome":{"status":"accepted"}}]""");
    }

    /// <summary>Cancels once something happened often enough: no test waits for a time.</summary>
    private sealed class Countdown(int count) : IDisposable
    {
        private readonly CancellationTokenSource source = new();
        private int left = count;

        public CancellationToken Token => source.Token;

        public bool Count()
        {
            if (Interlocked.Decrement(ref left) > 0)
                return false;
            source.Cancel();
            return true;
        }

        public void Dispose() => source.Dispose();
    }

    private sealed class FixedClock(long milliseconds) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }
}
