using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Tests.Consensus;

/// <summary>
/// Three real validators and a fourth that proposes what it should not. Each names the reason, votes for nil and goes on: the next proposer's block has the
/// transaction. <b>Source:</b> kernel.md section 3; E3 step 8.
/// </summary>
public class LyingProposerTests
{
    private static readonly Digest<MerkleNode> SomeRoot = Digest<MerkleNode>.Of("some root"u8);

    [Fact]
    public Task Block_BuiltByAnother_IsRefusedAsWrongProposer() => RefuseAsync("wrong_proposer", (liar, committee, ids) =>
        liar.Propose(liar.Header(SomeRoot) with { Builder = committee.Members[0].Account }, ids));

    [Fact]
    public Task Block_OnAnotherParent_IsRefusedAsUnknownParent() => RefuseAsync("unknown_parent", (liar, _, ids) =>
        liar.Propose(liar.Header(SomeRoot) with { Parent = Digest<Block>.Of("elsewhere"u8) }, ids));

    [Fact]
    public Task Block_OfTheNextHeightsRules_IsRefusedAsMalformed() => RefuseAsync("malformed", (liar, _, ids) =>
        liar.Propose(liar.Header(SomeRoot) with { Rules = 2 }, ids));

    [Theory]
    [InlineData(-60)]
    [InlineData(5)]
    [InlineData(60)]
    public Task Block_WhoseTimeIsOff_IsRefusedAsBadTime(int seconds) => RefuseAsync("bad_time", (liar, _, ids) =>
        liar.Propose(liar.Header(SomeRoot) with { Time = DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeMilliseconds() }, ids));

    [Fact]
    public Task Block_OfTheParentsTime_IsRefusedAsBadTime() => RefuseAsync("bad_time", (liar, _, ids) =>
        liar.Propose(liar.Header(SomeRoot) with { Time = liar.Tip.Time.UnixMilliseconds }, ids));

    [Fact]
    public Task Block_OfAnotherRound_IsRefusedAsBadRound() => RefuseAsync("bad_round", (liar, _, ids) =>
        liar.Propose(liar.Header(SomeRoot) with { BuiltRound = 4 }, ids));

    [Fact]
    public Task Block_WithRandomnessOfAnotherKey_IsRefusedAsBadVrf() => RefuseAsync("bad_vrf", (liar, _, ids) =>
    {
        using var other = VrfKey.Create();
        var proof = liar.Proof(other);
        liar.Propose(liar.Header(SomeRoot) with { Randomness = Liar.Output(proof) }, ids, proof: proof);
    });

    [Fact]
    public Task Block_WithATransactionTwice_IsRefusedAsDuplicateTransaction() => RefuseAsync("duplicate_transaction", (liar, _, ids) =>
        liar.Propose(liar.Header(SomeRoot), [.. ids, .. ids]));

    [Fact]
    public Task Block_WithAnotherRoot_IsRefusedAsRootMismatch() => RefuseAsync("root_mismatch", (liar, _, ids) =>
        liar.Propose(liar.Header(SomeRoot), ids));

    [Fact]
    public Task Block_ThatSaysAcceptedOfWhatIsRefused_IsRefusedAsRootMismatch() => RefuseAsync("root_mismatch", (liar, committee, ids) =>
    {
        var refused = committee.Add("apples", by: 5_000);
        liar.HandOn(refused);
        var accepted = System.Text.Encoding.UTF8.GetBytes("""{"status":"accepted","events":[]}""");
        var id = Liar.IdOf(refused);
        liar.Propose(liar.Header(Liar.RootOf((id, accepted))), [id]);
    });

    [Fact]
    public Task Block_WhoseBodiesAreWithheld_IsRefusedAsBodyUnavailable() => RefuseAsync("body_unavailable", (liar, committee, _) =>
        liar.Propose(liar.Header(SomeRoot), [Liar.IdOf(committee.Add("apples"))]));

