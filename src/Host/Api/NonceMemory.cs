namespace Counterfoil.Host.Api;

/// <summary>
/// The nonces of signed requests that could still be sent again: each is used once until its signature is too
/// old to be accepted anyway. Full, it takes no more, so that a flood cannot push out what it must remember.
/// </summary>
internal sealed class NonceMemory
{
    /// <summary>The most nonces remembered at one time.</summary>
    public const int MaximumCount = 1_000_000;

    /// <summary>The longest nonce, in characters.</summary>
    public const int MaximumLength = 128;

    private readonly Lock gate = new();
    private readonly HashSet<(string KeyId, string Nonce)> used = [];
    private readonly PriorityQueue<(string KeyId, string Nonce), long> byEnd = new();

    /// <summary>Uses a nonce.</summary>
    /// <returns>False if this key used it before, if it is too long, or if the memory is full.</returns>
    public bool TryUse(string keyId, string nonce, DateTimeOffset until, DateTimeOffset now)
    {
        if (nonce.Length > MaximumLength || keyId.Length > MaximumLength)
            return false;
        lock (gate)
        {
            while (byEnd.TryPeek(out var oldest, out var end) && end < now.ToUnixTimeMilliseconds())
            {
                byEnd.Dequeue();
                used.Remove(oldest);
            }
            if (used.Count >= MaximumCount || !used.Add((keyId, nonce)))
                return false;
            byEnd.Enqueue((keyId, nonce), until.ToUnixTimeMilliseconds());
            return true;
        }
    }
}
