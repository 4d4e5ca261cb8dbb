using System.Security.Cryptography;
using System.Text;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// Makes tokens, by the module's own calls, so that no PIN stands on another program's command line, which
/// everybody on the machine can read. <b>Source:</b> PKCS#11 2.40, C_InitToken and C_InitPIN.
/// </summary>
public static class Pkcs11Token
{
    /// <summary>The longest label in UTF-8 bytes.</summary>
    public const int MaximumLabelBytes = 32;

    /// <summary>True if the module has a token of this label whose user PIN is set.</summary>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.UnknownToken"/> (no such module) or
    /// <see cref="KeyStoreErrors.TokenFailed"/>.
    /// </exception>
    public static bool Exists(string modulePath, string tokenLabel) =>
        Pkcs11Module.Load(modulePath).Slots().Exists(
            slot => slot.IsInitialized && slot.HasUserPin && slot.Label == tokenLabel);

    /// <summary>
    /// Initialises a token in the first free slot and sets its PINs. A token of this label that has no user
    /// PIN, because its making was interrupted, is completed.
    /// </summary>
    /// <param name="modulePath">The module's shared library.</param>
    /// <param name="tokenLabel">The new token's label, 1 to 32 bytes.</param>
    /// <param name="securityOfficerPin">With it the token can be wiped and the user PIN set anew.</param>
    /// <param name="userPin">With it the token's keys are used.</param>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.PassphraseUnusable"/>, <see cref="KeyStoreErrors.PassphraseRequired"/>,
    /// <see cref="KeyStoreErrors.StoreExists"/>, <see cref="KeyStoreErrors.UnknownToken"/> (no such module,
    /// or no free slot), <see cref="KeyStoreErrors.WrongPassphrase"/> or
    /// <see cref="KeyStoreErrors.TokenFailed"/>.
    /// </exception>
    public static void Initialise(
        string modulePath, string tokenLabel, PassphraseSource securityOfficerPin, PassphraseSource userPin)
    {
        ArgumentException.ThrowIfNullOrEmpty(tokenLabel);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            Encoding.UTF8.GetByteCount(tokenLabel), MaximumLabelBytes, nameof(tokenLabel));
        ArgumentNullException.ThrowIfNull(securityOfficerPin);
        ArgumentNullException.ThrowIfNull(userPin);
        byte[]? officer = null, user = null;
        try
        {
            officer = Required(securityOfficerPin);
            user = Required(userPin);
            var module = Pkcs11Module.Load(modulePath);
            var slots = module.Slots();
            var named = slots.FindAll(slot => slot.IsInitialized && slot.Label == tokenLabel);
            if (named.Exists(slot => slot.HasUserPin))
                throw new KeyStoreException(KeyStoreErrors.StoreExists, $"There is a token '{tokenLabel}' already.");
            if (named.Count == 0)
            {
                named = slots.FindAll(slot => !slot.IsInitialized);
                if (named.Count == 0)
                    throw new KeyStoreException(KeyStoreErrors.UnknownToken, "The module has no free slot.");
                module.InitializeToken(named[0].Slot, tokenLabel, officer);
            }
            module.InitializeUserPin(named[0].Slot, officer, user);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(officer);
            CryptographicOperations.ZeroMemory(user);
        }
    }

    private static byte[] Required(PassphraseSource source) =>
        source.Read() ?? throw new KeyStoreException(KeyStoreErrors.PassphraseRequired, "A token needs its PINs.");
}
