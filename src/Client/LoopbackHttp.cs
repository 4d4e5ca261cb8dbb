using System.Net;
using System.Net.Sockets;

namespace Counterfoil.Client;

/// <summary>
/// HTTP clients that reach host names of this machine: <c>localhost</c> and every <c>*.localhost</c> go to the loopback interface whatever the
/// resolver says, so that each role has an origin of its own. <b>Source:</b> RFC 6761 section 6.3.
/// </summary>
public static class LoopbackHttp
{
    /// <summary>How long a request may take in all, 100 seconds.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(100);

    /// <summary>A handler with connections, cookies and nothing else of its own.</summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        ConnectCallback = ConnectAsync,
        // A party of the protocol follows no redirect that it was not told of, and keeps no cookies by accident.
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
    };

    /// <summary>A client for a node or role at this address.</summary>
    /// <param name="address">The base address; a slash is added to its path where there is none.</param>
    /// <param name="wrap">Puts handlers in front of the sending one (signing, recording); none by default.</param>
    public static HttpClient CreateClient(Uri address, Func<HttpMessageHandler, HttpMessageHandler>? wrap = null)
    {
        HttpMessageHandler handler = CreateHandler();
        return new HttpClient(wrap is null ? handler : wrap(handler)) { BaseAddress = WithSlash(address), Timeout = Timeout };
    }

    /// <summary>The address of a role of the node at the same port: <c>http://{name}.localhost:{port}/</c> where the node is on loopback.</summary>
    /// <param name="node">The node's address.</param>
    /// <param name="name">The role's host name, without dots.</param>
    public static Uri RoleAddress(Uri node, string name)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.IsLoopback || IsLocalName(node.Host) ? new UriBuilder(node) { Host = $"{name}.localhost", Path = "/" }.Uri : node;
    }

    private static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    private static Uri WithSlash(Uri address) =>
        address.AbsolutePath.EndsWith('/') ? address : new UriBuilder(address) { Path = address.AbsolutePath + "/" }.Uri;

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            EndPoint target = IsLocalName(context.DnsEndPoint.Host) ? new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port) : context.DnsEndPoint;
            await socket.ConnectAsync(target, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
