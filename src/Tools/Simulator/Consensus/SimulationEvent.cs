namespace Counterfoil.Simulator.Consensus;

internal enum SimulationEventKind
{
    None = 0,
    Deliver,
    Timeout,
    Start,
    Begin,
    Gossip,
    FetchBody,
    Crash,
    ArmCrash,
    Restart,
    Split,
    Join,
    Adversary,
    Heal,
    Settle,
}

/// <summary>Something that happens at a time.</summary>
internal struct SimulationEvent
{
    /// <summary>Milliseconds since the simulation began.</summary>
    public long Time;

    /// <summary>The order among events of one millisecond, and the order of sending.</summary>
    public long Sequence;

    public SimulationEventKind Kind;

    /// <summary>The validator that it happens to.</summary>
    public int Node;

    /// <summary>The sender, the incarnation of the validator, or another number of the kind.</summary>
    public int Number;

    public int Height;

    public int Round;

    public int Detail;

    public object? Payload;
}

/// <summary>Events by time, then in the order in which they were added: a binary heap.</summary>
internal sealed class SimulationQueue
{
    private SimulationEvent[] heap = new SimulationEvent[256];
    private long sequence;

    public int Count { get; private set; }

    public void Add(SimulationEvent item)
    {
        item.Sequence = sequence++;
        if (Count == heap.Length)
            Array.Resize(ref heap, 2 * heap.Length);
        var place = Count++;
        while (place > 0)
        {
            var parent = (place - 1) / 2;
            if (!IsBefore(item, heap[parent]))
                break;
            heap[place] = heap[parent];
            place = parent;
        }
        heap[place] = item;
    }

    public SimulationEvent Take()
    {
        var first = heap[0];
        var last = heap[--Count];
        heap[Count] = default;
        var place = 0;
        while (true)
        {
            var child = 2 * place + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && IsBefore(heap[child + 1], heap[child]))
                child++;
            if (!IsBefore(heap[child], last))
                break;
            heap[place] = heap[child];
            place = child;
        }
        if (Count > 0)
            heap[place] = last;
        return first;
    }

    private static bool IsBefore(in SimulationEvent left, in SimulationEvent right) =>
        left.Time < right.Time || (left.Time == right.Time && left.Sequence < right.Sequence);
}
