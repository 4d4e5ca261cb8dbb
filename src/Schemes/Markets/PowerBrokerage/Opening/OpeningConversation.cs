using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>
/// Speaks to an opening wrapper over two streams. One exchange at a time: others wait. An exchange that was
/// cancelled or failed leaves the conversation unusable, since the rest of it would be taken for the next.
/// </summary>
public sealed class OpeningConversation : IDisposable
{
    private readonly OpeningChannel channel;
    private readonly SemaphoreSlim turn = new(1);
    private bool broken;

    private OpeningConversation(OpeningChannel channel) => this.channel = channel;

    /// <summary>True once an exchange was cut short: the wrapper answers no more.</summary>
    internal bool IsBroken => Volatile.Read(ref broken);

    /// <summary>The ledger that the wrapper serves.</summary>
    public Digest<Net> Net { get; private set; }

    /// <summary>Waits until the wrapper is ready.</summary>
    /// <exception cref="OpeningWrapperException">It ended instead.</exception>
    public static async Task<OpeningConversation> BeginAsync(
        Stream fromWrapper, Stream toWrapper, CancellationToken cancellation = default)
    {
        var conversation = new OpeningConversation(new OpeningChannel(fromWrapper, toWrapper));
        try
        {
            await conversation.ExchangeAsync(async () =>
            {
                var ready = await conversation.ReadAsync(WrapperReply.Ready, cancellation).ConfigureAwait(false);
                conversation.Net = ready.Net ?? throw Unexpected();
                return true;
            }, cancellation).ConfigureAwait(false);
            return conversation;
        }
        catch
        {
            conversation.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The session's key, made in the token; asked again for the same session, the same key.
    /// </summary>
    /// <param name="session">The session's id, which is the key's name in the token.</param>
    /// <param name="cancellation">
    /// Once the exchange has begun, ends the conversation and not only the call.
    /// </param>
    /// <exception cref="OpeningWrapperException">The wrapper failed or ended.</exception>
    public Task<PublicKey> CreateSessionKeyAsync<TSession>(
        Digest<TSession> session, CancellationToken cancellation = default) =>
        ExchangeAsync(async () =>
        {
            await channel.WriteAsync(
                new WrapperCommand(WrapperCommand.CreateSessionKey, session.As<WrapperCommand>()),
                OpeningJson.Instance.WrapperCommand, cancellation).ConfigureAwait(false);
            await channel.FlushAsync(cancellation).ConfigureAwait(false);
            var reply = await ReadAsync(WrapperReply.Created, cancellation).ConfigureAwait(false);
            return reply.SessionKey ?? throw Unexpected();
        }, cancellation);

    /// <summary>Has a closed session's bids opened to its engine.</summary>
    /// <exception cref="OpeningWrapperException">The wrapper failed or ended.</exception>
    public Task<OpeningAnswer> OpenAsync(OpeningRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.Bids.Count, OpeningMessages.MaximumBids, nameof(request));
        foreach (var bid in request.Bids)
            if (bid.Ciphertext.Length is 0 or > RecordEnvelope.MaximumBytes)
                throw new ArgumentException($"A ciphertext has 1 to {RecordEnvelope.MaximumBytes} bytes.", nameof(request));
        return ExchangeAsync(() => OpenNowAsync(request, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    private async Task<OpeningAnswer> OpenNowAsync(OpeningRequest request, CancellationToken cancellation)
    {
        var format = OpeningJson.Instance;
        await channel.WriteAsync(
            new WrapperCommand(WrapperCommand.Open, EngineKey: request.EngineKey, Bids: request.Bids.Count),
            format.WrapperCommand, cancellation).ConfigureAwait(false);
        await channel.WriteAsync(request.SessionOpen.ToBytes(), cancellation).ConfigureAwait(false);
        await channel.WriteAsync(request.Closing.ToBytes(), cancellation).ConfigureAwait(false);
        foreach (var portion in request.Bids.Chunk(OpeningMessages.ListPortion))
        {
            var list = new BidList([.. portion.Select(bid => new BidEntry(bid.Rid, bid.Ver, bid.Digest, bid.CtDigest))]);
            await channel.WriteAsync(list, format.BidList, cancellation).ConfigureAwait(false);
        }
        await channel.FlushAsync(cancellation).ConfigureAwait(false);
        var reply = await channel.ReadAsync(format.WrapperReply, cancellation).ConfigureAwait(false);
        if (reply.Status == WrapperReply.Refused)
            return Refused(reply);
        if (reply.Status != WrapperReply.Accepted)
            throw Unexpected();

        // Both at once: each side would else wait for the other to empty its pipe.
        var sending = SendAsync(request.Bids, cancellation);
        var opened = new List<OpenedBid>(request.Bids.Count);
        do
        {
            reply = await channel.ReadAsync(format.WrapperReply, cancellation).ConfigureAwait(false);
            if (reply.Status == WrapperReply.Opened)
                opened.AddRange(reply.Keys ?? throw Unexpected());
        }
        while (reply.Status == WrapperReply.Opened);
        await sending.ConfigureAwait(false);
        return reply.Status switch
        {
            WrapperReply.Refused => Refused(reply),
            WrapperReply.Done when Answers(opened, request.Bids) => new OpeningAnswer(null, opened),
            _ => throw Unexpected(),
        };
    }

    private async Task SendAsync(IReadOnlyList<SealedBid> bids, CancellationToken cancellation)
    {
        foreach (var bid in bids)
            await channel.WriteAsync(bid.Ciphertext, cancellation).ConfigureAwait(false);
        await channel.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private static bool Answers(List<OpenedBid> opened, IReadOnlyList<SealedBid> bids)
    {
        if (opened.Count != bids.Count)
            return false;
        for (var index = 0; index < opened.Count; index++)
            if (opened[index].Rid != bids[index].Rid || opened[index].Ver != bids[index].Ver)
                return false;
        return true;
    }

    private static OpeningAnswer Refused(WrapperReply reply) =>
        new(new OpeningRefusal(reply.Code ?? throw Unexpected(), reply.Check ?? throw Unexpected()), []);

    private async Task<WrapperReply> ReadAsync(string status, CancellationToken cancellation)
    {
        var reply = await channel.ReadAsync(OpeningJson.Instance.WrapperReply, cancellation).ConfigureAwait(false);
        return reply.Status == status ? reply : throw Unexpected();
    }

    private static OpeningChannelException Unexpected() => new("The wrapper answered something else.");

    private async Task<T> ExchangeAsync<T>(Func<Task<T>> exchange, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (IsBroken)
                throw new OpeningWrapperException("The conversation with the opening wrapper has ended.");
            Volatile.Write(ref broken, true);
            var result = await exchange().ConfigureAwait(false);
            Volatile.Write(ref broken, false);
            return result;
        }
        catch (Exception fault) when (fault is OpeningChannelException or IOException)
        {
            throw new OpeningWrapperException($"The opening wrapper failed: {fault.Message}", fault);
        }
        finally
        {
            turn.Release();
        }
    }
}

/// <summary>The opening wrapper failed, ended or cannot be started: a fault, never a refusal.</summary>
public sealed class OpeningWrapperException(string message, Exception? inner = null) : Exception(message, inner);
