using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>What a node's entry is held to, whoever brings its certificate.</summary>
internal static class NodeChecks
{
    private const int MaximumVersion = 1_000_000;

    /// <summary>What needs no state: names, numbers, and that it is for this ledger.</summary>
    public static RefusalCode? FaultOfForm(CheckContext context, NodeBody body)
    {
        var roles = NodeForm.RolesOf(body.Roles);
        var isConnected = (roles & (NodeRoles.Validator | NodeRoles.Peer)) != 0;
        if (!NodeForm.IsRequest(body.Request) || !NodeForm.IsNode(body.Node) || !NodeForm.IsOrganisation(body.Organisation)
            || roles == NodeRoles.None || body.Version is < 1 or > MaximumVersion || body.Block.Height < 1
            || !NodeForm.IsEndpoint(body.Endpoint) || (isConnected && body.Endpoint.Length == 0)
            || body.Keys.Consensus is null != body.Keys.Vrf is null
            || (roles.HasFlag(NodeRoles.Validator) && body.Keys.Vrf is null)
            || (body.Lost && body.Statement is null))
            return NodeRefusals.MalformedRequest;
        return body.Net == context.Net ? null : NodeRefusals.PossessionFailed;
    }

    /// <summary>The certificate, if it says what the body says of it.</summary>
    public static OrganisationCertificate? Read(ReadOnlyMemory<byte> der, NodeBody body) =>
        der.Length <= CertificatesContract.MaximumCertificateBytes
        && body.Algorithm == NodeParameters.Es256
        && OrganisationCertificate.TryParse(der.Span, out var certificate)
        && certificate.PublicKey == body.Keys.Tls
        && certificate.Organisation == body.Organisation
        && certificate.NotBefore.ToUnixTimeSeconds() == body.NotBefore
        && certificate.NotAfter.ToUnixTimeSeconds() == body.NotAfter
            ? certificate
            : null;

    /// <summary>
    /// True if the block is this ledger's and was the last one at some moment within that time: a proof over it was not made before. Its VRF output stands
    /// for its id, which the state does not keep: neither is known before the block.
    /// </summary>
    public static bool IsFresh(ExecutionContext context, BlockReference block, int seconds) =>
        block.Height < context.Height
        && context.TryGetRandomness(block.Height, out var output) && output == block.Randomness
        && context.TryGetTime(block.Height + 1, out var replaced)
        && context.Time - replaced <= TimeSpan.FromSeconds(seconds);

    /// <summary>True if name or account belong to another organisation or node.</summary>
    public static bool IsTaken(NodeRegistry registry, NodeBody body, NodeRow? former) =>
        former is not null && (former.Organisation != body.Organisation || former.Account != body.Account)
        || (registry.TryFindByAccount(body.Account, out var other, out _) && other != body.Node);

    /// <summary>Version, validity and algorithm.</summary>
    public static Refusal? FaultOfPolicy(ExecutionContext context, NodeRegistry registry, NodeBody body, NodeRow? former)
    {
        var parameters = registry.Parameters;
        var version = (former?.Version ?? 0) + 1;
        if (body.Version != version)
            return NodeRefusals.CertificatePolicy.With(("version", Text.Of(version)));
        if (body.Lost && former is null)
            return NodeRefusals.CertificatePolicy.With(("lost", "nothing"));
        if (!IsValid(context, body.NotBefore, body.NotAfter))
            return NodeRefusals.CertificatePolicy.With(("validity", "time"));
        if (body.NotAfter - body.NotBefore > parameters.MaximumValidityDays * 86_400L)
            return NodeRefusals.CertificatePolicy.With(("validity", "length"));
        return parameters.Algorithms.Contains(body.Algorithm)
            ? null
            : NodeRefusals.CertificatePolicy.With(("algorithm", body.Algorithm));
    }

    public static bool IsValid(ExecutionContext context, long notBefore, long notAfter) =>
        context.Time.UnixSeconds >= notBefore && context.Time.UnixSeconds <= notAfter;

    /// <summary>No key used before or for something else; those of the entry that it follows may stay in their places.</summary>
    public static Refusal? FaultOfKeys(NodeRegistry registry, NodeBody body, NodeRow? kept)
    {
        if (body.Keys.Tls != kept?.TlsKey && registry.FaultOf(body.Keys.Tls, body.Account) is { } tls)
            return tls.With(("key", "tls"));
        if (body.Keys.Consensus is { } consensus && consensus != kept?.ConsensusKey
            && registry.FaultOf(consensus, body.Account) is { } ofConsensus)
            return ofConsensus.With(("key", "consensus"));
        if (body.Keys.Vrf is { } vrf && vrf != kept?.VrfKey && registry.FaultOf(vrf, body.Account) is { } ofVrf)
            return ofVrf.With(("key", "vrf"));
        return null;
    }

    public static void ReserveKeys(NodeRegistry registry, NodeBody body)
    {
        foreach (var key in (ReadOnlySpan<Cryptography.Keys.PublicKey?>)[body.Keys.Tls, body.Keys.Consensus, body.Keys.Vrf])
            if (key is { } given && !registry.HasKey(given.Thumbprint))
                registry.ReserveKey(given, body.Node, body.Request);
    }

    public static void ReleaseKeys(NodeRegistry registry, NodeBody body)
    {
        foreach (var key in (ReadOnlySpan<Cryptography.Keys.PublicKey?>)[body.Keys.Tls, body.Keys.Consensus, body.Keys.Vrf])
            if (key is { } given)
                registry.ReleaseKey(given, body.Request);
    }

    /// <summary>
    /// Stores what was approved; asks again for what another decision, or time, may have changed since the request.
    /// </summary>
    public static Refusal? Admit(
        ExecutionContext context, NodeRegistry registry, NodeBody body, string request, AccountId authority, string serial)
    {
        registry.TryGet(body.Node, out var former);
        if (IsTaken(registry, body, former))
            return NodeRefusals.NodeTaken;
        if (FaultOfPolicy(context, registry, body, former) is { } policy)
            return policy;
        var roles = NodeForm.RolesOf(body.Roles);
        var isValidator = roles.HasFlag(NodeRoles.Validator);
        if (!isValidator && former is { IsValidator: true } && registry.WouldLeaveTooFew(body.Account))
            return NodeRefusals.TooFewValidators;
        var weight = !isValidator ? 0 : former is { IsValidator: true } ? former.Weight : registry.Parameters.NewValidatorWeight;
        registry.Store(context, body.Node, new NodeRow(
            body.Organisation, body.Account, roles, body.Version, body.Certificate.As<OrganisationCertificate>(), body.Keys.Tls,
            body.Keys.Consensus ?? default, body.Keys.Vrf ?? default, body.Endpoint, weight,
            Timestamp.FromSeconds(body.NotBefore), Timestamp.FromSeconds(body.NotAfter), NodeStatus.Active, context.Height,
            request, authority, serial));
        context.Emit(
            former is null ? "certificates.node_admitted" : body.Lost ? "certificates.node_replaced" : "certificates.node_renewed",
            ("node", body.Node), ("account", body.Account.ToString()), ("version", Text.Of(body.Version)),
            ("certificate", body.Certificate.ToString()), ("request", request));
        return null;
    }
}
