using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;

namespace Counterfoil.Simulator.FullStack;

/// <summary>Keys by name, the same in every world: making one takes longer than a vote. They protect nothing.</summary>
internal static class SimulatedKeys
{
    private static readonly ConcurrentDictionary<string, DeterministicSigningKey> Signing = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, VrfKey> Vrf = new(StringComparer.Ordinal);

    public static DeterministicSigningKey SigningKey(string name) => Signing.GetOrAdd(name, static each => DeterministicSigningKey.Import(SecretOf(each)));

    public static VrfKey VrfKey(string name) => Vrf.GetOrAdd(name, static each => Cryptography.Vrf.VrfKey.Import(SecretOf(each)));

    // Below the group's order: its first bytes are ones.
    private static byte[] SecretOf(string name)
    {
        var secret = SHA256.HashData(Encoding.ASCII.GetBytes("counterfoil simulator " + name));
        secret[0] = 0;
        return secret;
    }
}
