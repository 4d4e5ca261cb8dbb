using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// A signing key in a token. The digest is made here: every token offers ECDSA over a digest, few hash
/// themselves.
/// </summary>
internal sealed class TokenSigningKey(TokenConnection connection, nuint handle, PublicKey publicKey) : ISigningKey
{
    private int disposed;

    public PublicKey PublicKey => publicKey;

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        var digest = SHA256.HashData(data);
        return connection.Use((module, session) => module.SignDigest(session, handle, digest));
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
            connection.Release();
    }
}

/// <summary>
/// An agreement key in a token: the token computes the shared point, whose x coordinate alone leaves it.
/// </summary>
internal sealed class TokenAgreementKey(TokenConnection connection, nuint handle, PublicKey publicKey) : IAgreementKey
{
    private const byte Uncompressed = 4;
    private const int SharedBytes = 32;

    private static readonly TokenAttribute[] SharedTemplate =
    [
        TokenAttribute.Of(Pkcs11.AttributeClass, Pkcs11.SecretKeyObject),
        TokenAttribute.Of(Pkcs11.AttributeKeyType, Pkcs11.GenericSecret),
        TokenAttribute.Of(Pkcs11.AttributeToken, false),
        TokenAttribute.Of(Pkcs11.AttributeSensitive, false),
        TokenAttribute.Of(Pkcs11.AttributeExtractable, true),
        TokenAttribute.Of(Pkcs11.AttributeValueLength, (nuint)SharedBytes),
    ];

    private int disposed;

    public PublicKey PublicKey => publicKey;

    public byte[] Agree(PublicKey peer)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        // Not every token checks that the peer's point is on the curve; off it, the answers would leak the key.
        if (!Es256.IsOnCurve(peer))
            throw new CryptographicException("The peer's point is not on the curve P-256.");
        byte[] point = [Uncompressed, .. peer.ToArray()];
        var secret = connection.Use((module, session) =>
        {
            var derived = module.DeriveShared(session, handle, point, SharedTemplate);
            try
            {
                return module.Attribute(session, derived, Pkcs11.AttributeValue);
            }
            finally
            {
                module.DestroyObject(session, derived);
            }
        });
        return secret.Length == SharedBytes
            ? secret
            : throw new KeyStoreException(KeyStoreErrors.TokenFailed, "The token did not give out the agreed secret.");
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
            connection.Release();
    }
}
