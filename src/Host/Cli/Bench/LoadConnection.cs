using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>
/// One kept connection of a measurement's client, HTTP/1.1 on a socket: bytes made beforehand go out and an answer's body comes back, without a library's work in
/// between. What the load costs is taken from what is measured, where both share the processors.
/// </summary>
internal sealed class LoadConnection(Uri address) : IDisposable
{
    private const int LargestAnswerBytes = 16 << 20;
    private const int SocketBufferBytes = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true, SendBufferSize = SocketBufferBytes, ReceiveBufferSize = SocketBufferBytes,
    };

    private byte[] answer = new byte[256 * 1024];
    private int filled;

    /// <summary>Connects; the address names a host by its number or is localhost.</summary>
    public async Task ConnectAsync(CancellationToken cancellation)
    {
        var host = address.IsLoopback ? IPAddress.Loopback : IPAddress.Parse(address.Host);
        await socket.ConnectAsync(new IPEndPoint(host, address.Port), cancellation).ConfigureAwait(false);
    }

    /// <summary>Asks, and waits for the whole answer.</summary>
    /// <returns>The body, valid until the next call.</returns>
    public Task<ReadOnlyMemory<byte>> GetAsync(string path, CancellationToken cancellation) =>
        ExchangeAsync($"GET /{path} HTTP/1.1\r\nHost: {address.Authority}\r\n\r\n", default, cancellation);

    /// <summary>Posts a body, and waits for the whole answer.</summary>
    /// <param name="path">Where to, without the first slash.</param>
    /// <param name="fields">Header fields beside Host and Content-Length, each with its line's end.</param>
    /// <param name="body">The body.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The answer's body whatever its status, valid until the next call.</returns>
    public Task<ReadOnlyMemory<byte>> PostAsync(string path, string fields, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        ExchangeAsync($"POST /{path} HTTP/1.1\r\nHost: {address.Authority}\r\n{fields}Content-Length: {body.Length}\r\n\r\n", body, cancellation);

    public void Dispose() => socket.Dispose();

    private async Task<ReadOnlyMemory<byte>> ExchangeAsync(string head, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        var start = new ArraySegment<byte>(Encoding.ASCII.GetBytes(head));
        // One call for both: the other side wakes once.
        _ = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(body, out var rest);
        var sent = await socket.SendAsync(body.IsEmpty ? [start] : [start, rest], SocketFlags.None).WaitAsync(patience.Token).ConfigureAwait(false);
        if (sent != start.Count + body.Length)
            throw new IOException("The connection took a part of a request only.");
        filled = 0;
        var bodyAt = -1;
        while ((bodyAt = answer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
            await ReceiveAsync(patience.Token).ConfigureAwait(false);
        bodyAt += 4;
        return IsChunked(bodyAt, out var length)
            ? await ReadChunksAsync(bodyAt, patience.Token).ConfigureAwait(false)
            : await ReadAsync(bodyAt, length, patience.Token).ConfigureAwait(false);
    }

    /// <summary>RFC 9112 section 6: a body has a length, or comes in chunks.</summary>
    private bool IsChunked(int end, out int length)
    {
        length = 0;
        foreach (var line in Encoding.ASCII.GetString(answer, 0, end).Split("\r\n"))
        {
            var (name, value) = line.Split(':', 2) is [var before, var after] ? (before, after.Trim()) : ("", "");
            if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
                return value.Equals("chunked", StringComparison.OrdinalIgnoreCase) ? true : throw new IOException($"An answer is encoded as {value}.");
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(value, CultureInfo.InvariantCulture);
        }
        return false;
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(int from, int length, CancellationToken cancellation)
    {
        await FillAsync(from + length, cancellation).ConfigureAwait(false);
        return answer.AsMemory(from, length);
    }

    /// <summary>RFC 9112 section 7.1, moved together in place: chunk-size in hexadecimal CRLF, data CRLF, until a chunk of size 0 and a CRLF.</summary>
    private async Task<ReadOnlyMemory<byte>> ReadChunksAsync(int from, CancellationToken cancellation)
    {
        for (var (at, end) = (from, from); ;)
        {
            int lineLength;
            while ((lineLength = answer.AsSpan(at, filled - at).IndexOf("\r\n"u8)) < 0)
                await ReceiveAsync(cancellation).ConfigureAwait(false);
            var size = int.Parse(answer.AsSpan(at, lineLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            at += lineLength + 2;
            await FillAsync(at + size + 2, cancellation).ConfigureAwait(false);
            if (size == 0)
                return answer.AsMemory(from, end - from);
            answer.AsSpan(at, size).CopyTo(answer.AsSpan(end));
            (at, end) = (at + size + 2, end + size);
        }
    }

    private async Task FillAsync(int length, CancellationToken cancellation)
    {
        while (filled < length)
            await ReceiveAsync(cancellation).ConfigureAwait(false);
    }

    private async Task ReceiveAsync(CancellationToken cancellation)
    {
        if (filled == answer.Length)
        {
            if (filled >= LargestAnswerBytes)
                throw new IOException("An answer is larger than any of ours.");
            Array.Resize(ref answer, 2 * answer.Length);
        }
        var received = await socket.ReceiveAsync(answer.AsMemory(filled), cancellation).ConfigureAwait(false);
        if (received == 0)
            throw new IOException("The connection ended before its answer.");
        filled += received;
    }
}
