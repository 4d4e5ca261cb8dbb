namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// A key store cannot do what was asked; <see cref="Code"/> says why, in the words of <see cref="KeyStoreErrors"/>.
/// </summary>
public sealed class KeyStoreException : Exception
{
    /// <summary>An error of the given code.</summary>
    /// <param name="code">One of <see cref="KeyStoreErrors"/>.</param>
    /// <param name="message">What a person should know; never a secret.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public KeyStoreException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>A stable snake_case code.</summary>
    public string Code { get; }
}

/// <summary>The codes of <see cref="KeyStoreException"/>.</summary>
public static class KeyStoreErrors
{
    /// <summary>
    /// The name is not 1 to 64 characters of <c>a-z 0-9 . _ -</c> beginning with a letter or digit.
    /// </summary>
    public const string InvalidName = "invalid_key_name";

    /// <summary>No key has this name.</summary>
    public const string UnknownKey = "unknown_key";

    /// <summary>No certificate was made for this key.</summary>
    public const string UnknownCertificate = "unknown_certificate";

    /// <summary>A key has this name already.</summary>
    public const string KeyExists = "key_exists";

    /// <summary>The key is for another use.</summary>
    public const string WrongUsage = "wrong_key_usage";

    /// <summary>The store cannot keep keys of this usage.</summary>
    public const string UnsupportedUsage = "unsupported_key_usage";

    /// <summary>The passphrase or PIN does not open the store.</summary>
    public const string WrongPassphrase = "wrong_passphrase";

    /// <summary>The store is protected and no passphrase was given.</summary>
    public const string PassphraseRequired = "passphrase_required";

    /// <summary>
    /// A passphrase was given, but the store is kept unprotected: whoever expects protection must know.
    /// </summary>
    public const string StoreUnprotected = "store_unprotected";

    /// <summary>The passphrase's file can be read by others, is absent, empty or too long.</summary>
    public const string PassphraseUnusable = "passphrase_unusable";

    /// <summary>The store's folder or a file in it gives access to others.</summary>
    public const string OpenToOthers = "key_store_open_to_others";

    /// <summary>There is no key store in this place.</summary>
    public const string UnknownStore = "unknown_key_store";

    /// <summary>A key store lies in this place already.</summary>
    public const string StoreExists = "key_store_exists";

    /// <summary>The store's own file is not as it was written.</summary>
    public const string DamagedStore = "damaged_key_store";

    /// <summary>A key's file is not as it was written.</summary>
    public const string DamagedKeyFile = "damaged_key_file";

    /// <summary>The token refused or failed.</summary>
    public const string TokenFailed = "token_failed";

    /// <summary>There is no such token or module.</summary>
    public const string UnknownToken = "unknown_token";
}
