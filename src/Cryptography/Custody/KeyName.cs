using System.Buffers;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// A key's name is also the name of its file and of an object in a token, so its form is narrow.
/// </summary>
internal static class KeyName
{
    internal const int MaximumLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    internal static bool IsValid(string name) =>
        name.Length is > 0 and <= MaximumLength && char.IsAsciiLetterOrDigit(name[0]) && !name.AsSpan().ContainsAnyExcept(Allowed);

    internal static void Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsValid(name))
            throw new KeyStoreException(KeyStoreErrors.InvalidName, "A key's name is 1 to 64 characters of a-z 0-9 . _ -");
    }

    internal static string Of(KeyUsage usage) => usage switch
    {
        KeyUsage.Sign => "sign",
        KeyUsage.Agree => "agree",
        KeyUsage.Vrf => "vrf",
        _ => throw new KeyStoreException(KeyStoreErrors.UnsupportedUsage, "A key is for signing, agreement or a VRF."),
    };

    internal static KeyUsage UsageOf(string text) => text switch
    {
        "sign" => KeyUsage.Sign,
        "agree" => KeyUsage.Agree,
        "vrf" => KeyUsage.Vrf,
        _ => KeyUsage.Unset,
    };
}
