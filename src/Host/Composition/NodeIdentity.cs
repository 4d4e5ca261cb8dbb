using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Host.Network;
using Counterfoil.Host.Roles;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Composition;

/// <summary>Who a node is towards the others: what its home's keys say, without the keys.</summary>
/// <param name="Validator">Its entry, should it be a validator.</param>
/// <param name="AccountKeys">The first keys of its accounts: its own, then its roles'.</param>
/// <param name="Certificate">The certificate of its connections.</param>
/// <param name="Entry">Its entry in the registry of the genesis document, should it be a validator.</param>
internal sealed record NodeIdentity(Validator Validator, IReadOnlyList<PublicKey> AccountKeys, OrganisationCertificate Certificate, GenesisNode Entry)
{
    public AccountId Account => Validator.Account;

    /// <summary>Reads or makes the keys of a home that nobody uses.</summary>
    /// <exception cref="NodeStartException">The home cannot be used.</exception>
    public static NodeIdentity OpenOrCreate(NodeOptions options, TimeProvider clock)
    {
        using var home = NodeHome.Claim(options.Home);
        using var keys = NodeKeys.OpenOrCreate(home.Keys, options.Passphrase);
        using var certificate = CounterfoilNode.OpenTlsCertificate(keys, options, clock);
        var roles = SchemeRoles.ReadAccountKeys(home, options.Schemes, options.Passphrase);
        var account = AccountId.Of(keys.Node.PublicKey);
        var entry = new GenesisNode(account.ToString(), account, certificate.Certificate.Der.ToArray(), options.Peers!.Listen.ToString(), new NodeProofs());
        return new NodeIdentity(
            new Validator(options.Name, account, keys.Consensus.PublicKey, keys.Vrf.PublicKey, Weight: 1),
            [keys.Node.PublicKey, .. roles],
            certificate.Certificate,
            entry with { Possession = NodePossession.Prove(NodePossession.DigestOf(entry), keys.Tls, keys.Consensus, keys.Vrf) });
    }

    /// <summary>Where the others find it.</summary>
    public PeerAddress At(string host, int port) => new(Account, host, port, Certificate.Thumbprint);
}
