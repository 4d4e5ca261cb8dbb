using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// A set of keys in which a name means one key: an ambiguous set is refused. <b>Source:</b> RFC 7517 section
/// 5; RFC 8725 section 3.1 for not mixing shared and public keys.
/// </summary>
public sealed class JwkSet
{
    /// <summary>The most keys in a set that are read.</summary>
    public const int MaximumKeys = 256;

    /// <summary>The largest set in bytes that is read.</summary>
    public const int MaximumBytes = 1024 * 1024;

    private JwkSet(IReadOnlyList<Jwk> keys) => Keys = keys;

    /// <summary>The keys in the order of the set.</summary>
    public IReadOnlyList<Jwk> Keys { get; }

    /// <summary>
    /// Reads a set. Malformed if it is no object with a list <c>keys</c>; invalid key if two keys have one
    /// <c>kid</c>, or symmetric and asymmetric keys are mixed.
    /// </summary>
    public static JoseResult<JwkSet> Parse(ReadOnlySpan<byte> json)
    {
        if (!StrictJson.TryParseObject(json, out var set, MaximumBytes)
            || !set.TryGetProperty("keys", out var list)
            || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaximumKeys)
            return JoseRefusal.Malformed;
        var keys = new List<Jwk>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var element in list.EnumerateArray())
        {
            if (!Jwk.Parse(element).TryGet(out var key))
                return JoseRefusal.Malformed;
            if (key.KeyId is { } name && !names.Add(name)
                || keys.Count > 0 && keys[0].IsSymmetric != key.IsSymmetric)
                return JoseRefusal.InvalidKey;
            keys.Add(key);
        }
        return new JwkSet(keys);
    }

    /// <summary>The key of that name; without a name, the only key of the set; else null.</summary>
    public Jwk? Find(string? keyId) =>
        keyId is not null ? Keys.FirstOrDefault(key => key.KeyId == keyId) : Keys.Count == 1 ? Keys[0] : null;
}
