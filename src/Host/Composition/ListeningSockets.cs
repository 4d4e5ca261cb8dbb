using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Counterfoil.Host.Composition;

/// <summary>
/// The node's sockets, bound before the web application is built: roles are told the node's address when
/// they map their endpoints, also where port 0 let the system choose.
/// </summary>
internal sealed class ListeningSockets : IDisposable
{
    private readonly Dictionary<IPEndPoint, Socket> sockets = [];
    private bool areGiven;

    private ListeningSockets()
    {
    }

    /// <summary>Where the sockets are bound.</summary>
    public IReadOnlyCollection<IPEndPoint> EndPoints => sockets.Keys;

    /// <summary>The first address, for people and clients.</summary>
    public Uri Address { get; private set; } = null!;

    /// <exception cref="NodeStartException"><c>address_malformed</c> or <c>address_unavailable</c>.</exception>
    public static ListeningSockets Bind(IReadOnlyList<string> urls)
    {
        var bound = new ListeningSockets();
        try
        {
            foreach (var url in urls)
                bound.Bind(url);
            return bound.sockets.Count > 0 ? bound : throw new NodeStartException("address_malformed", "The node needs an address to listen on.");
        }
        catch
        {
            bound.Dispose();
            throw;
        }
    }

    /// <summary>Hands a socket to the server, which closes it.</summary>
    public Socket Give(EndPoint endPoint)
    {
        areGiven = true;
        return sockets[(IPEndPoint)endPoint];
    }

    public void Dispose()
    {
        if (areGiven)
            return;
        foreach (var socket in sockets.Values)
            socket.Dispose();
    }

    private void Bind(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.AbsolutePath != "/" || uri.Query.Length > 0)
            throw new NodeStartException("address_malformed", $"{url} is not of the form http://ADDRESS:PORT.");
        var address = uri.HostNameType switch
        {
            UriHostNameType.IPv4 or UriHostNameType.IPv6 => IPAddress.Parse(uri.Host.Trim('[', ']')),
            _ when uri.Host == "localhost" => IPAddress.Loopback,
            _ => throw new NodeStartException("address_malformed", $"{url} names a host; give the address to listen on."),
        };
        try
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(new IPEndPoint(address, uri.Port));
            var endPoint = (IPEndPoint)socket.LocalEndPoint!;
            sockets.Add(endPoint, socket);
            // An address of all interfaces is no address to call.
            var host = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "127.0.0.1"
                : address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
            Address ??= new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{host}:{endPoint.Port}/"));
        }
        catch (SocketException fault)
        {
            throw new NodeStartException("address_unavailable", $"The node cannot listen on {url}: {fault.Message}", fault);
        }
    }
}
