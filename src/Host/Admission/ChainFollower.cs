using System.Globalization;
using System.Net;
using Counterfoil.Client;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;

namespace Counterfoil.Host.Admission;

/// <summary>
/// Keeps an observer's ledger at the height of a node: fetches each block as it lies in the node's log, and is told of new ones by the node's events. Every
/// block is verified and executed by the ledger, so the node is trusted with nothing.
/// </summary>
internal sealed class ChainFollower : IAsyncDisposable
{
    // The largest block that parameters allow, with room for outcomes.
    private const long LargestBlockBytes = 256L << 20;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    private readonly Ledger.Ledger ledger;
    private readonly Action<Exception> onFault;
    private readonly Action onProgress;
    private readonly HttpClient http;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task running;

    /// <summary>Begins at once.</summary>
    /// <param name="node">The node's address.</param>
    /// <param name="ledger">The observer's ledger.</param>
    /// <param name="onProgress">Called after each block, and once at the beginning.</param>
    /// <param name="onFault">Told what was in the way each time; it is tried again.</param>
    public ChainFollower(Uri node, Ledger.Ledger ledger, Action onProgress, Action<Exception> onFault)
    {
        this.ledger = ledger;
        this.onProgress = onProgress;
        this.onFault = onFault;
        http = LoopbackHttp.CreateClient(node);
        // Events come for as long as the node runs.
        http.Timeout = Timeout.InfiniteTimeSpan;
        http.MaxResponseContentBufferSize = LargestBlockBytes;
        running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        http.Dispose();
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        onProgress();
        var retry = FirstRetry;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var height = ledger.Tip.Height;
                await FollowAsync(stopping.Token);
                if (ledger.Tip.Height > height)
                    retry = FirstRetry;
                await Task.Delay(retry, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // Whatever the node does, what was admitted stays admitted; its state here is older meanwhile.
                onFault(fault);
                await Task.Delay(retry, CancellationToken.None);
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }
        }
    }

    /// <summary>Takes what there is and then each block as the events tell of it, until the stream ends.</summary>
    private async Task FollowAsync(CancellationToken cancellation)
    {
        await CatchUpAsync(cancellation);
        var after = ledger.Tip.Height.ToString(CultureInfo.InvariantCulture);
        using var response = await http.GetAsync(new Uri($"events?after={after}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await lines.ReadLineAsync(cancellation) is { } line)
            if (line.StartsWith("id: ", StringComparison.Ordinal) && long.TryParse(line.AsSpan(4), CultureInfo.InvariantCulture, out var height)
                && height > ledger.Tip.Height)
                await CatchUpAsync(cancellation);
    }

    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        while (await FetchAsync(ledger.Tip.Height + 1, cancellation) is { } block)
        {
            // What q validators certified has the same outcomes here, or is refused; their signatures are the validators' work.
            if (!await ledger.FollowAsync(block, verifySignatures: false))
                throw new LedgerDamagedException($"The node's block {block.Header.Height} is refused: {ledger.Counters.Fault}", block.Header.Height);
            onProgress();
        }
    }

    private async Task<StoredBlock?> FetchAsync(long height, CancellationToken cancellation)
    {
        using var response = await http.GetAsync(
            new Uri(string.Create(CultureInfo.InvariantCulture, $"blocks/{height}/stored"), UriKind.Relative), cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        try
        {
            return StoredBlock.Read(await response.Content.ReadAsByteArrayAsync(cancellation));
        }
        catch (StateFormatException fault)
        {
            throw new LedgerDamagedException($"The node's block {height} is no stored block: {fault.Message}", height);
        }
    }
}
