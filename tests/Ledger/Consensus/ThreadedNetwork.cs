using System.Collections.Concurrent;
using System.Threading.Channels;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Ledger.Tests.Consensus;

/// <summary>Nodes of one process, each message on a thread of its link, in order; links can be cut.</summary>
internal sealed class ThreadedNetwork
{
    private readonly ConcurrentDictionary<AccountId, Port> ports = [];
    private readonly ConcurrentDictionary<(AccountId, AccountId), bool> cut = [];

    /// <summary>Sees everything that is sent; null for nobody.</summary>
    public Action<ReadOnlyMemory<byte>>? Watch { get; set; }

    public IPeerNetwork Join(AccountId account) => new Port(this, account);

    public void Cut(AccountId one, AccountId other, bool isCut)
    {
        foreach (var (from, to) in new[] { (one, other), (other, one) })
        {
            cut[(from, to)] = isCut;
            if (ports.TryGetValue(from, out var port))
                port.Tell(to, !isCut && ports.ContainsKey(to));
        }
    }

    public void Leave(AccountId account)
    {
        ports.TryRemove(account, out _);
        foreach (var other in ports.Values)
            other.Tell(account, isConnected: false);
    }

    private bool Reaches(AccountId from, AccountId to) => !cut.GetValueOrDefault((from, to)) && ports.ContainsKey(to) && ports.ContainsKey(from);

    private sealed class Port(ThreadedNetwork network, AccountId self) : IPeerNetwork
    {
        private readonly ConcurrentDictionary<AccountId, Channel<ReadOnlyMemory<byte>>> links = [];
        private IPeerListener? listener;

        public IReadOnlyCollection<AccountId> Connected => [.. network.ports.Keys.Where(other => other != self && network.Reaches(self, other))];

        public void Start(IPeerListener told)
        {
            listener = told;
            network.ports[self] = this;
            foreach (var other in network.ports)
            {
                if (other.Key == self)
                    continue;
                Tell(other.Key, network.Reaches(self, other.Key));
                other.Value.Tell(self, network.Reaches(other.Key, self));
            }
        }

        public void Tell(AccountId other, bool isConnected)
        {
            if (isConnected)
                listener?.Connected(other);
            else
                listener?.Disconnected(other);
        }

        public void Send(AccountId to, ReadOnlyMemory<byte> message, PeerLane lane)
        {
            network.Watch?.Invoke(message);
            if (network.Reaches(self, to))
                links.GetOrAdd(to, Open).Writer.TryWrite(message.ToArray());
        }

        private Channel<ReadOnlyMemory<byte>> Open(AccountId to)
        {
            var channel = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
            _ = Task.Run(async () =>
            {
                await foreach (var message in channel.Reader.ReadAllAsync())
                    if (network.Reaches(self, to) && network.ports.TryGetValue(to, out var port))
                        port.listener?.Received(self, message);
            });
            return channel;
        }
    }
}
