using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;

namespace Counterfoil.Host.Api;

/// <summary>
/// How much one source may ask for; a token is a request, or one further transaction in it.
/// </summary>
public sealed record RateLimits
{
    /// <summary>Off only where the operator says so, as a measurement on loopback does.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Tokens a second for one address, 1 to 10,000,000.</summary>
    public int AddressPerSecond { get; init; } = 20_000;

    /// <summary>Tokens that an address may save up, 1 to 10,000,000.</summary>
    public int AddressBurst { get; init; } = 100_000;

    /// <summary>Tokens a second for one connection, 1 to 10,000,000.</summary>
    public int ConnectionPerSecond { get; init; } = 10_000;

    /// <summary>Tokens that a connection may save up, 1 to 10,000,000.</summary>
    public int ConnectionBurst { get; init; } = 50_000;

    /// <summary>What a signature that does not verify costs, in tokens: 1 to 1,000.</summary>
    public int FailedSignatureCost { get; init; } = 10;
}

/// <summary>
/// Token buckets by connection and by address, asked before anything is parsed. What a request turns out to
/// hold is charged afterwards and may leave a debt, so that whoever sends garbage waits longer.
/// <b>Source:</b> kernel.md section 7.
/// </summary>
internal sealed class RateLimiter(RateLimits limits, TimeProvider monotonic)
{
    // An attacker's many addresses must not grow the table without end.
    private const int MaximumAddresses = 100_000;

    private static readonly object ConnectionKey = new();
    private readonly ConcurrentDictionary<IPAddress, TokenBucket> addresses = new();
    private long refused;

    /// <summary>Requests refused since the start.</summary>
    public long Refused => Interlocked.Read(ref refused);

    /// <summary>Takes one token.</summary>
    /// <param name="context">The request.</param>
    /// <param name="retryAfterSeconds">How long to wait, where refused.</param>
    public bool TryEnter(HttpContext context, out int retryAfterSeconds)
    {
        retryAfterSeconds = 0;
        if (!limits.Enabled)
            return true;
        var (address, connection) = BucketsOf(context);
        var now = monotonic.GetTimestamp();
        var wait = Math.Max(address.Take(now), connection.Take(now));
        if (wait <= 0)
            return true;
        Interlocked.Increment(ref refused);
        retryAfterSeconds = (int)Math.Min(Math.Ceiling(wait), 3_600);
        return false;
    }

    /// <summary>Charges what the request held beyond its first token.</summary>
    public void Charge(HttpContext context, int transactions, int failedSignatures)
    {
        if (!limits.Enabled)
            return;
        var cost = Math.Max(0, transactions - 1) + (long)failedSignatures * limits.FailedSignatureCost;
        if (cost == 0)
            return;
        var (address, connection) = BucketsOf(context);
        address.Charge(cost);
        connection.Charge(cost);
    }

    private Buckets BucketsOf(HttpContext context)
    {
        var items = context.Features.Get<IConnectionItemsFeature>()!.Items;
        if (items.TryGetValue(ConnectionKey, out var kept))
            return (Buckets)kept!;
        if (addresses.Count >= MaximumAddresses)
            DropFullBuckets();
        var remote = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var address = addresses.GetOrAdd(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote,
            _ => new TokenBucket(limits.AddressPerSecond, limits.AddressBurst, monotonic));
        var connection = new TokenBucket(limits.ConnectionPerSecond, limits.ConnectionBurst, monotonic);
        var buckets = new Buckets(address, connection);
        items[ConnectionKey] = buckets;
        return buckets;
    }

    private sealed record Buckets(TokenBucket Address, TokenBucket Connection);

    /// <summary>
    /// A full bucket remembers nothing, so it can go; a connection that holds it goes on with it.
    /// </summary>
    private void DropFullBuckets()
    {
        var now = monotonic.GetTimestamp();
        foreach (var (address, bucket) in addresses)
            if (bucket.IsFull(now))
                addresses.TryRemove(address, out _);
    }
}

/// <summary>
/// Tokens that come in at a rate up to a burst, and may be overdrawn by what was charged afterwards.
/// </summary>
internal sealed class TokenBucket(int perSecond, int burst, TimeProvider monotonic)
{
    private readonly Lock gate = new();
    private double tokens = burst;
    private long filledAt = monotonic.GetTimestamp();

    /// <summary>Takes a token if there is one.</summary>
    /// <returns>0, or the seconds until there is one.</returns>
    public double Take(long now)
    {
        lock (gate)
        {
            Fill(now);
            if (tokens < 1)
                return (1 - tokens) / perSecond;
            tokens--;
            return 0;
        }
    }

    public void Charge(long cost)
    {
        lock (gate)
            tokens -= cost;
    }

    public bool IsFull(long now)
    {
        lock (gate)
        {
            Fill(now);
            return tokens >= burst;
        }
    }

    private void Fill(long now)
    {
        if (now <= filledAt)
            return;
        tokens = Math.Min(burst, tokens + monotonic.GetElapsedTime(filledAt, now).TotalSeconds * perSecond);
        filledAt = now;
    }
}
