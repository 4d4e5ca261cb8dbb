using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Custody;

/// <summary>What a store says about a key without opening it.</summary>
/// <param name="Name">The key's name in its store.</param>
/// <param name="Usage">What the key is for.</param>
/// <param name="PublicKey">The public half.</param>
public sealed record KeyInfo(string Name, KeyUsage Usage, PublicKey PublicKey);
