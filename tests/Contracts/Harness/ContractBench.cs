using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Harness;

/// <summary>
/// The kernel's contracts under the ledger's own executor, without consensus, disk and transaction signatures: what a block does, as fast as it can be
/// called. Keeps all blocks, so that they can be replayed into a fresh one.
/// </summary>
internal sealed class ContractBench
{
    public const string DefaultGenesisTime = "2026-01-01T00:00:00Z";

    private readonly Genesis genesis;
    private readonly Executor executor;
    private readonly List<BenchBlock> blocks = [];
    private long sequence;

    public ContractBench(
        string? genesis = null, LedgerParameters? parameters = null, Func<KernelContracts, Contract>? extra = null, IReadOnlyList<Validator>? validators = null,
        Func<KernelContracts>? kernel = null)
        : this(GenesisOf(genesis ?? "{}", parameters ?? new LedgerParameters(), validators), extra, kernel ?? (() => new KernelContracts()))
    {
    }

    private ContractBench(Genesis genesis, Func<KernelContracts, Contract>? extra, Func<KernelContracts> kernel)
    {
        this.genesis = genesis;
        Extra = extra;
        NewKernel = kernel;
        Kernel = kernel();
        Set = new ContractSet(Kernel.Accounts, [.. Kernel.All, Stranger, .. extra is null ? Array.Empty<Contract>() : [extra(Kernel)]]);
        Time = genesis.Time;
        executor = new Executor(Set, genesis);
        Set.State.BeginBlock(0);
        Set.Initialise(new BlockScope(Set.State, Set.System, Net, 0, Time, 1, genesis.Document.Parameters), genesis);
        Set.State.CommitBlock();
    }

    public KernelContracts Kernel { get; }

    public ContractSet Set { get; }

    /// <summary>Another contract, "stranger": what is not its own it may not touch.</summary>
    public ProbeContract Stranger { get; } = new("stranger");

    public Digest<Net> Net => genesis.Net;

    public long Height { get; private set; }

    /// <summary>The last block's time.</summary>
    public Timestamp Time { get; private set; }

    public IReadOnlyList<LedgerEvent> LastEvents { get; private set; } = [];

    private Func<KernelContracts, Contract>? Extra { get; }

    private Func<KernelContracts> NewKernel { get; }

    private static Genesis GenesisOf(string sections, LedgerParameters parameters, IReadOnlyList<Validator>? validators)
    {
        using var document = JsonDocument.Parse(sections);
        return Genesis.Create(new GenesisDocument
        {
            Format = Genesis.FormatVersion,
            Name = "bench",
            TimeMilliseconds = DateTimeOffset.Parse(DefaultGenesisTime, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(),
            Rules = 1,
            Validators = validators ?? [new Validator("bench", AccountId.Of(Anybody), Anybody, Anybody, 1)],
            Parameters = parameters,
            Contracts = document.RootElement,
        });
    }

    private static readonly PublicKey Anybody = EphemeralSigningKey.Create().PublicKey;

    /// <summary>A genesis section with these accounts open.</summary>
    public static string GenesisOf(params IEnumerable<TestAccount> accounts) => GenesisOf(accounts, "", "");

    public static string GenesisOf(IEnumerable<TestAccount> accounts, string assets, string balances, string sections = "")
    {
        var keys = string.Join(",", accounts.Select(account => $$"""{"key":{{JsonSerializer.Serialize(account.Key.PublicKey)}}}"""));
        return $$"""{"accounts":{"accounts":[{{keys}}],"assets":[{{assets}}],"balances":[{{balances}}]}{{sections}}}""";
    }

    /// <summary>One transaction in a block of its own.</summary>
    /// <returns>The outcome, or the refusal of its form or Check, which no block sees.</returns>
    public BenchResult Run(string action, string argument, params IReadOnlyList<TestAccount> signers) =>
        Block(new BenchTransaction(action, argument, signers))[0];

    public BenchResult RunWith(string action, string argument, byte[] attachment, params IReadOnlyList<TestAccount> signers) =>
        Block(new BenchTransaction(action, argument, signers) { Attachments = [attachment] })[0];

    /// <summary>Several transactions in one block, one second after the last.</summary>
    public IReadOnlyList<BenchResult> Block(params IReadOnlyList<BenchTransaction> transactions)
    {
        var results = new BenchResult[transactions.Count];
        var admitted = new List<(int Index, VerifiedTransaction Transaction)>();
        for (var index = 0; index < transactions.Count; index++)
            if (Admit(transactions[index], out var verified) is { } refusal)
                results[index] = new BenchResult(refusal.Code, [.. refusal.Facts], [], WasExecuted: false);
            else
                admitted.Add((index, verified!));
        var outcomes = Execute(Time + TimeSpan.FromSeconds(1), [.. admitted.Select(item => item.Transaction)]);
        for (var at = 0; at < admitted.Count; at++)
            results[admitted[at].Index] = outcomes[at];
        return results;
    }

    /// <summary>An empty block so much later: due work runs.</summary>
    /// <returns>What became of the due work.</returns>
    public IReadOnlyList<Outcome> Advance(TimeSpan length)
    {
        var (due, _) = ExecuteBlock(Time + length, []);
        return due;
    }

    public Digest<LedgerState> Root() => Set.State.Root();

    /// <summary>The same blocks again on a fresh state.</summary>
    public ContractBench Replay()
    {
        var again = new ContractBench(genesis, Extra, NewKernel);
        foreach (var block in blocks)
            again.ExecuteBlock(block.Time, [.. block.Transactions.Select(again.Reread)]);
        return again;
    }

    private VerifiedTransaction Reread(VerifiedTransaction original) => new()
    {
        Transaction = original.Transaction,
        Definition = Set.Actions[original.Transaction.Payload.Action],
        Message = Set.Actions[original.Transaction.Payload.Action].Parse(original.Transaction.Payload.Argument)!,
        Signers = original.Signers,
    };

    private Refusal? Admit(BenchTransaction given, out VerifiedTransaction? verified)
    {
        verified = null;
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, ++sequence);
        var seconds = Time.UnixSeconds;
        var payload = new TransactionPayload(
            Net, given.Signers[0].Id, [.. given.Signers.Select(signer => signer.Id)], Digest<ReplayKey>.Of(bytes), seconds, seconds + 100, given.Action,
            Encoding.UTF8.GetBytes(given.Argument));
        var transaction = new Transaction(bytes, Digest<Transaction>.Of(bytes), payload, []);
        if (!Set.Actions.TryGetValue(given.Action, out var definition))
            return TransactionRefusals.UnknownAction;
        if (definition.Parse(payload.Argument) is not { } message)
            return TransactionRefusals.MalformedArgument;
        var attachments = given.Attachments.ToDictionary(item => Digest<Attachment>.Of(item), item => (ReadOnlyMemory<byte>)item);
        if (!(definition.Attachments?.Invoke(message).ToHashSet() ?? []).SetEquals(attachments.Keys))
            return TransactionRefusals.AttachmentMismatch;
        if (definition.Check?.Invoke(new CheckContext(transaction, attachments), message) is { } refusal)
            return refusal;
        var claims = new List<Claim>();
        definition.Claims?.Invoke(payload, message, claims);
        verified = new VerifiedTransaction { Transaction = transaction, Definition = definition, Message = message, Signers = [.. given.Signers.Select(Signer)], Claims = claims };
        return null;
    }

