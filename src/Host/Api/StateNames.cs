using Counterfoil.Cryptography;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Api;

/// <summary>
/// Things whose ids are unique for one party are named <c>{party}.{id}</c> in a path: 43 characters of
/// base64url, a dot, 64 hexadecimal digits.
/// </summary>
internal static class StateNames
{
    public static bool TryRead<T>(string? text, out AccountId party, out Digest<T> id)
    {
        party = default;
        id = default;
        return text is { Length: 108 } && text[43] == '.' && AccountId.TryParse(text[..43], out party) && Digest<T>.TryParse(text[44..], out id);
    }

    public static string? OrNull(this AccountId account) => account.IsUnset ? null : account.ToString();

    public static string? OrNull<T>(this Digest<T> digest) => digest.IsUnset ? null : digest.ToString();

    public static long? OrNull(this Timestamp time) => time == default ? null : time.UnixMilliseconds;
}
