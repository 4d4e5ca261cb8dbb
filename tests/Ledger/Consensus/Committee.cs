using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Tests.Chain;
using Counterfoil.Ledger.Tests.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Tests.Consensus;

/// <summary>Several validators of one ledger in one process, each with keys, a disk and threads of its own.</summary>
internal sealed class Committee : IAsyncDisposable
{
    private readonly List<Member> members = [];
    private readonly EphemeralSigningKey alice = EphemeralSigningKey.Create();
    private int nextJti;

    public Committee(IReadOnlyList<long> weights, LedgerParameters? parameters = null)
    {
        foreach (var weight in weights)
            members.Add(new Member(weight));
        Genesis = Genesis.Create(new GenesisDocument
        {
            Format = 1,
            Name = "committee",
            TimeMilliseconds = DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds(),
            Rules = 1,
            Validators = [.. members.Select((member, index) => new Validator($"v{index}", member.Account, member.Consensus.PublicKey, member.Vrf.PublicKey, member.Weight))],
            Parameters = parameters ?? new LedgerParameters { CheckpointIntervalBlocks = 5 },
            Contracts = JsonSerializer.SerializeToElement(new { counter = new[] { alice.PublicKey } }),
        });
    }

    public TimeSpan GatherTime { get; init; } = TimeSpan.FromMilliseconds(20);

    public long BlocksWorthASnapshot { get; init; } = 1_000;

    public ThreadedNetwork Network { get; } = new();

    public Genesis Genesis { get; }

    public IReadOnlyList<Member> Members => members;

    public async Task StartAsync(params IReadOnlyList<int> which)
    {
        foreach (var index in which.Count == 0 ? Enumerable.Range(0, members.Count) : which)
        {
            var member = members[index];
            member.Counter = new CounterContract();
            member.Contracts = new ContractSet(member.Counter, member.Counter);
            member.Ledger = await Ledger.OpenAsync(Genesis, member.Contracts, new LedgerEnvironment
            {
                Clock = TimeProvider.System,
                Disk = member.Disk,
                ConsensusKey = member.Consensus,
                VrfKey = member.Vrf,
                NodeKey = member.Node,
                Attachments = new NoAttachments(),
                Index = new MemoryIndex(),
                Network = Network.Join(member.Account),
                BlocksWorthASnapshot = BlocksWorthASnapshot,
                GatherTime = GatherTime,
                Evidence = member.Evidence.Enqueue,
            });
        }
    }

    public async Task StopAsync(int index)
    {
        Network.Leave(members[index].Account);
        await members[index].Ledger!.DisposeAsync();
        members[index].Ledger = null;
    }

    /// <summary>The jti of the last transaction.</summary>
    public string LastJti { get; private set; } = "";

    /// <summary>The last transaction as it was signed.</summary>
    public byte[] Last { get; private set; } = [];

    public byte[] Add(string name, int by = 1, string? jti = null) => Sign("counter.add", $$"""{"name":"{{name}}","by":{{by}}}""", jti);

    public byte[] Alarm(string name, DateTimeOffset at) =>
        Sign("counter.alarm", $$"""{"name":"{{name}}","at":{{at.ToUnixTimeMilliseconds()}}}""", null);

    public byte[] Single(string name) => Sign("counter.single", $$"""{"name":"{{name}}"}""", null);

    /// <summary>A transaction that a newcomer signs, too: with the key that opens its account.</summary>
    public byte[] AddWith(ISigningKey newcomer, string name)
    {
        var draft = TransactionDraft.Create(
            Genesis.Net, AccountId.Of(alice.PublicKey), "counter.add", Encoding.UTF8.GetBytes($$"""{"name":"{{name}}","by":1}"""),
            Timestamp.From(DateTimeOffset.UtcNow), TimeSpan.FromSeconds(60), [AccountId.Of(newcomer.PublicKey)]);
        return TransactionSigner.Assemble(draft, [TransactionSigner.SignPart(draft, alice), TransactionSigner.SignPart(draft, newcomer, opensAccount: true)]);
    }

    private byte[] Sign(string action, string argument, string? jti)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        LastJti = jti ?? $"jti-{Interlocked.Increment(ref nextJti)}";
        var payload = $$"""{"net":"{{Genesis.Net}}","iss":"{{AccountId.Of(alice.PublicKey)}}","jti":"{{LastJti}}","iat":{{now}},"exp":{{now + 60}},"act":"{{action}}","arg":{{argument}} }""";
        Last = Encoding.ASCII.GetBytes(Jws.SignCompact("cf+jws", Encoding.UTF8.GetBytes(payload), alice));
        return [.. Last];
    }

    public async Task<SubmissionResult> SendAsync(int to, byte[] transaction) =>
        (await members[to].Ledger!.SubmitAsync([Submission.Of(transaction)]).WaitAsync(TimeSpan.FromSeconds(30)))[0];

    /// <summary>Waits until those that run stand at the same height, at least this one, and compares what they have.</summary>
    public async Task<Digest<LedgerState>> AgreeAsync(long height, bool andStandStill = false)
    {
        var running = members.Where(member => member.Ledger is not null).ToList();
        var until = DateTime.UtcNow.AddSeconds(30);
        while (running.Select(member => member.Ledger!.Tip.Height).Distinct().Count() > 1 || running[0].Ledger!.Tip.Height < height)
        {
            Assert.True(DateTime.UtcNow < until, string.Join(", ", running.Select(member => $"{member.Ledger!.Tip.Height} {member.Ledger.Counters.Fault}")));
            await Task.Delay(20);
        }
        if (andStandStill)
            while (running.Any(member => member.Ledger!.Counters.Pool > 0))
            {
                Assert.True(DateTime.UtcNow < until, "the pools are empty");
                await Task.Delay(20);
            }
        Assert.Single(running.Select(member => member.Ledger!.Tip.Block).Distinct());
        return Assert.Single(running.Select(member => member.Ledger!.Read(member.Contracts!.State.Root)).Distinct());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in members)
            if (member.Ledger is not null)
                await member.Ledger.DisposeAsync();
    }

    internal sealed class Member(long weight)
    {
        public long Weight => weight;

        public EphemeralSigningKey Consensus { get; } = EphemeralSigningKey.Create();

        public VrfKey Vrf { get; } = VrfKey.Create();

        public EphemeralSigningKey Node { get; } = EphemeralSigningKey.Create();

        public AccountId Account => AccountId.Of(Node.PublicKey);

        public FaultyDisk Disk { get; set; } = new();

        public System.Collections.Concurrent.ConcurrentQueue<EquivocationEvidence> Evidence { get; } = new();

        public CounterContract? Counter { get; set; }

        public ContractSet? Contracts { get; set; }

        public Ledger? Ledger { get; set; }
    }
}
