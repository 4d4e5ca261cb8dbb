using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;

namespace Counterfoil.Contracts.Tests.Harness;

/// <summary>A whole ledger of one validator over a folder: signatures, pool, blocks, recovery.</summary>
internal sealed class SignedLedger : IAsyncDisposable
{
    private static readonly EphemeralSigningKey Consensus = TestAccount.KeyOf("consensus");
    private static readonly VrfKey Vrf = VrfKey.Import(Digest<VrfKey>.Of("test vrf key"u8).ToArray());

    private SignedLedger(Counterfoil.Ledger.Ledger ledger, KernelContracts kernel, ContractSet contracts)
    {
        Ledger = ledger;
        Kernel = kernel;
        Contracts = contracts;
    }

    public Counterfoil.Ledger.Ledger Ledger { get; }

    public KernelContracts Kernel { get; }

    public ContractSet Contracts { get; }

    public static async Task<SignedLedger> OpenAsync(TemporaryFolder folder, string contracts)
    {
        var parameters = new LedgerParameters();
        using var sections = JsonDocument.Parse(contracts);
        var genesis = Genesis.Create(new GenesisDocument
        {
            Format = 1,
            Name = "test",
            TimeMilliseconds = FixedClock.Start.AddHours(-1).ToUnixTimeMilliseconds(),
            Rules = 1,
            Sandbox = true,
            Validators = [new Validator("operator", AccountId.Of(Consensus.PublicKey), Consensus.PublicKey, Vrf.PublicKey, 1)],
            Parameters = parameters,
            Contracts = sections.RootElement,
        });
        var kernel = new KernelContracts();
        var set = new ContractSet(kernel.Accounts, kernel.All);
        var ledger = await Counterfoil.Ledger.Ledger.OpenAsync(genesis, set, new LedgerEnvironment
        {
            Clock = new FixedClock(),
            Disk = new FileDisk(folder.Path),
            ConsensusKey = Consensus,
            VrfKey = Vrf,
            Attachments = new NoAttachments(),
            Index = new EmptyIndex(),
        });
        return new SignedLedger(ledger, kernel, set);
    }

    public Submission Sign(string action, string argument, TestAccount by, bool opens = false)
    {
        var draft = TransactionDraft.Create(
            Ledger.Genesis.Net, by.Id, action, Encoding.UTF8.GetBytes(argument), Timestamp.From(FixedClock.Start), TimeSpan.FromSeconds(100));
        return Submission.Of(TransactionSigner.Sign(draft, by.Key, opens));
    }

    /// <summary>The code of each: of its outcome, or of the refusal at the door.</summary>
    public async Task<IReadOnlyList<string>> SendAsync(params IReadOnlyList<Submission> submissions)
    {
        var results = await Ledger.SubmitAsync(submissions).WaitAsync(TimeSpan.FromSeconds(60));
        return [.. results.Select(result => result.Refusal?.Code ?? result.Outcome!.Code ?? result.Outcome.Status)];
    }

    public Digest<Counterfoil.Ledger.State.LedgerState> Root() => Ledger.Read(Contracts.State.Root);

    public ValueTask DisposeAsync() => Ledger.DisposeAsync();

    private sealed class FixedClock : TimeProvider
    {
        public static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Start;
    }

    private sealed class NoAttachments : IAttachmentStore
    {
        public Task PutAsync(IReadOnlyList<AttachmentContent> attachments, CancellationToken cancellation) => Task.CompletedTask;
    }

    private sealed class EmptyIndex : ITransactionIndex
    {
        public long Height => 0;

        public TransactionPosition? Find(Digest<Transaction> id) => null;
    }
}
