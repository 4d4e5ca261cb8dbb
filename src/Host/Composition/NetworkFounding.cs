using System.Net;
using System.Net.Sockets;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Composition;

/// <summary>
/// Founds a ledger of several nodes on this machine: keys and certificates in a home each, one genesis document for all of them, and the list by which
/// they find each other.
/// </summary>
internal static class NetworkFounding
{
    /// <summary>Fewer than the system hands out for outgoing connections, so that nobody takes a port between its choice and its use.</summary>
    private const int FirstPort = 10_000, LastPort = 32_000;

    /// <summary>Founds the ledger in the homes of these nodes; each has its <see cref="NodeOptions.Peers"/> with a port.</summary>
    /// <param name="nodes">The nodes: the validators, then those that only follow. The first one's options say what the ledger begins with.</param>
    /// <param name="validators">How many of them are validators.</param>
    /// <param name="clock">The clock of the ledger's first moment.</param>
    /// <param name="strangers">True if nobody is told of those that only follow: the members have to admit them.</param>
    /// <exception cref="NodeStartException">A home cannot be used, or what the ledger begins with is malformed.</exception>
    public static IReadOnlyList<NodeIdentity> Found(IReadOnlyList<NodeOptions> nodes, int validators, TimeProvider clock, bool strangers = false)
    {
        var identities = nodes.Select(node => NodeIdentity.OpenOrCreate(node, clock)).ToList();
        var genesis = GenesisMaker.Create(
            nodes[0],
            [.. identities.Take(validators).Select(identity => identity.Validator)],
            [.. identities.SelectMany(identity => identity.AccountKeys)],
            [.. identities.Take(validators).Select(identity => identity.Entry)],
            Timestamp.From(clock.GetUtcNow()));
        PeerAddress[] peers = [.. identities.Select((identity, index) =>
            identity.At(nodes[index].Peers!.Listen.Address.ToString(), nodes[index].Peers!.Listen.Port))];
        foreach (var node in nodes)
        {
            using var home = NodeHome.Claim(node.Home);
            GenesisMaker.Write(home, genesis);
            PeersFile.Write(home.Peers, strangers ? peers[..validators] : peers);
        }
        return identities;
    }

    /// <summary>Ports of loopback that nobody listens on, all different.</summary>
    public static IReadOnlyList<int> FreePorts(int count)
    {
        var held = new List<Socket>();
        try
        {
            while (held.Count < count)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                held.Add(socket);
                try
                {
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, Random.Shared.Next(FirstPort, LastPort)));
                }
                catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
                {
                    held.Remove(socket);
                    socket.Dispose();
                }
            }
            return [.. held.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
        }
        finally
        {
            foreach (var socket in held)
                socket.Dispose();
        }
    }
}
