using Counterfoil.Cryptography.Jose;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Ledger.Tests.Consensus;

/// <summary>What a validator signs, and what it never signs again.</summary>
public class SigningTests
{
    [Fact]
    public async Task Validator_RestoredFromAnOldBackup_NeverSignsAgainAndFollows()
    {
        await using var committee = new Committee([1, 1, 1, 1]);
        await committee.StartAsync();
        await committee.SendAsync(0, committee.Add("apples"));
        await committee.AgreeAsync(1);
        foreach (var index in new[] { 2, 3 })
            await committee.StopAsync(index);
        var backup = committee.Members[1].Disk.Copy();
        // Two of four: they vote, and nothing is decided.
        var waiting = committee.SendAsync(0, committee.Add("apples"));
        await WaitAsync(() => committee.Members[1].Ledger!.Counters.Pool > 0);
        // Long enough for prevotes of nil where a stopped validator would propose.
        await Task.Delay(2_000);
        await committee.StopAsync(1);
        committee.Members[1].Disk = backup;
        await committee.StartAsync(1);
        await WaitAsync(() => committee.Members[1].Ledger!.Counters.Fault?.StartsWith("wal_behind", StringComparison.Ordinal) == true);
        await committee.StartAsync(2, 3);
        Assert.Equal("accepted", (await waiting).Outcome?.Status);
        await committee.AgreeAsync(2);
        // Also after the next start.
        await committee.StopAsync(1);
        await committee.StartAsync(1);
        for (var i = 0; i < 4; i++)
            await committee.SendAsync(1, committee.Add("apples"));
        await committee.AgreeAsync(3);
        Assert.Equal(0, committee.Members[1].Ledger!.Consensus.BlocksBuilt);
        Assert.Equal(6, committee.Members[1].Counter!.CountOf("apples"));
    }

    [Fact]
    public async Task Validator_StoppedInTheMiddleOfAHeight_SaysAgainWhatItSaidAndNothingElse()
    {
        await using var committee = new Committee([1, 1, 1, 1]);
        var seen = new Dictionary<string, HashSet<string>>();
        committee.Network.Watch = message =>
        {
            var bytes = PeerMessage.Parse(message) switch
            {
                SignedProposal proposal => proposal.Jws,
                SignedVote vote => vote.Jws,
                _ => null,
            };
            if (bytes is null)
                return;
            var jws = Jws.ParseCompact(bytes).Value;
            var payload = System.Text.Encoding.UTF8.GetString(jws.Payload.Span);
            var place = $"{jws.Header.KeyId} {jws.Header.Type} {payload[..payload.IndexOf(",\"block\"", StringComparison.Ordinal)]}";
            lock (seen)
                (seen.TryGetValue(place, out var said) ? said : seen[place] = []).Add(payload);
        };
        await committee.StartAsync(0, 1);
        var waiting = committee.SendAsync(0, committee.Add("apples"));
        for (var restart = 0; restart < 4; restart++)
        {
            await Task.Delay(300);
            await committee.StopAsync(1);
            await committee.StartAsync(1);
        }
        await committee.StartAsync(2, 3);
        Assert.Equal("accepted", (await waiting).Outcome?.Status);
        await committee.AgreeAsync(1);
        lock (seen)
            Assert.All(seen, said => Assert.Single(said.Value));
        Assert.NotEmpty(seen);
    }

    [Fact]
    public async Task Validator_ThatContradictsItself_IsToldOfWithBothMessages()
    {
        await using var committee = new Committee([1, 1, 1, 1]);
        await committee.StartAsync(0, 1, 2);
        await committee.SendAsync(0, committee.Add("apples"));
        var height = await HeightAsync(committee);
        var liar = committee.Members[3];
        var port = committee.Network.Join(liar.Account);
        port.Start(new Deaf());
        foreach (var block in new Cryptography.Digest<Block>?[] { null, Cryptography.Digest<Block>.Of("a"u8) })
        {
            var vote = ConsensusJws.Sign(VotePhase.Prevote, new BlockVote(committee.Genesis.Net, height + 1, 3, block), liar.Consensus);
            port.Send(committee.Members[0].Account, new SignedVote(vote).ToBytes(), PeerLane.Agreement);
        }
        await WaitAsync(() => !committee.Members[0].Evidence.IsEmpty);
        var evidence = committee.Members[0].Evidence.Single();
        Assert.NotEqual(evidence.First.ToArray(), evidence.Second.ToArray());
        foreach (var message in new[] { evidence.First, evidence.Second })
            Assert.True(Jws.VerifyCompact(message, liar.Consensus.PublicKey, new JwsExpectation { Type = ConsensusJws.PrevoteType }).TryGet(out _));
        Assert.Equal("accepted", (await committee.SendAsync(1, committee.Add("apples"))).Outcome?.Status);
    }

    private static async Task<long> HeightAsync(Committee committee)
    {
        await committee.AgreeAsync(1);
        return committee.Members[0].Ledger!.Tip.Height;
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 1_000 && !condition(); attempt++)
            await Task.Delay(20);
        Assert.True(condition());
    }

    private sealed class Deaf : IPeerListener
    {
        public void Connected(AccountId peer)
        {
        }

        public void Disconnected(AccountId peer)
        {
        }

        public void Received(AccountId from, ReadOnlyMemory<byte> message)
        {
        }
    }
}