    [Fact]
    public Task Block_WithATransactionWithoutAuthority_IsRefusedAsStaleVerification() => RefuseAsync("stale_verification", (liar, committee, ids) =>
    {
        // The same jti for something else: kept by the others for a block that saw another order, and without a place beside the first.
        var rival = committee.Add("pears", jti: committee.LastJti);
        liar.HandOn(rival);
        liar.Propose(liar.Header(SomeRoot), [.. ids, Liar.IdOf(rival)]);
    });

    [Fact]
    public async Task Block_WithoutWorkThatIsDue_IsRefusedAsDueWorkMissing()
    {
        await using var committee = await StartAsync();
        var liar = new Liar(committee);
        await liar.AwaitTurnAsync();
        // Four blocks until the turn comes again; nobody proposes before it is due.
        var due = DateTimeOffset.UtcNow.AddSeconds(6);
        for (var block = 0; block < 3; block++)
            await committee.SendAsync(0, block == 0 ? committee.Alarm("nobody", due) : committee.Add("turns"));
        await liar.AwaitTurnAsync();
        var wait = due - DateTimeOffset.UtcNow;
        Assert.True(wait > TimeSpan.Zero, "the turn comes before the work is due");
        await Task.Delay(wait + TimeSpan.FromMilliseconds(10));
        var height = liar.Tip.Height + 1;
        liar.Propose(liar.Header(Liar.RootOf()), []);
        await RequireRefusalAsync(committee, "due_work_missing");
        await committee.AgreeAsync(height);
        Assert.True(committee.Members[0].Ledger!.TryReadBlock(height, out var decided));
        Assert.Equal("ring", Assert.Single(decided.Leaves).Due?.Timer);
    }

    [Fact]
    public async Task Proposer_OfTwoBlocksInOneRound_IsToldOfWithBoth()
    {
        await using var committee = await StartAsync();
        var liar = new Liar(committee);
        await liar.AwaitTurnAsync();
        var transaction = committee.Add("apples");
        liar.HandOn(transaction);
        liar.Propose(liar.Header(SomeRoot), [Liar.IdOf(transaction)]);
        liar.Propose(liar.Header(Digest<MerkleNode>.Of("another root"u8)), [Liar.IdOf(transaction)]);
        await WaitAsync(() => committee.Members.Take(3).All(member => !member.Evidence.IsEmpty), "evidence");
        Assert.True(committee.Members[0].Evidence.TryPeek(out var evidence));
        var blocks = new HashSet<Digest<Block>>();
        foreach (var message in new[] { evidence.First, evidence.Second })
        {
            Assert.True(ConsensusJws.TryReadProposal(message.ToArray(), out var jws, out var payload));
            Assert.Null(jws.Verify(committee.Members[3].Consensus.PublicKey));
            blocks.Add(payload.Block);
        }
        Assert.Equal(2, blocks.Count);
        await WaitAsync(() => committee.Members[0].Counter!.CountOf("apples") == 1, "the transaction is final");
    }

    [Fact]
    public async Task Proposal_SignedByWhoseTurnItIsNot_GetsNoVote()
    {
        await using var committee = await StartAsync();
        var liar = new Liar(committee);
        await liar.AwaitTurnAsync();
        await committee.SendAsync(0, committee.Add("turns"));
        await committee.AgreeAsync(liar.Tip.Height, andStandStill: true);
        var transaction = committee.Add("apples");
        liar.HandOn(transaction);
        liar.Propose(liar.Header(SomeRoot), [Liar.IdOf(transaction)]);
        await WaitAsync(() => committee.Members[0].Counter!.CountOf("apples") == 1, "the transaction is final");
        Assert.All(committee.Members.Take(3), member => Assert.DoesNotContain("root_mismatch", member.Ledger!.Consensus.InvalidProposals));
    }

