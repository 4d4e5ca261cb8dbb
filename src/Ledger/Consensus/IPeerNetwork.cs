namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// The way to the other nodes, named by the accounts of their nodes: direct, authenticated on both sides, in order as long as a connection lasts, and
/// nothing more: what was sent may be lost when a connection breaks. A simulator brings its own.
/// </summary>
public interface IPeerNetwork
{
    /// <summary>The largest message, in bytes.</summary>
    const int LargestMessage = 16 << 20;

    /// <summary>The nodes that can be reached at present.</summary>
    IReadOnlyCollection<AccountId> Connected { get; }

    /// <summary>Says who is told what arrives; called once, before anything is sent.</summary>
    void Start(IPeerListener listener);

    /// <summary>
    /// Sends a message. Never waits: it is dropped if the node cannot be reached or too much waits for it already.
    /// </summary>
    /// <param name="to">The node.</param>
    /// <param name="message">At most <see cref="LargestMessage"/> bytes; not changed afterwards.</param>
    /// <param name="lane">Messages of one lane stay in order; agreement overtakes bulk.</param>
    void Send(AccountId to, ReadOnlyMemory<byte> message, PeerLane lane);
}

/// <summary>What a message waits behind.</summary>
public enum PeerLane
{
    /// <summary>Proposals and votes: small and urgent.</summary>
    Agreement = 0,

    /// <summary>Bodies of transactions, blocks and snapshots.</summary>
    Bulk = 1,
}

/// <summary>Is told what arrives. Each call returns soon; calls may come from several threads.</summary>
public interface IPeerListener
{
    /// <summary>A node can be reached from now on.</summary>
    void Connected(AccountId peer);

    /// <summary>A node cannot be reached any more.</summary>
    void Disconnected(AccountId peer);

    /// <summary>A message of a node that proved who it is.</summary>
    void Received(AccountId from, ReadOnlyMemory<byte> message);
}
