using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json.Serialization.Metadata;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>Messages over two streams: the length in 4 bytes, big-endian, then as many bytes.</summary>
internal sealed class OpeningChannel(Stream input, Stream output)
{
    private const int BufferBytes = 256 * 1024;

    private readonly ArrayBufferWriter<byte> waiting = new(BufferBytes);

    /// <summary>
    /// The next message; null where the other side has closed the stream between two messages.
    /// </summary>
    /// <exception cref="OpeningChannelException">
    /// The stream ends within a message, or the message is longer than the maximum.
    /// </exception>
    public async Task<byte[]?> ReadAsync(int maximumBytes, CancellationToken cancellation)
    {
        var prefix = new byte[sizeof(uint)];
        var read = await FillAsync(prefix, cancellation).ConfigureAwait(false);
        if (read == 0)
            return null;
        if (read < prefix.Length)
            throw new OpeningChannelException("The stream ended within a message.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        if (length == 0 || length > maximumBytes)
            throw new OpeningChannelException($"A message of {length} bytes is not taken here.");
        var message = GC.AllocateUninitializedArray<byte>((int)length);
        if (await FillAsync(message, cancellation).ConfigureAwait(false) < message.Length)
            throw new OpeningChannelException("The stream ended within a message.");
        return message;
    }

    /// <summary>The next message, which must come and have the form.</summary>
    /// <exception cref="OpeningChannelException">It does not.</exception>
    public async Task<T> ReadAsync<T>(JsonTypeInfo<T> format, CancellationToken cancellation)
        where T : class
    {
        var bytes = await ReadAsync(OpeningMessages.MaximumMessageBytes, cancellation).ConfigureAwait(false)
            ?? throw new OpeningChannelException("The stream ended where a message was expected.");
        return OpeningMessages.TryRead(bytes, format, out var message)
            ? message
            : throw new OpeningChannelException("A message has not the form that was expected.");
    }

    /// <summary>Writes a message; it may stay in the buffer until <see cref="FlushAsync"/>.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        if (waiting.WrittenCount + message.Length > BufferBytes)
            await SendWaitingAsync(cancellation).ConfigureAwait(false);
        BinaryPrimitives.WriteUInt32BigEndian(waiting.GetSpan(sizeof(uint)), (uint)message.Length);
        waiting.Advance(sizeof(uint));
        waiting.Write(message.Span);
    }

    public Task WriteAsync<T>(T message, JsonTypeInfo<T> format, CancellationToken cancellation) =>
        WriteAsync(OpeningMessages.Write(message, format), cancellation);

    public async Task FlushAsync(CancellationToken cancellation)
    {
        await SendWaitingAsync(cancellation).ConfigureAwait(false);
        await output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private ValueTask<int> FillAsync(byte[] buffer, CancellationToken cancellation) =>
        input.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);

    private async Task SendWaitingAsync(CancellationToken cancellation)
    {
        await output.WriteAsync(waiting.WrittenMemory, cancellation).ConfigureAwait(false);
        waiting.ResetWrittenCount();
    }
}

/// <summary>The other side does not speak the protocol, or has gone.</summary>
internal sealed class OpeningChannelException(string message) : Exception(message);
