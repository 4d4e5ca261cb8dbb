using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography.Curves;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>The accounts of a measurement: node and client make the same ones from the same seed, each with a key of its own.</summary>
internal static class BenchAccounts
{
    public const string AssetCode = "BENCH";

    /// <summary>Units of each account at the beginning: nobody runs out.</summary>
    public const long Units = 1_000_000_000;

    /// <summary>The private scalar of an account: the first reduced one of SHA-256(seed ‖ index ‖ attempt). The caller clears it.</summary>
    public static byte[] SecretOf(ReadOnlySpan<byte> seed, int index)
    {
        Span<byte> input = stackalloc byte[seed.Length + 2 * sizeof(int)];
        seed.CopyTo(input);
        BinaryPrimitives.WriteInt32BigEndian(input[seed.Length..], index);
        for (var attempt = 0; ; attempt++)
        {
            BinaryPrimitives.WriteInt32BigEndian(input[(seed.Length + sizeof(int))..], attempt);
            var secret = SHA256.HashData(input);
            if (P256.IsSecret(secret))
                return secret;
        }
    }

    /// <summary>The public keys of all accounts.</summary>
    public static PublicKey[] PublicKeys(byte[] seed, int count)
    {
        var keys = new PublicKey[count];
        Parallel.For(0, count, index =>
        {
            using var key = EphemeralSigningKey.Import(SecretOf(seed, index));
            keys[index] = key.PublicKey;
        });
        return keys;
    }

    /// <summary>The section of the genesis document in which they all have their units; the first account issues the asset.</summary>
    public static JsonElement GenesisSection(IReadOnlyList<PublicKey> keys)
    {
        var issuer = AccountId.Of(keys[0]);
        return JsonSerializer.SerializeToElement(
            new AccountsGenesis(
                [.. keys.Select(key => new GenesisAccount(key))],
                [new GenesisAsset(issuer, AssetCode, "Measurement", 0, (UInt128)keys.Count * Units, Transferable: true, Shieldable: false)],
                [.. keys.Select(key => new GenesisBalance(AccountId.Of(key), AssetCode, Units))]),
            AccountsJson.Instance.AccountsGenesis);
    }
}
