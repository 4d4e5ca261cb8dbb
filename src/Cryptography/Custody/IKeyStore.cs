using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// Keys by name, given out as handles that sign or agree and never as bytes. Safe for concurrent use. Every
/// failure is a <see cref="KeyStoreException"/> with a code; a name must be 1 to 64 characters of <c>a-z 0-9
/// . _ -</c> that begin with a letter or digit (<see cref="KeyStoreErrors.InvalidName"/>).
/// </summary>
public interface IKeyStore : IDisposable
{
    /// <summary>The keys of the store in ordinal order of their names.</summary>
    IReadOnlyList<KeyInfo> List();

    /// <summary>
    /// Makes a new key and returns what <see cref="List"/> will say of it; it is stored durably when this
    /// returns.
    /// </summary>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.InvalidName"/>, <see cref="KeyStoreErrors.UnsupportedUsage"/> or
    /// <see cref="KeyStoreErrors.KeyExists"/>, in this order.
    /// </exception>
    KeyInfo Create(string name, KeyUsage usage);

    /// <summary>A handle to a key of usage <see cref="KeyUsage.Sign"/>; the caller disposes it.</summary>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.InvalidName"/>, <see cref="KeyStoreErrors.UnknownKey"/>,
    /// <see cref="KeyStoreErrors.DamagedKeyFile"/> or <see cref="KeyStoreErrors.WrongUsage"/>.
    /// </exception>
    ISigningKey OpenSigning(string name);

    /// <summary>A handle to a key of usage <see cref="KeyUsage.Agree"/>; the caller disposes it.</summary>
    /// <exception cref="KeyStoreException">As for <see cref="OpenSigning"/>.</exception>
    IAgreementKey OpenAgreement(string name);

    /// <summary>A handle to a key of usage <see cref="KeyUsage.Vrf"/>; the caller disposes it.</summary>
    /// <exception cref="KeyStoreException">
    /// As for <see cref="OpenSigning"/>; <see cref="KeyStoreErrors.UnsupportedUsage"/> where the store cannot
    /// keep such keys.
    /// </exception>
    IVrfKey OpenVrf(string name);
}
