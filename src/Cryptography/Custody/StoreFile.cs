using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// The store's own file: says whether its keys are protected, and then holds the store key (AES-256) wrapped
/// under a key that PBKDF2 makes from the passphrase. The slow derivation is so paid once per store and not
/// per key, and a new passphrase rewrites one file.
/// </summary>
internal sealed record StoreFile(
    string Format, string Protection, string Notice, string? Kdf, int? Iterations, string? Salt, string? WrappedKey, string? Checksum)
{
    internal const string FileName = "store.json";
    internal const int KeyBytes = 32;
    internal const int Pbkdf2Iterations = 600_000;

    // A store file from elsewhere must not hold the process for minutes.
    private const int MaximumIterations = 10_000_000;
    private const int MaximumFileBytes = 4096;
    private const int SaltBytes = 16;
    private const string CurrentFormat = "counterfoil-key-store-1";
    private const string Pbkdf2Name = "PBKDF2-SHA256";
    private const string ByPassphrase = "passphrase";
    private const string ByNothing = "none";

    internal bool IsProtected => Protection == ByPassphrase;

    internal static StoreFile Unprotected() => new(
        CurrentFormat, ByNothing,
        "By choice, the private keys in this folder are NOT encrypted. Whoever reads the files has the keys.",
        null, null, null, null, null);

    internal static StoreFile Wrap(ReadOnlySpan<byte> storeKey, ReadOnlySpan<byte> passphrase)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var file = new StoreFile(
            CurrentFormat, ByPassphrase, "The private keys in this folder are encrypted under a passphrase.",
            Pbkdf2Name, Pbkdf2Iterations, Base64Url.Encode(salt), null, null);
        using var wrapping = DeriveWrappingKey(passphrase, salt, Pbkdf2Iterations);
        file = file with { WrappedKey = Base64Url.Encode(wrapping.Seal(storeKey, file.AssociatedData())) };
        return file with { Checksum = file.ComputeChecksum() };
    }

    /// <summary>The store key; a wrong passphrase is told from a damaged file by the checksum.</summary>
    internal SealingKey Unwrap(ReadOnlySpan<byte> passphrase)
    {
        if (Checksum is null || Checksum != ComputeChecksum() || Kdf != Pbkdf2Name
            || Iterations is not (>= Pbkdf2Iterations and <= MaximumIterations)
            || Salt is null || !Base64Url.TryDecode(Salt.AsSpan(), out var salt)
            || WrappedKey is null || !Base64Url.TryDecode(WrappedKey.AsSpan(), out var wrapped))
            throw Damaged();
        using var wrapping = DeriveWrappingKey(passphrase, salt, Iterations.Value);
        var storeKey = new byte[KeyBytes];
        try
        {
            return wrapping.TryOpen(wrapped, AssociatedData(), storeKey)
                ? new SealingKey(storeKey)
                : throw new KeyStoreException(KeyStoreErrors.WrongPassphrase, "The passphrase does not open this key store.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(storeKey);
        }
    }

    internal static StoreFile? Load(string folder)
    {
        var bytes = OwnerOnlyFiles.Read(Path.Combine(folder, FileName), MaximumFileBytes);
        if (bytes is null)
            return null;
        try
        {
            var file = JsonSerializer.Deserialize(bytes, CustodyJson.Default.StoreFile);
            return file is { Format: CurrentFormat, Protection: ByPassphrase or ByNothing } ? file : throw Damaged();
        }
        catch (JsonException exception)
        {
            throw Damaged(exception);
        }
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, CustodyJson.Default.StoreFile);

    private static KeyStoreException Damaged(Exception? cause = null) =>
        new(KeyStoreErrors.DamagedStore, $"The key store's {FileName} is not as it was written.", cause);

    private byte[] AssociatedData() => Encoding.UTF8.GetBytes($"{Format}\0{Protection}\0{Kdf}\0{Iterations}\0{Salt}");

    private string ComputeChecksum() =>
        Digest<StoreFile>.Of(AssociatedData(), Encoding.UTF8.GetBytes($"\0{WrappedKey}")).ToString();

    private static SealingKey DeriveWrappingKey(ReadOnlySpan<byte> passphrase, byte[] salt, int iterations)
    {
        var derived = Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, iterations, HashAlgorithmName.SHA256, KeyBytes);
        try
        {
            return new SealingKey(derived);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoreFile))]
[JsonSerializable(typeof(KeyFile))]
internal sealed partial class CustodyJson : JsonSerializerContext;
