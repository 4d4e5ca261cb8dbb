using System.Buffers;
using System.Diagnostics;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>
/// The load of a measurement: each connection sends requests one after the other and waits for each answer. A sender is drawn among the connection's own share of
/// the accounts, the receiver among all.
/// </summary>
internal sealed class ClientLoad : IDisposable
{
    private static readonly byte[] Accepted = "\"outcome\":{\"status\":\"accepted\""u8.ToArray();
    private static readonly byte[] Admitted = "\"status\":\"admitted\""u8.ToArray();

    private readonly ClientPlan plan;
    private readonly Connection[] connections;
    private readonly byte[][] accounts;
    private long beginsAt;
    private long endsAt;

    public ClientLoad(ClientPlan plan)
    {
        this.plan = plan;
        Uri[] addresses = [.. plan.MoreAddresses.Prepend(plan.Address).Select(address => new Uri(address))];
        var terms = new TransferTerms(Digest<Net>.Parse(plan.Net), plan.Asset);
        var seed = Convert.FromHexString(plan.Seed);
        var signers = new TransferSigner[plan.Accounts];
        Parallel.For(0, plan.Accounts, index => signers[index] = new TransferSigner(BenchAccounts.SecretOf(seed, index), terms, new Random()));
        accounts = [.. signers.Select(signer => signer.AccountText)];
        connections = [.. Enumerable.Range(0, plan.Connections).Select(index =>
            new Connection(this, index, addresses[index % addresses.Length], [.. signers.Where((_, at) => at % plan.Connections == index)], new Random()))];
    }

    /// <summary>Signs what is to be sent later, on all processors.</summary>
    public void Presign()
    {
        var requests = (int)Math.Ceiling((double)plan.Presigned / (plan.Batch * plan.Connections));
        Parallel.ForEach(connections, connection => connection.Presign(requests));
        // What the signing left behind is not collected inside the window.
        GC.Collect();
    }

    /// <summary>Opens the connections and has everything compiled that a request needs, before anything is measured.</summary>
    public Task ConnectAsync(CancellationToken cancellation) => Task.WhenAll(connections.Select(connection => connection.ConnectAsync(cancellation)));

