using System.Text;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Contracts;

/// <summary>
/// A signature inside a message, by somebody who need not sign the transaction: a compact JWS with
/// exactly <c>alg</c> (ES256), <c>typ</c> and <c>jwk</c> in its header over a payload that the
/// reader builds itself. <c>Check</c> verifies it under the key that it carries; whose key that is,
/// is for <c>Apply</c> to find out. <b>Source:</b> kernel.md section 2, RFC 7515.
/// </summary>
internal static class InnerJws
{
    /// <summary>The longest one, in characters.</summary>
    public const int MaximumLength = 2_048;

    /// <summary>Verifies it.</summary>
    /// <param name="compact">The JWS.</param>
    /// <param name="type">The only <c>typ</c> taken.</param>
    /// <param name="payload">The canonical JSON that it must be over, byte for byte.</param>
    /// <param name="key">The key that signed; unset where the result is false.</param>
    /// <returns>False if it has another form or payload, or does not verify.</returns>
    public static bool TryVerify(string compact, string type, string payload, out PublicKey key)
    {
        key = default;
        if (compact.Length > MaximumLength
            || !Jws.ParseCompact(compact,
            new JwsExpectation { Type = type, MaximumBytes = MaximumLength }).TryGet(out var jws)
            || !jws.Header.HasOnlyProtected("alg", "typ", "jwk")
            || !jws.Payload.Span.SequenceEqual(Encoding.UTF8.GetBytes(payload))
            || !jws.Header.Key().TryGet(out var carried)
            || jws.Verify(carried) is not null)
            return false;
        key = carried;
        return true;
    }

    /// <summary>The key that a JWS carries which <see cref="TryVerify"/> took before.</summary>
    public static PublicKey KeyOf(string compact) =>
        Jws.ParseCompact(compact).Value.Header.Key().Value;
}
