namespace Counterfoil.Ledger.Transactions;

/// <summary>Why bytes are not a transaction, or one that this ledger does not take; in order of precedence.</summary>
public static class TransactionRefusals
{
    /// <summary>More bytes than a transaction may have.</summary>
    public static readonly RefusalCode TooLarge = new("too_large", "The transaction or its attachments are larger than the ledger takes.");

    /// <summary>Not a JWS of the exact form.</summary>
    public static readonly RefusalCode Malformed = new("malformed", "The bytes are not a transaction of the exact form.");

    /// <summary>Another algorithm than ES256.</summary>
    public static readonly RefusalCode UnsupportedAlgorithm = new("unsupported_algorithm", "The signature's algorithm is not one that the ledger offers.");

    /// <summary>Made for another ledger.</summary>
    public static readonly RefusalCode WrongNet = new("wrong_net", "The transaction is for another ledger.");

    /// <summary>exp − iat is not between 1 second and the ledger's parameter.</summary>
    public static readonly RefusalCode ValidityTooLong = new("validity_too_long", "The transaction's validity is empty or longer than the ledger allows.");

    /// <summary>Its time is over.</summary>
    public static readonly RefusalCode Expired = new("expired", "The transaction's time is over; sign a new one.");

    /// <summary>Its time has not come.</summary>
    public static readonly RefusalCode NotYetValid = new("not_yet_valid", "The transaction is dated in the future.", Transient: true);

    /// <summary>The issuer used the same jti for another payload.</summary>
    public static readonly RefusalCode Replayed = new("replayed", "The issuer already used this jti for another transaction.");

    /// <summary>No contract has this action.</summary>
    public static readonly RefusalCode UnknownAction = new("unknown_action", "No contract of this ledger has that action.");

    /// <summary>arg has not the form of the action.</summary>
    public static readonly RefusalCode MalformedArgument = new("malformed_argument", "The argument has not the form that the action asks for.");

    /// <summary>The signer has no account and nobody sponsors one.</summary>
    public static readonly RefusalCode UnknownAccount = new("unknown_account", "The signer has no account on this ledger and no sponsor signed.");

    /// <summary>The key is not an active key of a signer.</summary>
    public static readonly RefusalCode KeyInactive = new("key_inactive", "The key is not an active key of the signer.");

    /// <summary>A signer's account is frozen until others decide about it.</summary>
    public static readonly RefusalCode AccountFrozen = new("account_frozen", "The account of a signer is frozen until the members decide about it.");

    /// <summary>jwk given though the account has keys.</summary>
    public static readonly RefusalCode AccountExists = new("account_exists", "The account exists already; a key is given only when an account opens.");

    /// <summary>The accounts that signed are not exactly those in <c>by</c>.</summary>
    public static readonly RefusalCode SignersMismatch = new("signers_mismatch", "The accounts that signed are not exactly those that must sign.");

    /// <summary>A signature does not verify.</summary>
    public static readonly RefusalCode BadSignature = new("bad_signature", "A signature does not verify.");

    /// <summary>Attachments are not exactly those that the message names.</summary>
    public static readonly RefusalCode AttachmentMismatch = new("attachment_mismatch", "The attachments are not those that the transaction names.");

    /// <summary>The contract is paused in an emergency.</summary>
    public static readonly RefusalCode Paused = new("paused", "The contract is paused in an emergency; try again when the pause has ended.", Transient: true);

    /// <summary>The pool is full.</summary>
    public static readonly RefusalCode Busy = new("busy", "The node has as many transactions waiting as it holds; try again.", Transient: true);

    /// <summary>The node cannot write its log.</summary>
    public static readonly RefusalCode StorageUnavailable = new("storage_unavailable", "The node cannot store blocks at present; nothing was executed.", Transient: true);

    /// <summary>A handler has a bug.</summary>
    public static readonly RefusalCode InternalFault = new("internal_fault", "The node could not execute the block because of a fault of its own; nothing was executed.", Transient: true);
}