    [Fact]
    public async Task Bodies_OfAnotherNode_AreVerifiedAgainAndAnswered()
    {
        await using var committee = await StartAsync();
        var liar = new Liar(committee);
        await liar.AwaitTurnAsync();
        var good = committee.Add("apples");
        var broken = committee.Add("apples");
        broken[^1] = broken[^1] == (byte)'A' ? (byte)'Q' : (byte)'A';
        liar.HandOn(good, broken);
        await WaitAsync(() => liar.Heard.OfType<BodyAnswers>().Count() >= 3, "an answer of each");
        foreach (var answers in liar.Heard.OfType<BodyAnswers>())
        {
            Assert.Equal(Liar.IdOf(good), Assert.Single(answers.Stored));
            Assert.Equal((Liar.IdOf(broken), "bad_signature"), Assert.Single(answers.Refused));
        }
        Assert.All(committee.Members.Take(3), member => Assert.Equal(1, member.Ledger!.Consensus.BodiesRefused["bad_signature"]));
        // The failed signature has not marked the id: with a valid one the same payload is taken.
        liar.HandOn(committee.Last);
        await WaitAsync(() => committee.Members[0].Counter!.CountOf("apples") == 2, "both are final");
    }

    [Fact]
    public async Task Bodies_ThatANodeDoesNotAnswer_AreSentToItAgain()
    {
        await using var committee = new Committee([1, 1, 1, 1]);
        // Two nodes that talk and one that is silent: nothing is decided, so that the transaction waits.
        await committee.StartAsync(0, 1);
        var liar = new Liar(committee);
        var waiting = committee.SendAsync(0, committee.Add("apples"));
        var counters = committee.Members[0].Ledger!.Consensus;
        await WaitAsync(() => counters.BodiesResent >= 1 && liar.Heard.OfType<Bodies>().Count() >= 2, "the second sending");
        Assert.Equal(1, counters.BodiesStoredElsewhere);
        liar.Send(new BodyAnswers([Liar.IdOf(committee.Last)], []));
        await WaitAsync(() => counters.BodiesStoredElsewhere == 2, "the answer");
        Assert.False(waiting.IsCompleted);
    }

    private static async Task<Committee> StartAsync()
    {
        // Checkpoint roots are the builder's to know; these tests lie about other things.
        var committee = new Committee([1, 1, 1, 1], new LedgerParameters { CheckpointIntervalBlocks = 10_000 });
        await committee.StartAsync(0, 1, 2);
        await committee.SendAsync(0, committee.Add("turns"));
        return committee;
    }

    private static async Task RefuseAsync(string reason, Action<Liar, Committee, IReadOnlyList<Digest<Transaction>>> lie)
    {
        await using var committee = await StartAsync();
        var liar = new Liar(committee);
        await liar.AwaitTurnAsync();
        var height = liar.Tip.Height + 1;
        var transaction = committee.Add("oranges");
        liar.HandOn(transaction);
        lie(liar, committee, [Liar.IdOf(transaction)]);
        await RequireRefusalAsync(committee, reason);
        await WaitAsync(() => committee.Members.Take(3).All(member => member.Counter!.CountOf("oranges") == 1), "the transaction is final");
        await committee.AgreeAsync(height);
        Assert.True(committee.Members[0].Ledger!.TryReadBlock(height, out var block));
        Assert.True(block.Header.BuiltRound >= 1, "the round went on");
        Assert.NotEqual(committee.Members[3].Account, block.Header.Builder);
    }

    private static Task RequireRefusalAsync(Committee committee, string reason) => WaitAsync(
        () => committee.Members.Take(3).All(member => member.Ledger!.Consensus.InvalidProposals.GetValueOrDefault(reason) >= 1),
        () => $"{reason}: {string.Join(" | ", committee.Members.Take(3).Select(member => string.Join(' ', member.Ledger!.Consensus.InvalidProposals)))}");

    private static Task WaitAsync(Func<bool> condition, string what) => WaitAsync(condition, () => what);

    private static async Task WaitAsync(Func<bool> condition, Func<string> what)
    {
        for (var attempt = 0; attempt < 1_000 && !condition(); attempt++)
            await Task.Delay(20);
        Assert.True(condition(), what());
    }
}
