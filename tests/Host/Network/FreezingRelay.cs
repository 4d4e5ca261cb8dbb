using System.Net;
using System.Net.Sockets;

namespace Counterfoil.Host.Tests.Network;

/// <summary>
/// Stands between two nodes and passes bytes on until it is told to stop: then connections stay open and nothing passes, as when packets are dropped.
/// </summary>
internal sealed class FreezingRelay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly IPEndPoint target;
    private readonly Task accepting;
    private volatile bool isFrozen;

    public FreezingRelay(IPEndPoint target)
    {
        this.target = target;
        listener.Start();
        accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Freeze() => isFrozen = true;

    public void Thaw() => isFrozen = false;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await accepting;
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var passing = new List<Task>();
        try
        {
            while (true)
                passing.Add(PassAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(passing);
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var dialled = new TcpClient();
        using (client)
        {
            try
            {
                await dialled.ConnectAsync(target, stop.Token);
                await Task.WhenAny(CopyAsync(client, dialled), CopyAsync(dialled, client));
                while (isFrozen)
                    await Task.Delay(20, stop.Token);
            }
            catch (Exception fault) when (fault is OperationCanceledException or SocketException)
            {
                // The connection is over.
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, stop.Token) is > 0 and var count)
            {
                while (isFrozen)
                    await Task.Delay(20, stop.Token);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), stop.Token);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The connection is over.
        }
    }
}
