using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// Keys in a PKCS#11 token (a hardware security module, a smart card, SoftHSM2), made there and never leaving
/// it: private keys are sensitive and not extractable. The module is called directly and not through
/// OpenSSL's engine, because then keys are made without an external tool, several tokens and modules serve
/// one process, the PIN stands in no URI or command line, and agreement works, which the engine interface of
/// .NET offers only for keys opened as EVP keys. <b>Source:</b> OASIS PKCS#11 2.40.
/// </summary>
/// <remarks>
/// PKCS#11 logs in a whole process: while another store of this process is logged in to the same token, any
/// PIN is accepted here. A module reads its own environment, such as <c>SOFTHSM2_CONF</c>, with getenv when
/// it is first loaded; .NET does not hand on what <see cref="Environment.SetEnvironmentVariable(string,
/// string?)"/> sets, so it must be set before the process starts (or by setenv). Tokens do not make names
/// unique between processes; within a process this store does.
/// </remarks>
public sealed class Pkcs11KeyStore : IKeyStore
{
    private const int IdBytes = 16;
    private const int EncodedPointBytes = 67; // OCTET STRING of 65 bytes
    private static readonly Lock Making = new();

    private readonly TokenConnection connection;

    private int disposed;

    private Pkcs11KeyStore(TokenConnection connection) => this.connection = connection;

    /// <summary>Logs in to a token.</summary>
    /// <param name="modulePath">The module's shared library, for example <c>/usr/lib/softhsm/libsofthsm2.so</c>.</param>
    /// <param name="tokenLabel">The label of an initialised token; it must be the only one of that label.</param>
    /// <param name="pin">Where the user PIN comes from.</param>
    /// <exception cref="KeyStoreException">
    /// <see cref="KeyStoreErrors.PassphraseUnusable"/>, <see cref="KeyStoreErrors.PassphraseRequired"/>,
    /// <see cref="KeyStoreErrors.UnknownToken"/>, <see cref="KeyStoreErrors.WrongPassphrase"/> or
    /// <see cref="KeyStoreErrors.TokenFailed"/>.
    /// </exception>
    public static Pkcs11KeyStore Open(string modulePath, string tokenLabel, PassphraseSource pin)
    {
        ArgumentNullException.ThrowIfNull(pin);
        var secret = pin.Read() ?? throw new KeyStoreException(KeyStoreErrors.PassphraseRequired, "A token needs its PIN.");
        try
        {
            return new Pkcs11KeyStore(new TokenConnection(Pkcs11Module.Load(modulePath), tokenLabel, secret));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Objects of the token that are not P-256 key pairs, or whose label is not a key's name, are not listed.</remarks>
    public IReadOnlyList<KeyInfo> List() => Use((module, session) =>
    {
        var keys = new List<KeyInfo>();
        foreach (var handle in module.Find(session, PrivateKeys()))
        {
            var name = Encoding.UTF8.GetString(module.Attribute(session, handle, Pkcs11.AttributeLabel));
            if (KeyName.IsValid(name) && Describe(module, session, handle, name) is { } info)
                keys.Add(info);
        }
        keys.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        return keys;
    });

    /// <inheritdoc/>
    /// <remarks>VRF keys are <see cref="KeyStoreErrors.UnsupportedUsage"/>: their proofs need the scalar itself.</remarks>
    public KeyInfo Create(string name, KeyUsage usage)
    {
        KeyName.Require(name);
        if (usage is not (KeyUsage.Sign or KeyUsage.Agree))
            throw new KeyStoreException(KeyStoreErrors.UnsupportedUsage, "A token keeps keys that sign or agree.");
        lock (Making)
        {
            return Use((module, session) =>
            {
                if (module.Find(session, [.. PrivateKeys(), Label(name)]).Count > 0)
                    throw new KeyStoreException(KeyStoreErrors.KeyExists, $"There is a key '{name}' already.");
                var signs = usage == KeyUsage.Sign;
                TokenAttribute[] common =
                [
                    TokenAttribute.Of(Pkcs11.AttributeToken, true),
                    Label(name),
                    TokenAttribute.Of(Pkcs11.AttributeId, RandomNumberGenerator.GetBytes(IdBytes)),
                    TokenAttribute.Of(Pkcs11.AttributeDerive, !signs),
                ];
                module.GenerateEcKeyPair(
                    session,
                    [
                        .. common, TokenAttribute.Of(Pkcs11.AttributeVerify, signs),
                        TokenAttribute.Of(Pkcs11.AttributeEcParameters, Pkcs11.P256),
                    ],
                    [
                        .. common, TokenAttribute.Of(Pkcs11.AttributeSign, signs), TokenAttribute.Of(Pkcs11.AttributePrivate, true),
                        TokenAttribute.Of(Pkcs11.AttributeSensitive, true), TokenAttribute.Of(Pkcs11.AttributeExtractable, false),
                    ]);
                return Locate(module, session, name).Info;
            });
        }
    }

    /// <inheritdoc/>
    public ISigningKey OpenSigning(string name)
    {
        var (handle, info) = Open(name, KeyUsage.Sign);
        return new TokenSigningKey(connection.Share(), handle, info.PublicKey);
    }

    /// <inheritdoc/>
    public IAgreementKey OpenAgreement(string name)
    {
        var (handle, info) = Open(name, KeyUsage.Agree);
        return new TokenAgreementKey(connection.Share(), handle, info.PublicKey);
    }

    /// <inheritdoc/>
    /// <remarks>Always <see cref="KeyStoreErrors.UnsupportedUsage"/>.</remarks>
    public IVrfKey OpenVrf(string name) =>
        throw new KeyStoreException(KeyStoreErrors.UnsupportedUsage, "A token keeps keys that sign or agree.");

    /// <summary>Ends this store's share of the login; handles that were given out keep theirs.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
            connection.Release();
    }

    private TResult Use<TResult>(Func<Pkcs11Module, nuint, TResult> operation)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        return connection.Use(operation);
    }

