using Counterfoil.Ledger;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.FullStack;

/// <summary>The network as one node sees it, from its start to its end.</summary>
internal sealed class NodeNetwork(SimulatedWorld world, SimulatedNode node) : IPeerNetwork
{
    private readonly SortedSet<int> connected = [];
    private AccountId[] accounts = [];

    public IPeerListener? Listener { get; private set; }

    public IReadOnlyCollection<AccountId> Connected => accounts;

    public void Start(IPeerListener listener) => Listener = listener;

    public void Send(AccountId to, ReadOnlyMemory<byte> message, PeerLane lane)
    {
        node.OnStep(CrashPoint.BeforeSend);
        var peer = world.NodeOf(to);
        if (node.Liar is { } liar)
            liar.Send(peer, message, lane);
        else
            world.Links.Send(node.Index, peer, message, lane);
        node.OnStep(CrashPoint.AfterSend);
    }

    public void Connect(int peer)
    {
        if (connected.Add(peer))
            Tell(peer, listener => listener.Connected(world.Nodes[peer].Account));
    }

    public void Disconnect(int peer)
    {
        if (connected.Remove(peer))
            Tell(peer, listener => listener.Disconnected(world.Nodes[peer].Account));
    }

    private void Tell(int peer, Action<IPeerListener> tell)
    {
        accounts = [.. connected.Select(each => world.Nodes[each].Account)];
        world.Trace.Note(world.Now, node.Index, 2, peer);
        if (Listener is not { } listener)
            return;
        tell(listener);
        world.After(0, () =>
        {
            if (node.Network == this && node.IsUp)
                node.Step();
        });
    }
}
