using System.Security.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Cryptography.X509;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Host.Composition;

/// <summary>
/// The node's own keys, each for one use: its account, its votes, its randomness, its connections, its vault.
/// </summary>
internal sealed class NodeKeys : IDisposable
{
    private const string NodeName = "node";
    private const string ConsensusName = "consensus";
    private const string VrfName = "vrf";
    private const string TlsName = "tls";
    private const string VaultName = "vault";

    private readonly FileKeyStore store;

    private NodeKeys(FileKeyStore store)
    {
        this.store = store;
        Node = store.OpenSigning(NodeName);
        Consensus = store.OpenSigning(ConsensusName);
        Vrf = store.OpenVrf(VrfName);
        Tls = store.OpenSigning(TlsName);
    }

    /// <summary>Signs acknowledgements and answers: the key of the node's account.</summary>
    public ISigningKey Node { get; }

    /// <summary>Signs proposals and votes.</summary>
    public ISigningKey Consensus { get; }

    /// <summary>Makes the blocks' randomness.</summary>
    public IVrfKey Vrf { get; }

    /// <summary>The key of the connections to other nodes; as a handle it only proves that the node has it.</summary>
    public ISigningKey Tls { get; }

    public static NodeKeys OpenOrCreate(string folder, PassphraseSource passphrase)
    {
        var store = FileKeyStore.OpenOrCreate(folder, passphrase);
        try
        {
            var names = store.List().Select(key => key.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var (name, usage) in (ReadOnlySpan<(string, KeyUsage)>)
                [(NodeName, KeyUsage.Sign), (ConsensusName, KeyUsage.Sign), (VrfName, KeyUsage.Vrf), (TlsName, KeyUsage.Sign),
                    (VaultName, KeyUsage.Agree)])
            {
                if (!names.Contains(name))
                    store.Create(name, usage);
            }
            return new NodeKeys(store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The certificate under which other nodes know this one; made now if there is none yet. The caller disposes it.
    /// </summary>
    /// <param name="subject">What a new certificate says; one that is there stays as it is.</param>
    public TlsCertificate OpenTlsCertificate(CertificateSubject subject) =>
        store.HasTlsCertificate(TlsName) ? store.OpenTlsCertificate(TlsName) : store.CreateTlsCertificate(TlsName, subject);

    /// <summary>
    /// The vault's master key: what the vault's key agrees with itself, so that it too lies behind a handle
    /// and nowhere as bytes. <b>Source:</b> SP 800-56A section 5.7.1.2, RFC 5869.
    /// </summary>
    public VaultMasterKey OpenVaultMaster()
    {
        using var key = store.OpenAgreement(VaultName);
        var agreed = key.Agree(key.PublicKey);
        Span<byte> master = stackalloc byte[VaultMasterKey.Size];
        try
        {
            HKDF.DeriveKey(HashAlgorithmName.SHA256, agreed, master, [], "cf-vault-master\0"u8);
            return new VaultMasterKey(master);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(agreed);
            CryptographicOperations.ZeroMemory(master);
        }
    }

    public void Dispose()
    {
        Node.Dispose();
        Consensus.Dispose();
        Vrf.Dispose();
        Tls.Dispose();
        store.Dispose();
    }
}
