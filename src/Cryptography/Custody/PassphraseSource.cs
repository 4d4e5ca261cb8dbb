using System.Security.Cryptography;
using System.Text;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// Where a store's passphrase comes from: a prompt, a file that only its owner can read, a systemd
/// credential, or nowhere, by explicit choice. The passphrase is read when a store is made or opened and
/// cleared right after.
/// </summary>
public abstract class PassphraseSource
{
    /// <summary>The longest passphrase in UTF-8 bytes.</summary>
    public const int MaximumBytes = 1024;

    private protected PassphraseSource()
    {
    }

    /// <summary>
    /// No passphrase: private keys lie readable in their files (mode 0600), and the store's file says so. For
    /// sandboxes, whose keys guard nothing.
    /// </summary>
    public static PassphraseSource UnprotectedByChoice { get; } = new None();

    /// <summary>A passphrase that a person types; <paramref name="prompt"/> is called once for each use.</summary>
    public static PassphraseSource Prompt(Func<char[]> prompt) => new Prompted(prompt);

    /// <summary>
    /// The content of a file without one line end at its end. The file must be a regular file without any
    /// access for group and others (<see cref="KeyStoreErrors.PassphraseUnusable"/>).
    /// </summary>
    public static PassphraseSource File(string path) => new InFile(path);

    /// <summary>
    /// A systemd credential: the file <paramref name="name"/> in the folder that the host read from
    /// <c>$CREDENTIALS_DIRECTORY</c>. <b>Source:</b> systemd.exec(5), LoadCredential.
    /// </summary>
    public static PassphraseSource SystemdCredential(string credentialsFolder, string name) =>
        name.Contains('/', StringComparison.Ordinal) || name.StartsWith('.')
            ? throw new ArgumentException("A credential's name is a file name.", nameof(name))
            : new InFile(Path.Combine(credentialsFolder, name));

    /// <summary>The passphrase in UTF-8, to be cleared by the caller; null for none by choice.</summary>
    internal abstract byte[]? Read();

    private static byte[] Checked(byte[] passphrase)
    {
        if (passphrase.Length is > 0 and <= MaximumBytes)
            return passphrase;
        CryptographicOperations.ZeroMemory(passphrase);
        throw new KeyStoreException(KeyStoreErrors.PassphraseUnusable, $"A passphrase has 1 to {MaximumBytes} bytes.");
    }

    private sealed class None : PassphraseSource
    {
        internal override byte[]? Read() => null;
    }

    private sealed class Prompted(Func<char[]> prompt) : PassphraseSource
    {
        internal override byte[] Read()
        {
            var characters = prompt();
            try
            {
                return Checked(Encoding.UTF8.GetBytes(characters));
            }
            finally
            {
                Array.Clear(characters);
            }
        }
    }

    private sealed class InFile(string path) : PassphraseSource
    {
        internal override byte[] Read()
        {
            Span<byte> content = stackalloc byte[MaximumBytes + 2];
            try
            {
                using var file = System.IO.File.OpenHandle(path);
                // The mode is asked of the open file, not of the path, which may point elsewhere a moment later.
                if ((System.IO.File.GetUnixFileMode(file) & OwnerOnlyFiles.OfOthers) != 0)
                    throw new KeyStoreException(KeyStoreErrors.PassphraseUnusable, $"{path} can be read by others; chmod 600 it.");
                var read = RandomAccess.Read(file, content, 0);
                var passphrase = content[..read];
                if (passphrase is [.., (byte)'\n'])
                    passphrase = passphrase[..^1];
                return Checked(passphrase.ToArray());
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new KeyStoreException(KeyStoreErrors.PassphraseUnusable, $"{path} cannot be read.", exception);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(content);
            }
        }
    }
}
