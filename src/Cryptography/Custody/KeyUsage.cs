namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// What a key is for. A key has one use for ever: one that signs never agrees, and a VRF key does neither.
/// </summary>
public enum KeyUsage
{
    /// <summary>No usage; never stored.</summary>
    Unset = 0,

    /// <summary>ES256 signatures.</summary>
    Sign = 1,

    /// <summary>P-256 key agreement, for encryption (ECDH-ES).</summary>
    Agree = 2,

    /// <summary>Verifiable random function, ECVRF-P256-SHA256-TAI. <b>Source:</b> RFC 9381.</summary>
    Vrf = 3,
}
