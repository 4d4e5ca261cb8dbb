using System.Collections.Concurrent;
using Counterfoil.Client;
using Counterfoil.Ledger.Admission;

namespace Counterfoil.Host.Tests.Cli.Networks;

/// <summary>
/// Clients that send to nodes at random, keep what was answered, and send what got no answer again, the same bytes, to any node.
/// </summary>
internal sealed class ScatteredLoad : IAsyncDisposable
{
    private const int LargestBatch = 20;
    private const int ExpiredSeconds = 150;

    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(4), Pause = TimeSpan.FromMilliseconds(30);

    private readonly TransferBank bank;
    private readonly NodeClient[] nodes;
    private readonly ConcurrentQueue<SentTransfer> unanswered = new();
    private readonly ConcurrentDictionary<string, int> unexpected = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> clients;

    public ScatteredLoad(TransferBank bank, IEnumerable<Uri> addresses, int count, Random random)
    {
        this.bank = bank;
        nodes = [.. addresses.Select(address => new NodeClient(address))];
        clients = [.. Enumerable.Range(0, count).Select(index => RunAsync(new Random(random.Next()), isAsync: index % 3 == 2))];
    }

    public long Expired { get; private set; }

    /// <summary>Answers that nobody should get, with how often.</summary>
    public IReadOnlyDictionary<string, int> Unexpected => unexpected;

    /// <summary>Ends the load, then has every transfer answered: by its place in a block, or as expired.</summary>
    public async Task SettleAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(clients);
        var patience = System.Diagnostics.Stopwatch.StartNew();
        var open = bank.Sent.Where(transfer => transfer.Answer is null).ToList();
        for (var turn = 0; open.Count > 0; turn++)
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(ExpiredSeconds), $"{open.Count} transfers have no answer, among them {open[0].Id}.");
            foreach (var portion in open.Chunk(500))
                await SendAsync(portion, nodes[turn % nodes.Length], isAsync: false);
            foreach (var transfer in open.Where(transfer => transfer.IsExpired).ToList())
                Expired++;
            open = [.. open.Where(transfer => transfer.Answer is null && !transfer.IsExpired)];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(clients);
        foreach (var node in nodes)
            node.Dispose();
        stopping.Dispose();
    }

    private async Task RunAsync(Random random, bool isAsync)
    {
        while (!stopping.IsCancellationRequested)
        {
            var batch = new List<SentTransfer>();
            while (batch.Count < LargestBatch && unanswered.TryDequeue(out var again))
                batch.Add(again);
            if (batch.Count == 0)
                batch = bank.Make(random.Next(1, LargestBatch));
            await SendAsync(batch, nodes[random.Next(nodes.Length)], isAsync);
            foreach (var transfer in batch.Where(transfer => transfer is { Answer: null, IsAcknowledged: false, IsExpired: false }))
                unanswered.Enqueue(transfer);
            await Task.Delay(Pause);
        }
    }

    private async Task SendAsync(IReadOnlyList<SentTransfer> transfers, NodeClient node, bool isAsync)
    {
        using var patience = new CancellationTokenSource(AnswerPatience);
        Submission[] submissions = [.. transfers.Select(transfer => Submission.Of(transfer.Bytes))];
        try
        {
            var answers = isAsync ? await node.AdmitAsync(submissions, patience.Token) : await node.SubmitAsync(submissions, patience.Token);
            for (var index = 0; index < transfers.Count; index++)
                Take(transfers[index], answers[index]);
        }
        catch (Exception fault) when (fault is NodeFaultException or NodeRefusedException or OperationCanceledException)
        {
            // No answer, or not now: the same bytes again, elsewhere.
        }
    }

    private void Take(SentTransfer transfer, SubmissionAnswer answer)
    {
        if (answer.Acknowledgement is not null)
            transfer.IsAcknowledged = true;
        else if (answer.IsFinal && transfer.Answer is not { } first)
            transfer.Answer = answer;
        else if (answer.IsFinal && (transfer.Answer!.Height, transfer.Answer.Index) != (answer.Height, answer.Index))
            Count($"{transfer.Id} has two places");
        else if (answer.Refusal is { Code: "expired" })
            transfer.IsExpired = true;
        else if (answer.Refusal is { Transient: false } refusal)
            Count(refusal.Code);
    }

    private void Count(string what) => unexpected.AddOrUpdate(what, 1, (_, count) => count + 1);
}
