using System.Text;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Http;

/// <summary>A verified signature of a message.</summary>
/// <param name="Label">Its label in the message.</param>
/// <param name="Parameters">What it covers, and its parameters.</param>
public sealed record HttpSignature(string Label, SignatureParameters Parameters)
{
    /// <summary>The name of the field with the parameters.</summary>
    public const string InputField = "signature-input";

    /// <summary>The name of the field with the signature.</summary>
    public const string SignatureField = "signature";

    /// <summary>Signs a message; algorithm <c>ecdsa-p256-sha256</c>.</summary>
    /// <param name="message">The message with all fields that are covered.</param>
    /// <param name="label">The signature's label, in the form of a structured field's key.</param>
    /// <param name="parameters">What to cover; its algorithm is absent or that of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="fieldKinds">As in <see cref="SignatureBase.Of"/>.</param>
    /// <returns>The two field lines to add; refused as <see cref="SignatureBase.Of"/>.</returns>
    public static HttpResult<HttpField[]> Sign(
        HttpMessage message, string label, SignatureParameters parameters, ISigningKey key,
        IReadOnlyDictionary<string, StructuredFieldKind>? fieldKinds = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Sign(message, label, parameters, SignatureAlgorithms.EcdsaP256Sha256, data => key.Sign(data), fieldKinds);
    }

    /// <summary>Signs a message with a shared secret; algorithm <c>hmac-sha256</c>.</summary>
    /// <returns>The two field lines to add; refused as <see cref="SignatureBase.Of"/>.</returns>
    public static HttpResult<HttpField[]> Sign(
        HttpMessage message, string label, SignatureParameters parameters, HttpHmacKey key,
        IReadOnlyDictionary<string, StructuredFieldKind>? fieldKinds = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Sign(message, label, parameters, SignatureAlgorithms.HmacSha256, data => key.Sign(data), fieldKinds);
    }

    private static HttpResult<HttpField[]> Sign(
        HttpMessage message, string label, SignatureParameters parameters, string algorithm, Func<byte[], byte[]> sign,
        IReadOnlyDictionary<string, StructuredFieldKind>? fieldKinds)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!StructuredFieldParser.IsKey(label))
            throw new ArgumentException("A label is a structured field's key.", nameof(label));
        if (parameters.Algorithm is { } named && named != algorithm)
            return HttpRefusal.AlgorithmMismatch;
        if (!SignatureBase.Of(message, parameters, fieldKinds).TryGet(out var text, out var refusal))
            return refusal;
        var signature = new StructuredItem(new BareItem.Bytes(sign(Encoding.ASCII.GetBytes(text))));
        return new HttpField[]
        {
            new("Signature-Input", $"{label}={parameters}"),
            new("Signature", $"{label}={signature}"),
        };
    }
}
