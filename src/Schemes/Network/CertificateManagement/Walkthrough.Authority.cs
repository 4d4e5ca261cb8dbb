using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>Route B: what a recognised authority writes.</summary>
public sealed partial class ManagementWalkthrough
{
    private static readonly VoteChecks AllPass = new("pass", "pass", "pass", "pass", "pass", "pass", "pass");

    private readonly EphemeralSigningKey rootKey = EphemeralSigningKey.Create();
    private readonly EphemeralSigningKey terminalKey = EphemeralSigningKey.Create();
    private OrganisationCertificate root = null!;
    private OrganisationCertificate terminal = null!;

    private void TellAuthority(WalkScript script)
    {
        script.Step("node2", LedgerName, "asks that an authority be recognised; the members approve", RecogniseAsync);
        script.Step(
            AuthorityName, LedgerName, "writes the terminal's certificate with a payment: reserved, verified one after another, moved", WriteAsync);
        script.Step(AuthorityName, LedgerName, "writes another, which is denied: what was reserved is released", WriteDeniedAsync);
        script.Step(AuthorityName, LedgerName, "writes a revocation list: the terminal's certificate is revoked", WriteListAsync);
    }

    private async Task RecogniseAsync(WalkContext context)
    {
        var now = context.Clock.GetUtcNow();
        var subject = new CertificateSubject("Authority", "Root", now - TimeSpan.FromDays(1), now + TimeSpan.FromDays(3_000));
        root = OrganisationCertificates.CreateRoot(rootKey, subject);
        var request = Applicant.NewRequest();
        var account = context.Party(AuthorityName).Account;
        var message = new RecogniseMessage(
            request, account, "Authority", root.Thumbprint.As<Attachment>(), rootKey.PublicKey, root.NotBefore.ToUnixTimeSeconds(),
            root.NotAfter.ToUnixTimeSeconds(),
            NodePossession.ProveAuthority(NodePossession.DigestOfAuthority(context.Genesis.Net, request, account), rootKey));
        var sent = await SendAsync(context, "node2", "certificates.recognise", message, Json.RecogniseMessage, root.Der.ToArray()).ConfigureAwait(false);
        var answer = sent.Required();
        await ApproveAsync(context, await OpenedAsync(context, request, message.Certificate, answer.Height, forValidators: true).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    private OrganisationCertificate Issue(WalkContext context, PublicKey key, string name)
    {
        var now = context.Clock.GetUtcNow();
        return OrganisationCertificates.Issue(
            rootKey, root, key, new CertificateSubject("Terminals Ltd", name, now - TimeSpan.FromHours(1), now + TimeSpan.FromDays(300)), CertificateUse.Tls);
    }

    private static string SerialOf(OrganisationCertificate certificate) => Convert.ToHexStringLower(certificate.SerialNumber.Span);

    /// <summary>A certificate as the authority writes it; the key's holder showed it in person.</summary>
    private async Task<WriteCertificateMessage> WrittenAsync(
        WalkContext context, OrganisationCertificate certificate, ISigningKey key, string node, string account, int payment = 0)
    {
        var applicant = new Applicant(node, context.Party(account).Account, context.Genesis.Net, key, certificate);
        var transfer = payment == 0 ? null : new CertificateTransfer(context.Party(OwnerName).Account, new Amount(Money(context), (UInt128)payment));
        return new WriteCertificateMessage(
            applicant.Body(["device"], await LastBlockAsync(context).ConfigureAwait(false)), [root.Thumbprint.As<Attachment>()],
            SerialOf(certificate), null, transfer);
    }

    private Task<SubmissionAnswer> WriteAsync(WalkContext context, string by, WriteCertificateMessage message, OrganisationCertificate certificate) =>
        SendAsync(context, by, "certificates.write", message, Json.WriteCertificateMessage, certificate.Der.ToArray(), root.Der.ToArray());

    private async Task WriteAsync(WalkContext context)
    {
        terminal = Issue(context, terminalKey.PublicKey, TerminalName);
        var before = await BalanceAsync(context, AuthorityName).ConfigureAwait(false);
        var message = await WrittenAsync(context, terminal, terminalKey, TerminalName, TerminalName, payment: 300).ConfigureAwait(false);
        var answer = (await WriteAsync(context, AuthorityName, message, terminal).ConfigureAwait(false)).Required();
        WalkContext.Require(await BalanceAsync(context, AuthorityName).ConfigureAwait(false) == before - 300, "the payment to be reserved");
        var paid = await BalanceAsync(context, OwnerName).ConfigureAwait(false);
        var request = await OpenedAsync(context, message.Node.Request, message.Node.Certificate, answer.Height, forValidators: false).ConfigureAwait(false);
        var deciding = await ApproveAsync(context, request).ConfigureAwait(false);
        WalkContext.Require(Event(deciding, "certificates.node_admitted")["node"] == TerminalName, "the certificate to be stored by the deciding vote");
        WalkContext.Require(await BalanceAsync(context, OwnerName).ConfigureAwait(false) == paid + 300, "the payment to be moved by the same transaction");
    }

    private async Task WriteDeniedAsync(WalkContext context)
    {
        using var key = EphemeralSigningKey.Create();
        var certificate = Issue(context, key.PublicKey, "other");
        var before = await BalanceAsync(context, AuthorityName).ConfigureAwait(false);
        var message = await WrittenAsync(context, certificate, key, "other", OwnerName, payment: 200).ConfigureAwait(false);
        var answer = (await WriteAsync(context, AuthorityName, message, certificate).ConfigureAwait(false)).Required();
        WalkContext.Require(await BalanceAsync(context, AuthorityName).ConfigureAwait(false) == before - 200, "the payment to be reserved");
        var request = await OpenedAsync(context, message.Node.Request, message.Node.Certificate, answer.Height, forValidators: false).ConfigureAwait(false);
        await DenyAsync(context, request, AllPass with { C1 = "fail" }).ConfigureAwait(false);
        WalkContext.Require(await BalanceAsync(context, AuthorityName).ConfigureAwait(false) == before, "the payment to be released");
    }

    private WriteListMessage ListOf(WalkContext context, long number, TimeSpan until, OrganisationCertificate revoked, out byte[] der)
    {
        var now = context.Clock.GetUtcNow();
        var (from, next) = (Whole(now - TimeSpan.FromDays(10)), Whole(now + until));
        der = OrganisationCertificates.CreateRevocationList(rootKey, root, number, from, next, [new RevokedCertificate(revoked.SerialNumber, 1, from)]);
        return new WriteListMessage(
            Applicant.NewRequest(), rootKey.PublicKey, Digest<Attachment>.Of(der), number, from.ToUnixTimeSeconds(), next.ToUnixTimeSeconds(),
            [new RevokedSerial(SerialOf(revoked), 1, from.ToUnixTimeSeconds())]);
    }

    // Lists know seconds.
    private static DateTimeOffset Whole(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private async Task WriteListAsync(WalkContext context)
    {
        var message = ListOf(context, 1, TimeSpan.FromDays(365), terminal, out var der);
        var answer = (await SendAsync(context, AuthorityName, "certificates.write_crl", message, Json.WriteListMessage, der).ConfigureAwait(false)).Required();
        var deciding = await ApproveAsync(
            context, await OpenedAsync(context, message.Request, message.List, answer.Height, forValidators: true).ConfigureAwait(false)).ConfigureAwait(false);
        WalkContext.Require(Event(deciding, "certificates.node_revoked")["node"] == TerminalName, "the terminal to be revoked with the list");
    }
}
