using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Tests.Chain;

/// <summary>A real ledger of one validator over a disk of the test's, with a clock that the test turns.</summary>
internal sealed class TestLedger : IAsyncDisposable
{
    private TestLedger(Setup setup, Ledger ledger, CounterContract counter, ContractSet contracts)
    {
        Keys = setup;
        Ledger = ledger;
        Counter = counter;
        Contracts = contracts;
    }

    public Setup Keys { get; }

    public Ledger Ledger { get; }

    public CounterContract Counter { get; }

    public ContractSet Contracts { get; }

    public static async Task<TestLedger> OpenAsync(Setup setup, IDisk disk, long replayWorthASnapshot = 100_000)
    {
        var counter = new CounterContract();
        var contracts = new ContractSet(counter, counter);
        var ledger = await Ledger.OpenAsync(setup.Genesis, contracts, setup.Environment(disk) with { ReplayWorthASnapshot = replayWorthASnapshot });
        return new TestLedger(setup, ledger, counter, contracts);
    }

    public async Task<SubmissionResult> SendAsync(byte[] transaction) => (await Ledger.SubmitAsync([Submission.Of(transaction)]).WaitAsync(TimeSpan.FromSeconds(20)))[0];

    public Digest<LedgerState> Root() => Ledger.Read(Contracts.State.Root);

    public ValueTask DisposeAsync() => Ledger.DisposeAsync();
}

/// <summary>Keys, genesis and clock, which survive a restart of the ledger.</summary>
internal sealed class Setup
{
    private readonly EphemeralSigningKey consensus = EphemeralSigningKey.Create();
    private readonly VrfKey vrf = VrfKey.Create();
    private readonly EphemeralSigningKey node = EphemeralSigningKey.Create();
    private int nextJti;

    public Setup(LedgerParameters? parameters = null) => Genesis = Genesis.Create(new GenesisDocument
    {
        Format = 1,
        Name = "test",
        TimeMilliseconds = Clock.GetUtcNow().AddHours(-1).ToUnixTimeMilliseconds(),
        Rules = 1,
        Sandbox = true,
        Validators = [new Validator("operator", AccountId.Of(node.PublicKey), consensus.PublicKey, vrf.PublicKey, 1)],
        Parameters = parameters ?? new LedgerParameters(),
        Contracts = JsonSerializer.SerializeToElement(new { counter = new[] { Alice.PublicKey } }),
    });

    public EphemeralSigningKey Alice { get; } = EphemeralSigningKey.Create();

    public EphemeralSigningKey NodeKey => node;

    public AccountId AliceAccount => AccountId.Of(Alice.PublicKey);

    public ManualClock Clock { get; } = new();

    public Genesis Genesis { get; }

    public MemoryIndex Index { get; } = new();

    public LedgerEnvironment Environment(IDisk disk) => new()
    {
        Clock = Clock,
        Disk = disk,
        ConsensusKey = consensus,
        VrfKey = vrf,
        NodeKey = node,
        Attachments = new NoAttachments(),
        Index = Index,
    };

    public byte[] Add(string name, long by = 1, string? jti = null, long? expires = null) => Sign("counter.add", $$"""{"name":"{{name}}","by":{{by}}}""", jti, expires);

    public byte[] Sign(string action, string argument, string? jti = null, long? expires = null) =>
        Encoding.ASCII.GetBytes(Jws.SignCompact("cf+jws", Payload(AliceAccount, action, argument, jti, expires), Alice));

    public byte[] Payload(AccountId issuer, string action, string argument, string? jti = null, long? expires = null, string by = "")
    {
        var now = Clock.GetUtcNow().ToUnixTimeSeconds();
        jti ??= $"jti-{Interlocked.Increment(ref nextJti)}";
        return Encoding.UTF8.GetBytes($$"""{"net":"{{Genesis.Net}}","iss":"{{issuer}}",{{by}}"jti":"{{jti}}","iat":{{now}},"exp":{{expires ?? now + 60}},"act":"{{action}}","arg":{{argument}}}""");
    }
}

internal sealed class ManualClock : TimeProvider
{
    private DateTimeOffset now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Advance(TimeSpan length) => now += length;
}

internal sealed class NoAttachments : IAttachmentStore
{
    public Task PutAsync(IReadOnlyList<AttachmentContent> attachments, CancellationToken cancellation) => Task.CompletedTask;
}

internal sealed class MemoryIndex : ITransactionIndex
{
    private readonly ConcurrentDictionary<Digest<Transaction>, TransactionPosition> positions = new();

    public long Height { get; private set; }

    public TransactionPosition? Find(Digest<Transaction> id) => positions.TryGetValue(id, out var position) ? position : null;

    public void Add(StoredBlock block)
    {
        for (var index = 0; index < block.Leaves.Count; index++)
            positions[block.Leaves[index].Id] = new TransactionPosition(block.Header.Height, index);
        Height = block.Header.Height;
    }
}
