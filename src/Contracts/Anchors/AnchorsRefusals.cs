using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Anchors;

/// <summary>Why a document is not anchored, in order of precedence.</summary>
public static class AnchorsRefusals
{
    /// <summary>Version, predecessor, signers or ciphertext do not go together.</summary>
    public static readonly RefusalCode MalformedAnchor =
        new(
            "malformed_anchor",
            "The anchor's version, predecessor, signers or ciphertext do not go together.");

    /// <summary>An inner signature is wrong, or two are by one key.</summary>
    public static readonly RefusalCode SignatureInvalid =
        new(
            "signature_invalid",
            "A signature under the document is not valid for this ledger, record, version and digest.");

    /// <summary>The ciphertext is not a JWE of that length.</summary>
    public static readonly RefusalCode EnvelopeMismatch =
        new("envelope_mismatch", "The ciphertext is not an encrypted document of the stated length.");

    /// <summary>Neither an account nor a contract acts.</summary>
    public static readonly RefusalCode NotAuthorised =
        new("not_authorised", "Nobody stands behind the anchor.");

    /// <summary>This version is anchored already with this digest.</summary>
    public static readonly RefusalCode Replayed =
        new("replayed", "This version of the record is anchored already.");

    /// <summary>Not the next version, or not after the last one's digest.</summary>
    public static readonly RefusalCode VersionConflict =
        new("version_conflict", "The version is not the next one after the last.");

    /// <summary>A signing key is not an active key of its signer.</summary>
    public static readonly RefusalCode KeyNotActive =
        new("key_not_active", "A key that signed is not an active key of its signer.");

    /// <summary>All of them, in order of precedence.</summary>
    public static IReadOnlyList<RefusalCode> All { get; } =
        [MalformedAnchor, SignatureInvalid, EnvelopeMismatch, NotAuthorised, Replayed, VersionConflict,
            KeyNotActive];
}
