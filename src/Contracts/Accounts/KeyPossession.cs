using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Accounts;

/// <summary>
/// How a new key proves that its holder wants it in an account: a compact JWS (<c>typ:
/// cf-key+jws</c>, header <c>jwk</c>) by the new key over the canonical JSON
/// <c>{"account":"…","net":"…"}</c>. So nobody adds a stranger's key to an account.
/// </summary>
public static class KeyPossession
{
    /// <summary>The <c>typ</c> of the proof.</summary>
    public const string Type = "cf-key+jws";

    /// <summary>Makes the proof.</summary>
    /// <param name="net">The ledger.</param>
    /// <param name="account">The account that the key joins.</param>
    /// <param name="key">The new key.</param>
    public static string Prove(Digest<Net> net, AccountId account, ISigningKey key) =>
        Jws.SignCompact(Type, Encoding.UTF8.GetBytes(Payload(net, account)), key,
            reference: KeyReference.Key);

    internal static bool IsProven(string proof, Digest<Net> net, AccountId account, PublicKey key) =>
        InnerJws.TryVerify(proof, Type, Payload(net, account), out var signer) && signer == key;

    private static string Payload(Digest<Net> net, AccountId account) =>
        $$"""{"account":"{{account}}","net":"{{net}}"}""";
}
