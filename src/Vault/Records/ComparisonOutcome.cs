namespace Counterfoil.Vault.Records;

/// <summary>What came of comparing the three witnesses of a record. Anything but <see cref="Match"/> may be disputed.</summary>
public enum ComparisonOutcome
{
    /// <summary>Server, vault and ledger agree.</summary>
    Match = 1,

    /// <summary>What the server returned is not what was anchored.</summary>
    OriginalAltered = 2,

    /// <summary>The server denies the original to somebody entitled to it.</summary>
    OriginalMissing = 3,

    /// <summary>The ledger, by proof, holds no anchor of the version asked for, or of the authentic one returned.</summary>
    AnchorMissing = 4,

    /// <summary>A signature does not verify under a key that its signer had at the anchored height.</summary>
    SignatureInvalid = 5,

    /// <summary>The vault's ciphertext is missing before its retention ends, is another, or holds other bytes.</summary>
    CiphertextMismatch = 6,

    /// <summary>The server returned an authentic, anchored original, but not of the version asked for.</summary>
    StaleVersion = 7,
}
