namespace Counterfoil.Simulator.Consensus;

/// <summary>The ways between the validators. Until the simulation heals they lose, delay, double and cut; afterwards they are quick.</summary>
internal sealed class SimulatedNetwork(ConsensusWorld world)
{
    private const int UsualDelay = 20;
    private const int HealedDelay = 15;

    private readonly long[] lastDelivered = new long[world.Plan.Committee.Count * world.Plan.Committee.Count];

    /// <summary>One bit a validator on the far side; 0 if all are together.</summary>
    public int FarSide { get; set; }

    public bool IsConnected(int from, int to) => (((FarSide >> from) ^ (FarSide >> to)) & 1) == 0;

    public void SendToOthers(int from, Envelope envelope)
    {
        for (var to = 0; to < world.Plan.Committee.Count; to++)
            if (to != from)
                Send(from, to, envelope);
        world.Adversary.Observe(envelope);
    }

    public void SendToSome(int from, Envelope envelope)
    {
        for (var to = 0; to < world.Plan.Committee.Count; to++)
            if (to != from && world.Random.Chance(500))
                Send(from, to, envelope);
        world.Adversary.Observe(envelope);
    }

    /// <summary>Sends a message, or a certificate.</summary>
    public void Send(int from, int to, object message)
    {
        var plan = world.Plan;
        if (world.Validator(to) is null)
            return;
        if (world.IsHealed)
        {
            Deliver(from, to, message, world.Random.Between(1, HealedDelay));
            return;
        }
        if (!IsConnected(from, to))
            return;
        if (world.Random.Chance(plan.Loss))
        {
            world.Count(FaultKind.Loss);
            return;
        }
        var delay = world.Random.Between(1, UsualDelay);
        if (world.Random.Chance(plan.Late))
        {
            world.Count(FaultKind.Delay);
            delay += world.Random.Below(plan.Lateness);
        }
        Deliver(from, to, message, delay);
        if (!world.Random.Chance(plan.Duplicate))
            return;
        world.Count(FaultKind.Duplicate);
        Deliver(from, to, message, world.Random.Between(1, 2 * UsualDelay));
    }

    /// <summary>A liar's message: it goes where the liar wants, in its own time, through every cut.</summary>
    public void SendAsLiar(int from, int to, Envelope envelope, int largestDelay)
    {
        if (world.Validator(to) is not null)
            Deliver(from, to, envelope, world.Random.Between(1, largestDelay));
    }

    /// <summary>Called as a message is delivered: was a later one quicker?</summary>
    public void Delivered(in SimulationEvent delivery)
    {
        ref var last = ref lastDelivered[delivery.Number * world.Plan.Committee.Count + delivery.Node];
        if (delivery.Sequence < last)
            world.Count(FaultKind.Reorder);
        else
            last = delivery.Sequence;
    }

    private void Deliver(int from, int to, object message, long delay) =>
        world.After(delay, new() { Kind = SimulationEventKind.Deliver, Node = to, Number = from, Payload = message });
}
