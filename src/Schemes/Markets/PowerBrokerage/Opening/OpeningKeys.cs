using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>Where an opening wrapper keeps session keys.</summary>
public enum OpeningCustody
{
    /// <summary>In a PKCS#11 token: the keys never leave it.</summary>
    Token = 1,

    /// <summary>
    /// In encrypted files, where no token is to be had: the keys are in the wrapper's memory while it uses
    /// them. Only by explicit choice.
    /// </summary>
    File = 2,
}

/// <summary>
/// The session keys of an opening wrapper, in a store of their own for each ledger: a SoftHSM2 token in the
/// wrapper's folder, labelled by the first 32 digits of the ledger's <c>net</c>, or a folder of that name.
/// So a wrapper that is started with another genesis, whose validators somebody made up, has another store
/// and none of this ledger's session keys.
/// </summary>
/// <remarks>
/// The PIN is 32 random bytes in a file of mode 0600 in the wrapper's folder of mode 0700. That keeps the
/// session keys from other users of the machine, from programs that see command lines, environments and
/// logs, and from whoever gets the token's files without the PIN's (a backup of <c>tokens</c> alone). It
/// does not keep them from the machine's administrator, nor from another program that runs under the
/// wrapper's user: these can read the PIN and use the token, which checks no receipts. So the wrapper runs
/// under a user of its own where that matters, and who must be kept out beyond that needs a hardware token
/// or <c>seal=threshold</c> (D1 step 8, what protects what).
/// </remarks>
internal sealed class OpeningKeys : IDisposable
{
    /// <summary>
    /// The variable that names SoftHSM2's configuration. The module reads it when it is loaded, so the
    /// starter sets it.
    /// </summary>
    public const string ConfigurationVariable = "SOFTHSM2_CONF";

    private const UnixFileMode Folder0700 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode File0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OfOthers = (UnixFileMode)0b111_111;
    private const int LabelDigits = 32;
    private const int PinBytes = 32;
    private const int LockAttempts = 100;

    private readonly IKeyStore keys;

    private OpeningKeys(IKeyStore keys) => this.keys = keys;

    /// <summary>The path of SoftHSM2's configuration in a wrapper's folder.</summary>
    public static string ConfigurationIn(string folder) => Path.Combine(Path.GetFullPath(folder), "softhsm2.conf");

    /// <summary>Opens the ledger's token; makes it, with its PIN, at the first start.</summary>
    /// <exception cref="OpeningWrapperException">
    /// The folder is open to others, or the module would look elsewhere.
    /// </exception>
    /// <exception cref="KeyStoreException">The token or its PIN cannot be used.</exception>
    public static OpeningKeys OpenToken(string folder, string modulePath, Digest<Net> net)
    {
        folder = OwnFolder(folder);
        var configuration = ConfigurationIn(folder);
        if (Environment.GetEnvironmentVariable(ConfigurationVariable) != configuration)
            throw new OpeningWrapperException($"The wrapper is started with {ConfigurationVariable}={configuration}.");
        var label = net.ToString()[..LabelDigits];
        using (Lock(folder))
        {
            var tokens = Path.Combine(folder, "tokens");
            Directory.CreateDirectory(tokens, Folder0700);
            if (!File.Exists(configuration))
                Write(configuration, Encoding.UTF8.GetBytes(
                    $"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"));
            var pin = PinIn(folder, label);
            // Nobody else needs the officer's part, and with it an interrupted making is completed.
            if (!Pkcs11Token.Exists(modulePath, label))
                Pkcs11Token.Initialise(modulePath, label, securityOfficerPin: pin, userPin: pin);
            return new OpeningKeys(Pkcs11KeyStore.Open(modulePath, label, pin));
        }
    }

    /// <summary>
    /// Opens the ledger's files, encrypted under the PIN as passphrase; makes them at the first start.
    /// </summary>
    /// <exception cref="OpeningWrapperException">The folder is open to others.</exception>
    /// <exception cref="KeyStoreException">The store or its passphrase cannot be used.</exception>
    public static OpeningKeys OpenFile(string folder, Digest<Net> net)
    {
        folder = OwnFolder(folder);
        var label = net.ToString()[..LabelDigits];
        using (Lock(folder))
            return new OpeningKeys(FileKeyStore.OpenOrCreate(Path.Combine(folder, $"keys-{label}"), PinIn(folder, label)));
    }

    /// <summary>The public half of the session's key, which is made if there is none.</summary>
    public PublicKey CreateSessionKey<TSession>(Digest<TSession> session)
    {
        try
        {
            return keys.Create(session.ToString(), KeyUsage.Agree).PublicKey;
        }
        catch (KeyStoreException fault) when (fault.Code == KeyStoreErrors.KeyExists)
        {
            using var key = keys.OpenAgreement(session.ToString());
            return key.PublicKey;
        }
    }

    /// <summary>The session's key; false if there is none.</summary>
    public bool TryOpen<TSession>(Digest<TSession> session, [NotNullWhen(true)] out IAgreementKey? key)
    {
        try
        {
            key = keys.OpenAgreement(session.ToString());
            return true;
        }
        catch (KeyStoreException fault) when (fault.Code == KeyStoreErrors.UnknownKey)
        {
            key = null;
            return false;
        }
    }

    public void Dispose() => keys.Dispose();

    private static string OwnFolder(string folder)
    {
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder, Folder0700);
        return (File.GetUnixFileMode(folder) & OfOthers) == 0
            ? folder
            : throw new OpeningWrapperException($"{folder} is open to others; chmod 700 it.");
    }

    private static PassphraseSource PinIn(string folder, string label)
    {
        var path = Path.Combine(folder, $"{label}.pin");
        if (!File.Exists(path))
            WritePin(path);
        return PassphraseSource.File(path);
    }

    private static void WritePin(string path)
    {
        var random = RandomNumberGenerator.GetBytes(PinBytes);
        var text = new byte[Base64Url.EncodedLength(PinBytes)];
        try
        {
            System.Buffers.Text.Base64Url.EncodeToUtf8(random, text);
            Write(path, text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(random);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    // Whole or not at all: a half-written PIN would lock the token that is made with the rest of it.
    private static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = $"{path}.new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = File0600,
        }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path);
    }

    private static FileStream Lock(string folder)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(
                    Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < LockAttempts)
            {
                // Another wrapper of this folder is making its store.
                Thread.Sleep(100);
            }
        }
    }
}
