using System.Diagnostics;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Tests.Network;

/// <summary>Keeps what a network tells, in order.</summary>
internal sealed class RecordingListener : IPeerListener
{
    private readonly Lock gate = new();
    private readonly List<(AccountId From, ReadOnlyMemory<byte> Message)> received = [];
    private readonly List<(AccountId Peer, bool IsConnected)> changes = [];

    /// <summary>Called with each message before it is kept.</summary>
    public Action<AccountId, ReadOnlyMemory<byte>>? OnReceived { get; set; }

    public IReadOnlyList<(AccountId From, ReadOnlyMemory<byte> Message)> Received
    {
        get
        {
            lock (gate)
                return [.. received];
        }
    }

    public int ReceivedCount
    {
        get
        {
            lock (gate)
                return received.Count;
        }
    }

    public IReadOnlyList<bool> ChangesOf(AccountId peer)
    {
        lock (gate)
            return [.. changes.Where(change => change.Peer == peer).Select(change => change.IsConnected)];
    }

    void IPeerListener.Connected(AccountId peer)
    {
        lock (gate)
            changes.Add((peer, true));
    }

    void IPeerListener.Disconnected(AccountId peer)
    {
        lock (gate)
            changes.Add((peer, false));
    }

    void IPeerListener.Received(AccountId from, ReadOnlyMemory<byte> message)
    {
        OnReceived?.Invoke(from, message);
        lock (gate)
            received.Add((from, message));
    }
}

/// <summary>Waiting for what comes about on other threads.</summary>
internal static class Eventually
{
    private const int TimeoutSeconds = 20;

    public static async Task HoldsAsync(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed.TotalSeconds > TimeoutSeconds)
                Assert.Fail($"Within {TimeoutSeconds} s it did not come about that {what}.");
            await Task.Delay(5);
        }
    }
}
