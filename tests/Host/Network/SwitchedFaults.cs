using System.Collections.Concurrent;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Tests.Network;

/// <summary>Faults of links that a test switches.</summary>
internal sealed class SwitchedFaults : ILinkFaults
{
    private readonly ConcurrentDictionary<AccountId, LinkFault> outgoing = new();
    private readonly ConcurrentDictionary<AccountId, LinkFault> incoming = new();

    /// <summary>Holds back what this side sends to the node.</summary>
    public void Cut(AccountId peer) => outgoing[peer] = new LinkFault(IsCut: true);

    /// <summary>Nothing goes to the node or comes from it.</summary>
    public void Part(AccountId peer) => outgoing[peer] = incoming[peer] = new LinkFault(IsCut: true);

    public void Delay(AccountId peer, int milliseconds) => outgoing[peer] = new LinkFault(IsCut: false, milliseconds);

    public void Heal()
    {
        outgoing.Clear();
        incoming.Clear();
    }

    LinkFault ILinkFaults.Outgoing(AccountId to) => outgoing.GetValueOrDefault(to);

    LinkFault ILinkFaults.Incoming(AccountId from) => incoming.GetValueOrDefault(from);
}
