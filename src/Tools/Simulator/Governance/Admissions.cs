using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Simulator.FullStack;

namespace Counterfoil.Simulator.Governance;

/// <summary>What nodes send about each other: requests to link and to revoke, votes, and proofs that somebody lied.</summary>
internal sealed class Admissions(SimulatedWorld world, NodeModel model)
{
    private const string Organisation = "Newcomer";
    private const int ReportsOfOne = 3;

    private readonly Dictionary<int, int> reports = [];

    /// <summary>Does what is next for this change of the validators; called again until it is in force.</summary>
    /// <param name="change">1: the last node joins; 2: the one that is to leave is put out.</param>
    public void Further(int change)
    {
        // Whoever decides looks at its own state; a node that is behind asks and votes in vain.
        var seeing = world.Honest.Where(node => node.IsUp && node.Ledger!.Tip.Height > 0).MaxBy(node => node.Ledger!.Tip.Height);
        if (seeing is null)
            return;
        var height = seeing.Ledger!.Tip.Height;
        var ballots = seeing.Contracts!.Kernel!.Certificates.Ballots;
        var open = ballots.ListOpen("", 100).Select(request => (request, Row: ballots.TryGet(request, out var row) ? row : null))
            .FirstOrDefault(each => each.Row?.Kind == (change == 1 ? RequestKind.Link : RequestKind.Revocation));
        if (open.Row is null)
            Ask(seeing, change);
        else
            foreach (var member in open.Row.Committee)
                if (!ballots.TryGetVote(open.request, member.Account, out _))
                    Vote(height, open.request, open.Row, member);
    }

    /// <summary>An honest node brings the proof to the ledger, once it has done what it is doing.</summary>
    public void Report(SimulatedNode finder, EquivocationEvidence evidence)
    {
        var accused = world.Nodes.First(node => node.ConsensusKey.PublicKey == evidence.Signer);
        if (world.Plan.IsFaulty(finder.Index) || reports.GetValueOrDefault(accused.Index) >= ReportsOfOne)
            return;
        reports[accused.Index] = reports.GetValueOrDefault(accused.Index) + 1;
        var message = new EquivocationMessage(evidence.Signer, Encoding.ASCII.GetString(evidence.First.Span), Encoding.ASCII.GetString(evidence.Second.Span));
        world.After(1_000, () => Bring(finder, accused, message));
    }

    private void Bring(SimulatedNode finder, SimulatedNode accused, EquivocationMessage message)
    {
        if (model.IsSuspended(accused.Account))
            return;
        Send(finder, "certificates.report_equivocation", message, NodesJson.Instance.EquivocationMessage);
        world.After(3_000_000, () => Bring(finder, accused, message));
    }

    private void Ask(SimulatedNode seeing, int change)
    {
        var registry = seeing.Contracts!.Kernel!.Certificates.Nodes;
        var linked = registry.Peers().Select(peer => world.NodeOf(peer.Account))
            .Where(node => !world.Plan.IsFaulty(node) && node != world.Plan.Leaver).ToList();
        if (linked.Count == 0)
            return;
        var sponsor = world.Nodes[world.Random.Pick(linked)];
        var request = $"{(UInt128)world.Random.Next() << 64 | world.Random.Next():x32}";
        if (change == 1)
        {
            var (message, certificate) = LinkOf(world.Nodes[^1], request, seeing);
            Send(
                sponsor, "certificates.request", message, NodesJson.Instance.NodeRequestMessage,
                new AttachmentContent(message.Node.Certificate, certificate.Der, []));
        }
        else
        {
            var leaving = world.Nodes[world.Plan.Leaver!.Value];
            Send(
                sponsor, "certificates.revoke_node", new RevokeNodeMessage(request, "It leaves.", Node: leaving.Account.ToString()),
                NodesJson.Instance.RevokeNodeMessage);
        }
    }

    private (NodeRequestMessage Message, OrganisationCertificate Certificate) LinkOf(SimulatedNode joining, string request, SimulatedNode seeing)
    {
        var tls = SimulatedKeys.SigningKey($"tls {joining.Index}");
        var vrf = SimulatedKeys.VrfKey($"vrf {joining.Index}");
        var certificate = Certify(tls, $"node{joining.Index}");
        var last = world.Checker[seeing.Ledger!.Tip.Height].Block.Header;
        var body = new NodeBody(
            request, world.Genesis.Net, new BlockReference(last.Height, last.Randomness), $"node{joining.Index}", Organisation, joining.Account, ["validator"], 1,
            certificate.Thumbprint.As<Attachment>(), "ES256", new NodeKeySet(tls.PublicKey, joining.ConsensusKey.PublicKey, vrf.PublicKey),
            $"node{joining.Index}.example:7000", certificate.NotBefore.ToUnixTimeSeconds(), certificate.NotAfter.ToUnixTimeSeconds());
        return (new NodeRequestMessage(body, NodePossession.Prove(NodePossession.DigestOf(body), tls, joining.ConsensusKey, vrf)), certificate);
    }

    // With a serial number that is the same in every run.
    private static OrganisationCertificate Certify(Cryptography.Keys.DeterministicSigningKey key, string name)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(Organisation);
        subject.AddCommonName(name);
        using var publicKey = ECDsa.Create(key.PublicKey.ToParameters());
        var request = new CertificateRequest(subject.Build(), new System.Security.Cryptography.X509Certificates.PublicKey(publicKey), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key.PublicKey.Thumbprint.ToArray()[..20], critical: false));
        var from = SimulatedClock.TimeOfDay(0).AddDays(-1);
        using var made = request.Create(request.SubjectName, new SigningKeyGenerator(key), from, from.AddDays(365), Encoding.ASCII.GetBytes($"Simulated {name}"));
        return OrganisationCertificate.TryParse(made.RawData, out var certificate)
            ? certificate
            : throw new InvalidOperationException("The newcomer's certificate is not one.");
    }

    // Liars deny now and then; nobody votes for a node that is not up to do it.
    private void Vote(long height, string request, RequestRow row, CommitteeMember member)
    {
        var voter = world.Nodes[world.NodeOf(member.Account)];
        var denies = world.Plan.Liars.Contains(voter.Index) && world.Random.Chance(500);
        if (!voter.IsUp || world.Random.Chance(200))
            return;
        string? Check(CheckSet check) => (member.Checks & check) == 0 ? null : "pass";
        var checks = new VoteChecks(
            Check(CheckSet.Possession), Check(CheckSet.Validity), Check(CheckSet.Version), Check(CheckSet.Keys), Check(CheckSet.NotRevoked),
            Check(CheckSet.Entitlement), Check(CheckSet.Endpoint));
        var message = new NodeVoteMessage(request, row.Subject, denies ? "deny" : "approve", checks, height);
        Send(voter, "certificates.vote", message, NodesJson.Instance.NodeVoteMessage);
    }

    private void Send<T>(SimulatedNode node, string action, T message, JsonTypeInfo<T> form, params IReadOnlyList<AttachmentContent> attachments)
    {
        var signed = world.Governed!.Members.Sign(Members.NodeKey(node.Index), action, JsonSerializer.SerializeToUtf8Bytes(message, form));
        var answer = world.Workload.Send(signed, attachments);
        if (world.Trace.IsWritten)
            world.Trace.Write(world.Now, $"n{node.Index}'s operator sends {action}: {answer?.Refusal?.Code ?? (answer is null ? "no answer" : "taken")}");
    }
}
