using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>
/// A bid's content key on its way from the wrapper to the engine: compact JWE, ECDH-ES+A256KW and A256GCM,
/// the record and version in the protected header. <b>Source:</b> RFC 7516 section 7.1, RFC 7518 section
/// 4.6.
/// </summary>
public static class ContentKeyEnvelope
{
    /// <summary>The <c>typ</c>.</summary>
    public const string Type = "cf-content-key+jwe";

    private const int KeyBytes = 32;
    private const int MaximumBytes = 2048;

    private static readonly JweExpectation Expected = new() { Type = Type, MaximumBytes = MaximumBytes };

    internal static string Seal(SymmetricKey contentKey, Digest<VaultRecord> rid, long ver, PublicKey engineKey) =>
        Jwe.EncryptCompact(contentKey.Span, new RecipientKey(engineKey), new JweOptions
        {
            ExtraHeader = writer =>
            {
                writer.WriteString("typ"u8, Type);
                writer.WriteString("rid"u8, rid.ToString());
                writer.WriteNumber("ver"u8, ver);
            },
        });

    internal static SymmetricKey? Open(string compact, Digest<VaultRecord> rid, long ver, IAgreementKey engineKey)
    {
        if (!Jwe.ParseCompact(compact, Expected).TryGet(out var document))
            return null;
        var header = document.Recipients[0].Header;
        if (header.Text("rid") != rid.ToString()
            || header.Member("ver") is not { ValueKind: JsonValueKind.Number } number
            || !number.TryGetInt64(out var named) || named != ver
            || !Jwe.Decrypt(document, engineKey).TryGet(out var bytes))
            return null;
        try
        {
            return bytes.Length == KeyBytes ? new SymmetricKey(bytes) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
