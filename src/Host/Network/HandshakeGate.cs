using System.Net;
using System.Net.Sockets;

namespace Counterfoil.Host.Network;

/// <summary>
/// The connections that have not shown yet who they are. Where there are too many, a new one displaces the oldest of the address that has the
/// most: an honest handshake takes milliseconds and gets through, while whoever opens many displaces his own.
/// </summary>
internal sealed class HandshakeGate(int maximum, int maximumPerAddress)
{
    private readonly Lock gate = new();

    // In order of arrival; small, so a walk through it is cheaper than an index.
    private readonly List<Entry> entries = [];

    /// <summary>Lets a connection in, displacing another where there is no room.</summary>
    public Entry Enter(Socket socket, IPEndPoint endpoint)
    {
        var entry = new Entry(socket, endpoint, SourceOf(endpoint.Address));
        Entry? displaced = null;
        lock (gate)
        {
            if (entries.Count(other => other.Source == entry.Source) >= maximumPerAddress)
                displaced = entries.Find(other => other.Source == entry.Source);
            else if (entries.Count >= maximum)
            {
                var crowd = entries.CountBy(other => other.Source).MaxBy(pair => pair.Value).Key;
                displaced = entries.Find(other => other.Source == crowd);
            }
            if (displaced is not null)
                entries.Remove(displaced);
            entries.Add(entry);
        }
        displaced?.Displace();
        return entry;
    }

    public void Leave(Entry entry)
    {
        lock (gate)
            entries.Remove(entry);
    }

    // Whoever has one IPv6 address has 2^64 of them: RFC 4291 section 2.5.4.
    private static UInt128 SourceOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        if (!address.IsIPv4MappedToIPv6 && address.AddressFamily == AddressFamily.InterNetworkV6)
            bytes[8..].Clear();
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    internal sealed class Entry(Socket socket, IPEndPoint endpoint, UInt128 source)
    {
        private volatile bool isDisplaced;

        public string Endpoint => endpoint.ToString();

        public UInt128 Source => source;

        public bool IsDisplaced => isDisplaced;

        public void Displace()
        {
            isDisplaced = true;
            socket.Dispose();
        }
    }
}
