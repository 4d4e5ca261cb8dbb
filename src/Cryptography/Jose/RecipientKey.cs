using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>For whom a JWE is encrypted.</summary>
/// <param name="Key">The recipient's agreement key.</param>
/// <param name="KeyId">
/// <c>kid</c>; null (default) to leave it out, so that who the recipients are is not told: a reader tries its
/// key on each.
/// </param>
public readonly record struct RecipientKey(PublicKey Key, string? KeyId = null);
