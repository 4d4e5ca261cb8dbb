using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Tools;

/// <summary>Which keys exist and whose they are and were, followed through the chain.</summary>
internal sealed class KeyModel
{
    private readonly Dictionary<Hash, PublicKey> known = [];
    private readonly Dictionary<(Hash Account, Hash Key), bool> active = [];
    private readonly Dictionary<Hash, int> counts = [];

    /// <summary>How many keys are active in all accounts together.</summary>
    public long ActiveCount { get; private set; }

    public bool IsOpen(Hash account) => counts.ContainsKey(account);

    public int CountOf(Hash account) => counts.GetValueOrDefault(account);

    public bool IsActive(Hash account, Hash key) => active.GetValueOrDefault((account, key));

    /// <summary>True if the account has or had the key.</summary>
    public bool WasOf(Hash account, Hash key) => active.ContainsKey((account, key));

    public bool TryGet(Hash keyId, out PublicKey key) => known.TryGetValue(keyId, out key);

    public static Hash IdOf(PublicKey key) => key.Thumbprint.As<Stored>();

    public void Add(Hash account, PublicKey key)
    {
        var id = IdOf(key);
        known[id] = key;
        if (IsActive(account, id))
            return;
        active[(account, id)] = true;
        counts[account] = CountOf(account) + 1;
        ActiveCount++;
    }

    public void Remove(Hash account, Hash key)
    {
        if (!IsActive(account, key))
            return;
        active[(account, key)] = false;
        counts[account]--;
        ActiveCount--;
    }
}
