using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <content>How the first validators come in.</content>
public sealed partial class NodeRegistry
{
    // Between the contract's section and the validators of the document, both of one genesis.
    private readonly List<GenesisNode> announced = [];

    internal void BeginWith(CertificatesGenesis genesis)
    {
        if (genesis.Parameters is { } given)
        {
            if (given.FindFault() is { } fault)
                throw new GenesisException($"The section certificates: the parameter {fault} is outside its range.");
            parameters.Set(Only, new NodeParametersRow(given));
        }
        announced.AddRange(genesis.Nodes ?? []);
    }

    internal void Begin(ExecutionContext context, IReadOnlyList<Validator> first)
    {
        foreach (var validator in first)
        {
            var node = announced.Find(entry => entry.Account == validator.Account);
            if (node is not null)
                announced.Remove(node);
            var (name, row) = node is null
                ? (validator.Account.ToString(), EntryOf(context, validator))
                : (node.Node, EntryOf(context, validator, node));
            if (TryGet(name, out _))
                throw new GenesisException($"The section certificates names the node {name} twice.");
            Store(context, name, row);
        }
        if (announced.Count > 0)
            throw new GenesisException($"The section certificates has a node {announced[0].Node} that is no validator of the document.");
        if (Validators.Count < Parameters.MinimumValidators)
            throw new GenesisException("The document has fewer validators than the section certificates demands.");
    }

    private static NodeRow EntryOf(ExecutionContext context, Validator validator) => new(
        validator.Name, validator.Account, NodeRoles.Validator, Version: 1, default, default, validator.ConsensusKey, validator.VrfKey,
        "", validator.Weight, context.Time, NodeRow.Never, NodeStatus.Active, context.Height, "genesis", default, "");

    private static NodeRow EntryOf(ExecutionContext context, Validator validator, GenesisNode node)
    {
        if (!NodeForm.IsNode(node.Node) || !NodeForm.IsEndpoint(node.Endpoint)
            || !OrganisationCertificate.TryParse(node.Certificate, out var certificate)
            || node.Certificate.Length > CertificatesContract.MaximumCertificateBytes
            || certificate.PublicKey is not { } tls
            || CertificateChain.Validate([certificate], [certificate], certificate.NotBefore, CertificateUse.Tls) is not null)
            throw new GenesisException($"The node {node.Node} has a name, endpoint or certificate that is not of the required form.");
        var keys = new NodeKeySet(tls, validator.ConsensusKey, validator.VrfKey);
        if (NodeForm.AreShared(keys) || !NodePossession.AreProven(node.Possession, NodePossession.DigestOf(node), keys))
            throw new GenesisException($"The keys of the node {node.Node} are not its own three, or are not proven.");
        var row = EntryOf(context, validator) with
        {
            Certificate = certificate.Thumbprint,
            TlsKey = tls,
            Endpoint = node.Endpoint,
            NotBefore = Timestamp.From(certificate.NotBefore),
            NotAfter = Timestamp.From(certificate.NotAfter),
        };
        if (context.Time < row.NotBefore || context.Time.UnixSeconds > row.NotAfter.UnixSeconds)
            throw new GenesisException($"The certificate of the node {node.Node} is not valid when the ledger begins.");
        return row;
    }
}
