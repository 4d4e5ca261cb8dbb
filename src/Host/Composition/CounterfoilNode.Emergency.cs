using System.Threading.Channels;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Composition;

/// <content>
/// Connections that are closed before a decision is final: votes reach every node at admission, and what they say of a stolen key must not wait for a block.
/// </content>
public sealed partial class CounterfoilNode
{
    // Of a flood of votes the oldest go; who verified them was slower than who looks at them.
    private const int MaximumUnread = 16_384;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Channel<Transaction> waitingVotes = Channel.CreateBounded<Transaction>(
        new BoundedChannelOptions(MaximumUnread) { FullMode = BoundedChannelFullMode.DropOldest });

    private HeldVotes heldVotes = null!;
    private volatile IReadOnlyList<AccountId> closedAgainst = [];

    private void NoteVote(Transaction transaction)
    {
        if (HeldVotes.IsVote(transaction))
            waitingVotes.Writer.TryWrite(transaction);
    }

    /// <summary>Looks at votes as they come.</summary>
    private async Task WatchVotesAsync(Action join, CancellationToken stop)
    {
        try
        {
            while (await waitingVotes.Reader.WaitToReadAsync(stop))
                join();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>Looks at the time while a connection is closed by votes: their window may end where no block is made.</summary>
    private async Task WatchTimeAsync(Action join, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LookAgain);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
                if (closedAgainst.Count > 0)
                    join();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>Against whom connections are closed; called where the state may be read.</summary>
    private IReadOnlyList<AccountId> TakeVotes(Timestamp now)
    {
        while (waitingVotes.Reader.TryRead(out var vote))
            heldVotes.Take(vote);
        heldVotes.Review(now);
        return heldVotes.ClosedAgainst(now);
    }

    /// <summary>Watches until the node stops.</summary>
    private void WatchVotes(Action join)
    {
        var stop = new CancellationTokenSource();
        Task[] watching = [WatchVotesAsync(join, stop.Token), WatchTimeAsync(join, stop.Token)];
        closing.Push(async () =>
        {
            await stop.CancelAsync();
            await Task.WhenAll(watching);
            stop.Dispose();
        });
    }

    private void TellClosed(IReadOnlyList<AccountId> closed, ILogger log)
    {
        foreach (var account in closed.Except(closedAgainst))
            LogClosedAgainst(log, account.ToString());
        foreach (var account in closedAgainst.Except(closed))
            LogNoLongerClosedAgainst(log, account.ToString());
        closedAgainst = closed;
    }

    [LoggerMessage(15, LogLevel.Warning, "Validators of more than f approve the revocation of {Account}: connections with it are closed until it is decided")]
    private static partial void LogClosedAgainst(ILogger logger, string account);

    [LoggerMessage(16, LogLevel.Information, "Connections with {Account} follow the registry again")]
    private static partial void LogNoLongerClosedAgainst(ILogger logger, string account);
}
