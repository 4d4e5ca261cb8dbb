namespace Counterfoil.Cryptography.Jose.SdJwt;

/// <summary>Why a presentation was refused, beyond <see cref="JoseRefusal"/>.</summary>
public static class SdJwtRefusals
{
    /// <summary>The holder's proof is not there, or there is no key that it could be by.</summary>
    public static readonly JoseRefusal KeyBindingMissing = new("key_binding_missing");

    /// <summary>The holder's signature does not verify under the key in <c>cnf</c>.</summary>
    public static readonly JoseRefusal KeyBindingInvalid = new("key_binding_invalid");

    /// <summary>It was made for another verifier.</summary>
    public static readonly JoseRefusal AudienceMismatch = new("audience_mismatch");

    /// <summary>It was made for another request.</summary>
    public static readonly JoseRefusal NonceMismatch = new("nonce_mismatch");

    /// <summary>It was made for another token, or for other disclosures.</summary>
    public static readonly JoseRefusal DisclosuresMismatch = new("disclosures_mismatch");
}
