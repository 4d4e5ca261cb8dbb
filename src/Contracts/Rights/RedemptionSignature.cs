using System.Globalization;
using System.Text;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Rights;

/// <summary>
/// A holder's word that somebody else may redeem a right once: a compact JWS (<c>typ:
/// cf-redeem+jws</c>, header <c>jwk</c>) over the canonical JSON
/// <c>{"issuer":…,"net":…,"right":…,"units":…,"use":…}</c>, <c>units</c> only where an amount is
/// redeemed. The number of the use spends it.
/// </summary>
public static class RedemptionSignature
{
    /// <summary>The <c>typ</c>.</summary>
    public const string Type = "cf-redeem+jws";

    /// <summary>Signs one redemption.</summary>
    /// <param name="net">The ledger.</param>
    /// <param name="right">The right.</param>
    /// <param name="use">The number of the redemption from 1: <see cref="RightRow.Sequence"/> and
    /// one more.</param>
    /// <param name="amount">How much of the limit; null for none.</param>
    /// <param name="key">An active key of the holder, or the one that the commitment was made
    /// to.</param>
    public static string Sign(Digest<Net> net, RightKey right, uint use, Amount? amount, ISigningKey key) =>
        Jws.SignCompact(Type, Encoding.UTF8.GetBytes(Payload(net, right, use, amount)), key,
            reference: KeyReference.Key);

    internal static bool Verify(string compact, Digest<Net> net, RightKey right, uint use, Amount? amount) =>
        InnerJws.TryVerify(compact, Type, Payload(net, right, use, amount), out _);

    private static string Payload(Digest<Net> net, RightKey right, uint use, Amount? amount)
    {
        var units = amount is { } given
            ? string.Create(CultureInfo.InvariantCulture, $"\"units\":\"{given.Units}\",")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $$"""{"issuer":"{{right.Issuer}}","net":"{{net}}","right":"{{right.Id}}",{{units}}"use":{{use}}}""");
    }
}
