using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Cryptography.X509;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// Keys in a folder (mode 0700), one file of mode 0600 each, encrypted with AES-256-GCM under the store's own
/// key, which is wrapped under a passphrase: PBKDF2-SHA256, 600,000 iterations, once when the store is
/// opened, so that thousands of keys open fast. With <see cref="PassphraseSource.UnprotectedByChoice"/>
/// nothing is encrypted and the store's file says so. Files appear whole or not at all. Names, usages and
/// public halves are readable without the passphrase. <b>Source:</b> RFC 8018 section 5.2, SP 800-38D;
/// iterations after the OWASP password storage guidance.
/// </summary>
public sealed class FileKeyStore : IKeyStore
{
    private readonly string folder;
    private readonly SealingKey? storeKey;
    private readonly bool flush;

    private FileKeyStore(string folder, SealingKey? storeKey, bool flush)
    {
        this.folder = folder;
        this.storeKey = storeKey;
        this.flush = flush;
    }

    /// <summary>False if the private keys lie readable in their files, by choice.</summary>
    public bool IsProtected => storeKey is not null;

    /// <summary>True if a key store lies in the folder.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, StoreFile.FileName));

    /// <summary>Makes a new, empty store; the folder is made if absent.</summary>
    /// <param name="folder">The store's folder, which has nothing else in it.</param>
    /// <param name="passphrase">Where the passphrase comes from, or none by choice.</param>
    /// <param name="flush">
    /// False leaves writing to the operating system: a power failure may lose keys. Only for sandboxes that
    /// make thousands of stores.
    /// </param>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.PassphraseUnusable"/>, <see cref="KeyStoreErrors.OpenToOthers"/>,
    /// <see cref="KeyStoreErrors.StoreExists"/>.
    /// </exception>
    public static FileKeyStore Create(string folder, PassphraseSource passphrase, bool flush = true)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        if (Exists(folder))
            throw StoreExists(folder);
        var secret = passphrase.Read();
        SealingKey? storeKey = null;
        try
        {
            OwnerOnlyFiles.MakeFolder(folder);
            RequireOwnerOnly(folder);
            StoreFile file;
            if (secret is null)
                file = StoreFile.Unprotected();
            else
            {
                Span<byte> bytes = stackalloc byte[StoreFile.KeyBytes];
                RandomNumberGenerator.Fill(bytes);
                storeKey = new SealingKey(bytes);
                CryptographicOperations.ZeroMemory(bytes);
                file = StoreFile.Wrap(storeKey.Bytes, secret);
            }
            if (!OwnerOnlyFiles.TryCreate(Path.Combine(folder, StoreFile.FileName), file.ToBytes(), flush))
                throw StoreExists(folder);
            var store = new FileKeyStore(folder, storeKey, flush);
            storeKey = null;
            return store;
        }
        finally
        {
            storeKey?.Dispose();
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Opens a store that is there.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="passphrase">Where the passphrase comes from, or none by choice for an unprotected store.</param>
    /// <param name="flush">As for <see cref="Create(string, PassphraseSource, bool)"/>.</param>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.UnknownStore"/>, <see cref="KeyStoreErrors.OpenToOthers"/>, <see cref="KeyStoreErrors.DamagedStore"/>,
    /// <see cref="KeyStoreErrors.PassphraseUnusable"/>, <see cref="KeyStoreErrors.PassphraseRequired"/>,
    /// <see cref="KeyStoreErrors.StoreUnprotected"/>, <see cref="KeyStoreErrors.WrongPassphrase"/>, in this order.
    /// </exception>
    public static FileKeyStore Open(string folder, PassphraseSource passphrase, bool flush = true)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        var file = Load(folder);
        var secret = passphrase.Read();
        try
        {
            if (secret is null)
            {
                return file.IsProtected
                    ? throw new KeyStoreException(KeyStoreErrors.PassphraseRequired, "This key store needs its passphrase.")
                    : new FileKeyStore(folder, null, flush);
            }
            if (!file.IsProtected)
                throw new KeyStoreException(KeyStoreErrors.StoreUnprotected, "This key store is not protected by a passphrase.");
            return new FileKeyStore(folder, file.Unwrap(secret), flush);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Opens the store of the folder, or makes it if there is none.</summary>
    /// <exception cref="KeyStoreException">As for <see cref="Open"/> and <see cref="Create(string, PassphraseSource, bool)"/>.</exception>
    public static FileKeyStore OpenOrCreate(string folder, PassphraseSource passphrase, bool flush = true) =>
        Exists(folder) ? Open(folder, passphrase, flush) : Create(folder, passphrase, flush);

    /// <summary>
    /// Wraps the store's key under a new passphrase; the keys' files stay as they are. Someone who copied the
    /// old store file and knows the old passphrase can still open these keys: after a disclosure, make new
    /// keys.
    /// </summary>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.StoreUnprotected"/>, or <see cref="KeyStoreErrors.PassphraseUnusable"/>, also for none by choice.
    /// </exception>
    public void ChangePassphrase(PassphraseSource passphrase)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        if (storeKey is null)
            throw new KeyStoreException(KeyStoreErrors.StoreUnprotected, "This key store has no passphrase to change.");
        var secret = passphrase.Read()
            ?? throw new KeyStoreException(KeyStoreErrors.PassphraseUnusable, "A protected key store stays protected.");
        try
        {
            OwnerOnlyFiles.Replace(
                Path.Combine(folder, StoreFile.FileName), StoreFile.Wrap(storeKey.Bytes, secret).ToBytes(), flush: true);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KeyStoreException"><see cref="KeyStoreErrors.DamagedKeyFile"/> if any file is damaged.</exception>
    public IReadOnlyList<KeyInfo> List() => ListWithoutOpening(folder);

    /// <summary>The keys of a store by their names, as <see cref="List"/> gives them; no passphrase is needed, and nothing is proved of them.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <exception cref="KeyStoreException"><see cref="KeyStoreErrors.DamagedKeyFile"/> if any file is damaged.</exception>
    public static IReadOnlyList<KeyInfo> ListWithoutOpening(string folder)
    {
        var keys = new List<KeyInfo>();
        foreach (var path in Directory.EnumerateFiles(folder, "*" + KeyFile.Ending))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (KeyName.IsValid(name) && KeyFile.Load(folder, name) is { } file)
                keys.Add(file.Info());
        }
        keys.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        return keys;
    }

    /// <inheritdoc/>
    public KeyInfo Create(string name, KeyUsage usage)
    {
        KeyName.Require(name);
        _ = KeyName.Of(usage);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parameters = key.ExportParameters(includePrivateParameters: true);
        try
        {
            var info = new KeyInfo(name, usage, PublicKey.Of(parameters));
            var content = KeyFile.Of(info, parameters.D, storeKey).ToBytes();
            return OwnerOnlyFiles.TryCreate(Path.Combine(folder, name + KeyFile.Ending), content, flush)
                ? info
                : throw new KeyStoreException(KeyStoreErrors.KeyExists, $"There is a key '{name}' already.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    /// <inheritdoc/>
    public ISigningKey OpenSigning(string name) =>
        OpenKey(name, KeyUsage.Sign, EphemeralSigningKey.Import, static key => key.PublicKey);

    /// <inheritdoc/>
    public IAgreementKey OpenAgreement(string name) =>
        OpenKey(name, KeyUsage.Agree, EphemeralAgreementKey.Import, static key => key.PublicKey);

    /// <inheritdoc/>
    public IVrfKey OpenVrf(string name) => OpenKey(name, KeyUsage.Vrf, VrfKey.Import, static key => key.PublicKey);

    /// <summary>
    /// Makes a certificate that the key signs for itself, stores it beside the key in place of any it had, and opens it. The key stays one
    /// of usage <see cref="KeyUsage.Sign"/>: TLS 1.3 signs with it too, under labels of its own, and so can a proof of its possession.
    /// </summary>
    /// <param name="name">The key, used for TLS alone.</param>
    /// <param name="subject">Who the certificate is about, and for how long.</param>
    /// <exception cref="KeyStoreException">As for <see cref="OpenSigning"/>.</exception>
    public TlsCertificate CreateTlsCertificate(string name, CertificateSubject subject)
    {
        using (var key = OpenSigning(name))
            TlsCertificateFile.Save(folder, name, OrganisationCertificates.CreateSelfSignedTls(key, subject), flush);
        return OpenTlsCertificate(name);
    }

    /// <summary>Opens the certificate that was made for a key, with the key behind it; the caller disposes it.</summary>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.UnknownCertificate"/> if none was made, <see cref="KeyStoreErrors.DamagedKeyFile"/> if it is
    /// not this key's; else as for <see cref="OpenSigning"/>.
    /// </exception>
    public TlsCertificate OpenTlsCertificate(string name)
    {
        KeyName.Require(name);
        var certificate = TlsCertificateFile.Load(folder, name)
            ?? throw new KeyStoreException(KeyStoreErrors.UnknownCertificate, $"Key '{name}' has no certificate.");
        return OpenKey(name, KeyUsage.Sign, scalar => TlsCertificate.Open(certificate, scalar), static opened => opened.PublicKey);
    }

    /// <summary>True if a certificate was made for the key of that name.</summary>
    public bool HasTlsCertificate(string name) => KeyName.IsValid(name) && TlsCertificateFile.Exists(folder, name);

    /// <summary>Clears the store's key. Handles that were given out stay usable.</summary>
    public void Dispose() => storeKey?.Dispose();

    private TKey OpenKey<TKey>(
        string name, KeyUsage usage, Func<ReadOnlySpan<byte>, TKey> import, Func<TKey, PublicKey> publicKeyOf)
        where TKey : IDisposable
    {
        KeyName.Require(name);
        var file = KeyFile.Load(folder, name)
            ?? throw new KeyStoreException(KeyStoreErrors.UnknownKey, $"There is no key '{name}'.");
        var info = file.Info();
        if (info.Usage != usage)
            throw new KeyStoreException(KeyStoreErrors.WrongUsage, $"Key '{name}' is for another use.");
        var scalar = file.OpenScalar(storeKey);
        try
        {
            // The public half is computed from the scalar and compared with the file's.
            var key = import(scalar);
            if (publicKeyOf(key) == info.PublicKey)
                return key;
            key.Dispose();
            throw KeyFile.Damaged(name);
        }
        catch (CryptographicException exception)
        {
            throw KeyFile.Damaged(name, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    private static StoreFile Load(string folder)
    {
        if (!Exists(folder))
            throw new KeyStoreException(KeyStoreErrors.UnknownStore, $"There is no key store in {folder}.");
        RequireOwnerOnly(folder);
        return StoreFile.Load(folder)
            ?? throw new KeyStoreException(KeyStoreErrors.UnknownStore, $"There is no key store in {folder}.");
    }

    private static void RequireOwnerOnly(string folder)
    {
        if ((File.GetUnixFileMode(folder) & OwnerOnlyFiles.OfOthers) != 0)
            throw new KeyStoreException(KeyStoreErrors.OpenToOthers, $"{folder} is open to others; chmod 700 it.");
    }

    private static KeyStoreException StoreExists(string folder) =>
        new(KeyStoreErrors.StoreExists, $"A key store lies in {folder} already.");
}