    public async Task<ClientResult> RunAsync(CancellationToken cancellation)
    {
        beginsAt = Stopwatch.GetTimestamp() + (long)(plan.WarmupSeconds * Stopwatch.Frequency);
        endsAt = beginsAt + (long)(plan.Seconds * Stopwatch.Frequency);
        var startsAt = Stopwatch.GetTimestamp();
        var running = Task.WhenAll(connections.Select(connection => Task.Run(() => connection.RunAsync(startsAt, cancellation), cancellation)));
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(plan.WarmupSeconds), cancellation)).ConfigureAwait(false);
        var used = Environment.CpuUsage.TotalTime;
        await running.ConfigureAwait(false);
        // Before the figures are put together, which is no load.
        used = Environment.CpuUsage.TotalTime - used;
        var endedAt = Stopwatch.GetTimestamp();
        var latencies = connections.SelectMany(connection => connection.Latencies).ToArray();
        Array.Sort(latencies);
        return new ClientResult
        {
            BeganAt = beginsAt,
            EndedAt = endedAt,
            ProcessorSeconds = used.TotalSeconds,
            Transfers = connections.Sum(connection => connection.Measured),
            TransfersInAll = connections.Sum(connection => connection.InAll),
            MedianMilliseconds = At(latencies, 0.50),
            P95Milliseconds = At(latencies, 0.95),
            P99Milliseconds = At(latencies, 0.99),
            Refused = connections.Select(connection => connection.Refused).FirstOrDefault(refused => refused is not null),
            Exhausted = connections.Any(connection => connection.IsExhausted),
        };
    }

    public void Dispose()
    {
        foreach (var connection in connections)
            connection.Dispose();
    }

    /// <summary>The value below which a share of the sorted values lies.</summary>
    public static double At(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];

    private sealed class Connection(ClientLoad load, int number, Uri address, TransferSigner[] signers, Random random) : IDisposable
    {
        private readonly LoadConnection http = new(address);
        private readonly ArrayBufferWriter<byte> request = new(128 * 1024);
        private readonly string fields = $"Content-Type: application/{(load.plan.Batch == 1 ? "jose" : "json")}\r\n"
            + (load.plan.IsAdmissionOnly ? "Prefer: respond-async\r\n" : "");
        private byte[][] presigned = [];

        public long Measured { get; private set; }

        public long InAll { get; private set; }

        public List<double> Latencies { get; } = [];

        public string? Refused { get; private set; }

        public bool IsExhausted { get; private set; }

        public async Task ConnectAsync(CancellationToken cancellation)
        {
            await http.ConnectAsync(cancellation).ConfigureAwait(false);
            for (var round = 0; round < 3; round++)
                _ = await http.GetAsync("status", cancellation).ConfigureAwait(false);
        }

        public void Presign(int requests)
        {
            presigned = new byte[requests][];
            for (var index = 0; index < requests; index++)
                presigned[index] = Make().ToArray();
        }

        public async Task RunAsync(long startsAt, CancellationToken cancellation)
        {
            for (var next = 0; Stopwatch.GetTimestamp() < load.endsAt && Refused is null; next++)
            {
                var dueAt = await WaitAsync(startsAt, next, cancellation).ConfigureAwait(false);
                ReadOnlyMemory<byte> body;
                if (load.plan.Presigned == 0)
                    body = Make();
                else if (next < presigned.Length)
                    body = presigned[next];
                else
                {
                    IsExhausted = true;
                    return;
                }
                await SendAsync(body, dueAt, cancellation).ConfigureAwait(false);
            }
        }

        /// <summary>When the request is due: at its place in an even rate, or now. One that is late counts from when it was due.</summary>
        private async Task<long> WaitAsync(long startsAt, int next, CancellationToken cancellation)
        {
            if (load.plan.PerSecond <= 0)
                return Stopwatch.GetTimestamp();
            var place = (next + (double)number / load.plan.Connections) * load.plan.Connections * load.plan.Batch / load.plan.PerSecond;
            var dueAt = startsAt + (long)(place * Stopwatch.Frequency);
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), dueAt) is { Ticks: > 0 } wait)
                await Task.Delay(wait, cancellation).ConfigureAwait(false);
            return dueAt;
        }

        private async Task SendAsync(ReadOnlyMemory<byte> body, long sentAt, CancellationToken cancellation)
        {
            var answer = await http.PostAsync("transactions", fields, body, cancellation).ConfigureAwait(false);
            var answeredAt = Stopwatch.GetTimestamp();
            var bytes = answer.Span;
            var accepted = bytes.Count(load.plan.IsAdmissionOnly ? Admitted : Accepted);
            if (accepted != load.plan.Batch)
                Refused = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 2_000)]);
            InAll += accepted;
            if (answeredAt < load.beginsAt)
                return;
            Measured += accepted;
            Latencies.Add(Stopwatch.GetElapsedTime(sentAt, answeredAt).TotalMilliseconds);
        }

        public void Dispose()
        {
            http.Dispose();
            foreach (var signer in signers)
                signer.Dispose();
        }

        /// <summary>A request's body; valid until the next call.</summary>
        private ReadOnlyMemory<byte> Make()
        {
            request.ResetWrittenCount();
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            if (load.plan.Batch == 1)
            {
                Sign(now);
                return request.WrittenMemory;
            }
            request.Write("["u8);
            for (var index = 0; index < load.plan.Batch; index++)
            {
                request.Write(index == 0 ? "\""u8 : ",\""u8);
                Sign(now);
                request.Write("\""u8);
            }
            request.Write("]"u8);
            return request.WrittenMemory;
        }

        private void Sign(long now)
        {
            var from = signers[random.Next(signers.Length)];
            byte[] to;
            do
                to = load.accounts[random.Next(load.accounts.Length)];
            while (ReferenceEquals(to, from.AccountText));
            from.Sign(to, now, load.plan.ValiditySeconds, request);
        }
    }
}
