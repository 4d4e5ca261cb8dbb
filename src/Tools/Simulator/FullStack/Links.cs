using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.FullStack;

/// <summary>
/// The connections between nodes. Messages of a lane stay in order as long as a connection lasts; it may lose, delay and double them, break with what is
/// under way, and fall apart in two, with or without telling.
/// </summary>
internal sealed class Links
{
    private readonly SimulatedWorld world;
    private readonly bool[,] isUp;
    private readonly bool[,] isCut;
    private readonly int[,] epochs;
    private readonly long[,,] lastArrivals;

    public Links(SimulatedWorld world, int nodes)
    {
        this.world = world;
        isUp = new bool[nodes, nodes];
        isCut = new bool[nodes, nodes];
        epochs = new int[nodes, nodes];
        lastArrivals = new long[nodes, nodes, 2];
    }

    public void Send(int from, int to, ReadOnlyMemory<byte> message, PeerLane lane)
    {
        if (!isUp[from, to])
            return;
        world.Trace.Note(world.Now, from, 3, to);
        world.Trace.Note(message.Span);
        var plan = world.Plan;
        if (isCut[from, to] || !world.IsHealed && world.Random.Chance(plan.Loss))
        {
            world.Count(WorldFault.Loss);
            return;
        }
        Carry(from, to, message, lane);
        if (world.IsHealed || !world.Random.Chance(plan.Duplicate))
            return;
        world.Count(WorldFault.Duplicate);
        Carry(from, to, message, lane);
    }

    public void NodeUp(SimulatedNode node)
    {
        foreach (var other in world.Nodes)
            if (other != node && other.IsUp)
                world.After(world.Random.Between(1, 60) * 1_000, () => Connect(node.Index, other.Index));
    }

    public void NodeDown(SimulatedNode node)
    {
        foreach (var other in world.Nodes)
            if (isUp[node.Index, other.Index])
                Disconnect(node.Index, other.Index);
    }

    /// <summary>A connection breaks; it is made again a little later.</summary>
    public void Break(int a, int b)
    {
        if (!isUp[a, b])
            return;
        world.Count(WorldFault.BrokenConnection);
        Disconnect(a, b);
        world.After(world.Random.Between(10, 800) * 1_000, () => Connect(a, b));
    }

    /// <summary>Nothing goes between the two sides any more.</summary>
    /// <param name="isOnOneSide">By node.</param>
    /// <param name="isNoticed">True if connections break; else messages are lost on them.</param>
    public void Part(bool[] isOnOneSide, bool isNoticed)
    {
        world.Count(WorldFault.Partition);
        foreach (var (a, b) in Pairs())
        {
            if (isOnOneSide[a] == isOnOneSide[b])
                continue;
            isCut[a, b] = isCut[b, a] = true;
            if (isNoticed && isUp[a, b])
                Disconnect(a, b);
        }
    }

    /// <summary>Some no longer hear some others, who may hear them; nobody notices.</summary>
    /// <param name="perThousand">How often.</param>
    /// <param name="unheard">Who is heard by nobody; null for no such.</param>
    public void Cut(int perThousand, int? unheard)
    {
        world.Count(WorldFault.OneWayCut);
        foreach (var (a, b) in Pairs())
        {
            isCut[a, b] = world.Random.Chance(perThousand) && b != unheard || a == unheard;
            isCut[b, a] = world.Random.Chance(perThousand) && a != unheard || b == unheard;
        }
    }

    /// <summary>All are reachable again.</summary>
    public void Join()
    {
        foreach (var (a, b) in Pairs())
        {
            isCut[a, b] = isCut[b, a] = false;
            world.After(world.Random.Between(1, 60) * 1_000, () => Connect(a, b));
        }
    }

    private IEnumerable<(int, int)> Pairs() =>
        from a in Enumerable.Range(0, world.Nodes.Count)
        from b in Enumerable.Range(a + 1, world.Nodes.Count - a - 1)
        select (a, b);

    private void Connect(int a, int b)
    {
        var (first, second) = (world.Nodes[a], world.Nodes[b]);
        if (isUp[a, b] || isCut[a, b] || isCut[b, a] || !first.IsUp || !second.IsUp)
            return;
        isUp[a, b] = isUp[b, a] = true;
        first.Network!.Connect(b);
        second.Network!.Connect(a);
    }

    private void Disconnect(int a, int b)
    {
        isUp[a, b] = isUp[b, a] = false;
        epochs[a, b]++;
        epochs[b, a]++;
        world.Nodes[a].Network?.Disconnect(b);
        world.Nodes[b].Network?.Disconnect(a);
    }

    private void Carry(int from, int to, ReadOnlyMemory<byte> message, PeerLane lane)
    {
        var (random, plan) = (world.Random, world.Plan);
        var delay = random.Between(1_000, 12_000);
        if (!world.IsHealed && random.Chance(plan.Late))
        {
            world.Count(WorldFault.Delay);
            delay += random.Below(plan.LatenessMicroseconds);
        }
        var other = 1 - (int)lane;
        var arrival = Math.Max(world.Now + delay, lastArrivals[from, to, (int)lane]);
        lastArrivals[from, to, (int)lane] = arrival;
        if (arrival < lastArrivals[from, to, other])
            world.Count(WorldFault.Reorder);
        var epoch = epochs[from, to];
        world.After(arrival - world.Now, () =>
        {
            if (epoch == epochs[from, to])
                world.Deliver(from, to, message);
        });
    }
}
