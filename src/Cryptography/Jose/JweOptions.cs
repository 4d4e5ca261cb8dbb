using System.Text.Json;

namespace Counterfoil.Cryptography.Jose;

/// <summary>How a JWE is made.</summary>
public sealed class JweOptions
{
    /// <summary>ECDH-ES+A256KW and A256GCM, nothing more in the header.</summary>
    public static readonly JweOptions Default = new();

    /// <summary>
    /// <c>alg</c>: ECDH-ES+A256KW (default), ECDH-ES+A128KW, or ECDH-ES for a single recipient.
    /// </summary>
    public string Algorithm { get; init; } = JoseAlgorithms.EcdhEsA256Kw;

    /// <summary>The content encryption; default A256GCM.</summary>
    public ContentEncryption Encryption { get; init; } = ContentEncryption.A256Gcm;

    /// <summary>Writes further members of the protected header; null (default) for none.</summary>
    public Action<Utf8JsonWriter>? ExtraHeader { get; init; }

    /// <summary>
    /// Data beside the content that the tag covers, for the JSON serialisations; default none.
    /// </summary>
    public ReadOnlyMemory<byte> AssociatedData { get; init; }

    /// <summary>Who sends, bound into the agreed key (<c>apu</c>); default none.</summary>
    public ReadOnlyMemory<byte> PartyUInfo { get; init; }

    /// <summary>Who receives, bound into the agreed key (<c>apv</c>); default none.</summary>
    public ReadOnlyMemory<byte> PartyVInfo { get; init; }
}