    private (nuint Handle, KeyInfo Info) Open(string name, KeyUsage usage)
    {
        KeyName.Require(name);
        var found = Use((module, session) => Locate(module, session, name));
        return found.Info.Usage == usage
            ? found
            : throw new KeyStoreException(KeyStoreErrors.WrongUsage, $"Key '{name}' is for another use.");
    }

    private static (nuint Handle, KeyInfo Info) Locate(Pkcs11Module module, nuint session, string name)
    {
        var handles = module.Find(session, [.. PrivateKeys(), Label(name)]);
        if (handles.Count == 0)
            throw new KeyStoreException(KeyStoreErrors.UnknownKey, $"There is no key '{name}'.");
        if (handles.Count > 1)
            throw new KeyStoreException(KeyStoreErrors.TokenFailed, $"The token has more than one key '{name}'.");
        var info = Describe(module, session, handles[0], name)
            ?? throw new KeyStoreException(KeyStoreErrors.TokenFailed, $"Key '{name}' is not a P-256 key pair of one use.");
        return (handles[0], info);
    }

    /// <summary>Null for what is not a P-256 pair of exactly one use.</summary>
    private static KeyInfo? Describe(Pkcs11Module module, nuint session, nuint privateKey, string name)
    {
        var signs = module.Attribute(session, privateKey, Pkcs11.AttributeSign) is [1];
        var derives = module.Attribute(session, privateKey, Pkcs11.AttributeDerive) is [1];
        var id = module.Attribute(session, privateKey, Pkcs11.AttributeId);
        if (signs == derives || id.Length == 0)
            return null;
        var publicKeys = module.Find(
            session,
            TokenAttribute.Of(Pkcs11.AttributeClass, Pkcs11.PublicKeyObject), TokenAttribute.Of(Pkcs11.AttributeKeyType, Pkcs11.EcKey),
            TokenAttribute.Of(Pkcs11.AttributeId, id), TokenAttribute.Of(Pkcs11.AttributeEcParameters, Pkcs11.P256));
        if (publicKeys.Count != 1)
            return null;
        var point = module.Attribute(session, publicKeys[0], Pkcs11.AttributeEcPoint);
        return point.Length == EncodedPointBytes && point.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x04, 0x41, 0x04])
            ? new KeyInfo(name, signs ? KeyUsage.Sign : KeyUsage.Agree, new PublicKey(point.AsSpan(3)))
            : null;
    }

    private static TokenAttribute[] PrivateKeys() =>
    [
        TokenAttribute.Of(Pkcs11.AttributeClass, Pkcs11.PrivateKeyObject),
        TokenAttribute.Of(Pkcs11.AttributeKeyType, Pkcs11.EcKey),
        TokenAttribute.Of(Pkcs11.AttributeToken, true),
    ];

    private static TokenAttribute Label(string name) => TokenAttribute.Of(Pkcs11.AttributeLabel, Encoding.UTF8.GetBytes(name));
}
