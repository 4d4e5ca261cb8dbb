using System.Text.Json;
using Counterfoil.Client;

namespace Counterfoil.Host.Cli.Networks;

/// <summary>What a node of a network says of itself.</summary>
internal sealed record NodeStanding(string Net, long Height, string? Block, int Round, int Validators, bool IsValidating, int Peers, long ReadModel, string? Fault)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks a node; null if it does not answer.</summary>
    public static async Task<NodeStanding?> TryReadAsync(string url, CancellationToken cancellation)
    {
        using var http = LoopbackHttp.CreateClient(new Uri(url), null);
        http.Timeout = Patience;
        try
        {
            var bytes = await http.GetByteArrayAsync(new Uri("status", UriKind.Relative), cancellation).ConfigureAwait(false);
            using var document = JsonDocument.Parse(bytes);
            var (status, consensus) = (document.RootElement, document.RootElement.GetProperty("consensus"));
            return new NodeStanding(
                status.GetProperty("net").GetString()!,
                status.GetProperty("height").GetInt64(),
                status.TryGetProperty("block", out var block) ? block.GetString() : null,
                consensus.GetProperty("round").GetInt32(),
                consensus.GetProperty("validators").GetInt32(),
                consensus.GetProperty("validating").GetBoolean(),
                status.TryGetProperty("peers", out var peers) ? peers.GetArrayLength() : 0,
                status.GetProperty("read_model").GetInt64(),
                status.TryGetProperty("fault", out var fault) ? fault.GetString() : null);
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException or KeyNotFoundException or IOException
            || fault is TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