    private VerifiedSigner Signer(TestAccount account)
    {
        var key = account.Key.PublicKey;
        var opens = Kernel.Accounts.StandingOf(account.Id) != AccountStanding.Open;
        return new VerifiedSigner(account.Id, key.Thumbprint, key, opens ? key : default);
    }

    private List<BenchResult> Execute(Timestamp time, IReadOnlyList<VerifiedTransaction> transactions) => ExecuteBlock(time, transactions).Results;

    private (List<Outcome> Due, List<BenchResult> Results) ExecuteBlock(Timestamp time, IReadOnlyList<VerifiedTransaction> transactions)
    {
        blocks.Add(new BenchBlock(time, transactions));
        Height++;
        Time = time;
        Set.State.BeginBlock(Height);
        var executed = executor.Execute(Height, time, Digest<VrfOutput>.Of(BitConverter.GetBytes(Height)), transactions);
        var leaves = executed.Leaves;
        Set.State.CommitBlock();
        executor.Committed(time);
        var due = leaves.Where(leaf => leaf.Entry is null).Select(leaf => leaf.Outcome).ToList();
        // In the order in which they were given, those that have no place in a block among them.
        var outcomes = leaves.Where(leaf => leaf.Entry is not null).ToDictionary(leaf => leaf.Id, leaf => leaf.Outcome);
        var results = transactions.Select(transaction => outcomes.TryGetValue(transaction.Transaction.Id, out var outcome)
            ? BenchResult.Of(outcome)
            : new BenchResult(executed.LeftOut.First(leftOut => leftOut.Transaction == transaction).Reason.Code, [], [], WasExecuted: false)).ToList();
        LastEvents = [.. leaves.SelectMany(leaf => leaf.Outcome.Events)];
        return (due, results);
    }

    private sealed record BenchBlock(Timestamp Time, IReadOnlyList<VerifiedTransaction> Transactions);
}

internal sealed record BenchTransaction(string Action, string Argument, IReadOnlyList<TestAccount> Signers)
{
    public IReadOnlyList<byte[]> Attachments { get; init; } = [];
}

internal sealed record BenchResult(string Code, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<LedgerEvent> Events, bool WasExecuted)
{
    public const string Accepted = "accepted";

    public static BenchResult Of(Outcome outcome) => new(outcome.Code ?? outcome.Status, outcome.Facts, outcome.Events, WasExecuted: true);

    public override string ToString() => Code;
}
