using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// One key's file. Name, usage and public half are readable, so that a list needs no passphrase; they are
/// authenticated with the private scalar when the key is opened, so that a renamed or relabelled file does
/// not open.
/// </summary>
internal sealed record KeyFile(string Format, string Name, string Usage, string Public, string? Sealed, string? Private)
{
    internal const string Ending = ".key";
    internal const int ScalarBytes = 32;

    private const int MaximumFileBytes = 4096;
    private const string CurrentFormat = "counterfoil-key-1";

    internal static KeyFile Of(KeyInfo info, ReadOnlySpan<byte> scalar, SealingKey? storeKey)
    {
        var file = new KeyFile(
            CurrentFormat, info.Name, KeyName.Of(info.Usage), Base64Url.Encode(info.PublicKey.ToArray()), null, null);
        return storeKey is null
            ? file with { Private = Base64Url.Encode(scalar) }
            : file with { Sealed = Base64Url.Encode(storeKey.Seal(scalar, file.AssociatedData())) };
    }

    /// <summary>The file of that name, or null where there is none.</summary>
    internal static KeyFile? Load(string folder, string name)
    {
        var bytes = OwnerOnlyFiles.Read(Path.Combine(folder, name + Ending), MaximumFileBytes);
        if (bytes is null)
            return null;
        try
        {
            var file = JsonSerializer.Deserialize(bytes, CustodyJson.Default.KeyFile);
            return file?.Format == CurrentFormat && file.Name == name ? file : throw Damaged(name);
        }
        catch (JsonException exception)
        {
            throw Damaged(name, exception);
        }
    }

    internal KeyInfo Info()
    {
        var usage = KeyName.UsageOf(Usage);
        if (usage == KeyUsage.Unset || !Base64Url.TryDecode(Public.AsSpan(), out var xy) || xy.Length != PublicKey.Size)
            throw Damaged(Name);
        return new KeyInfo(Name, usage, new PublicKey(xy));
    }

    /// <summary>
    /// The private scalar, 32 bytes; the caller clears it. Null store key for an unprotected store.
    /// </summary>
    internal byte[] OpenScalar(SealingKey? storeKey)
    {
        var text = storeKey is null ? Private : Sealed;
        if (text is null || (storeKey is null ? Sealed : Private) is not null || !Base64Url.TryDecode(text.AsSpan(), out var bytes))
            throw Damaged(Name);
        if (storeKey is null)
            return bytes.Length == ScalarBytes ? bytes : throw Damaged(Name);
        var scalar = new byte[ScalarBytes];
        return storeKey.TryOpen(bytes, AssociatedData(), scalar) ? scalar : throw Damaged(Name);
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, CustodyJson.Default.KeyFile);

    internal static KeyStoreException Damaged(string name, Exception? cause = null) =>
        new(KeyStoreErrors.DamagedKeyFile, $"The file of key '{name}' is not as it was written.", cause);

    private byte[] AssociatedData() => Encoding.UTF8.GetBytes($"{Format}\0{Name}\0{Usage}\0{Public}");
}
