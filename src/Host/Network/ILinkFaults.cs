using Counterfoil.Ledger;

namespace Counterfoil.Host.Network;

/// <summary>
/// Breaks and slows links, for tests alone: it is internal, and no composition of the product sets it. A cut link behaves as one whose packets
/// are dropped: what is sent stays unsent, nothing arrives, nobody can dial. Asked again for every batch, so faults come and go.
/// </summary>
internal interface ILinkFaults
{
    /// <summary>What happens to bytes that go to a node.</summary>
    LinkFault Outgoing(AccountId to);

    /// <summary>What happens to bytes that come from a node.</summary>
    LinkFault Incoming(AccountId from);
}

/// <summary>A link's fault at present.</summary>
/// <param name="IsCut">Nothing passes.</param>
/// <param name="DelayMilliseconds">How much later each batch passes; batches stay in order, so a delay also narrows the link.</param>
internal readonly record struct LinkFault(bool IsCut, int DelayMilliseconds = 0);
