using System.Text;
using Counterfoil.Cryptography;

namespace Counterfoil.Vault.Tests.Documents;

/// <summary>The forms in which a planted text may leak: UTF-8, UTF-16, and base64url at each of its three offsets.</summary>
public static class Canary
{
    public static IEnumerable<byte[]> FormsOf(string text)
    {
        yield return Encoding.UTF8.GetBytes(text);
        yield return Encoding.Unicode.GetBytes(text);
        for (var offset = 0; offset < 3; offset++)
        {
            // What precedes and follows changes the first and last characters only: these are cut off.
            var encoded = Base64Url.Encode([.. new byte[offset], .. Encoding.UTF8.GetBytes(text)]);
            yield return Encoding.ASCII.GetBytes(encoded[((offset * 4 + 2) / 3)..^4]);
        }
    }
}
