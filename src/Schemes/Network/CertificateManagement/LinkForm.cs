using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>
/// Form and possession of a linking request, from its bytes alone: all that a sponsor looks at, and the first check of every voter.
/// <b>Source:</b> E1 steps 1 and 3.
/// </summary>
internal static class LinkForm
{
    /// <summary>Why it is not brought to the ledger, or null.</summary>
    public static RefusalCode? FaultOf(LinkRequest request, Digest<Net> net)
    {
        var body = request.Node;
        if (request.Certificate.Length is 0 or > OrganisationCertificate.MaximumBytes
            || Digest<Attachment>.Of(request.Certificate) != body.Certificate)
            return NodeRefusals.MalformedRequest;
        if (!OrganisationCertificate.TryParse(request.Certificate, out var certificate)
            || certificate.PublicKey != body.Keys.Tls || certificate.Organisation != body.Organisation
            || certificate.NotBefore.ToUnixTimeSeconds() != body.NotBefore || certificate.NotAfter.ToUnixTimeSeconds() != body.NotAfter
            || CertificateChain.Validate([certificate], [certificate], certificate.NotBefore, CertificateUse.Tls) is not null)
            return NodeRefusals.CertificatePolicy;
        var digest = NodePossession.DigestOf(body);
        return body.Net == net && NodePossession.AreProven(request.Possession, digest, body.Keys)
            && (request.Renewal is null || NodePossession.AreProven(request.Renewal, digest))
                ? null
                : NodeRefusals.PossessionFailed;
    }
}
