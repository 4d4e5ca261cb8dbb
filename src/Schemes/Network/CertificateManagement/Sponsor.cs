using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>
/// A linked node that takes applicants' requests to the ledger: it looks at form and possession alone and has no extra power. Its account is an ordinary
/// node's of the role <c>client</c>, so the members admit it before it sponsors anybody, and its quota bounds what it brings. <b>Source:</b> E1 step 1.
/// </summary>
internal sealed class Sponsor : SchemeRole
{
    public const string RoleName = "sponsor";

    private const string TlsKeyName = "tls";
    private const string CertificateFile = "tls.der";

    private static readonly TimeSpan CertificateValidity = TimeSpan.FromDays(365);

    private RoleContext context = null!;
    private ISigningKey tls = null!;
    private OrganisationCertificate certificate = null!;

    public override string Name => RoleName;

    public override string Title => "Sponsor of applicants";

    public override void Map(IEndpointRouteBuilder routes, RoleContext context)
    {
        this.context = context;
        if (context.Keys.List().All(key => key.Name != TlsKeyName))
            context.Keys.Create(TlsKeyName, KeyUsage.Sign);
        tls = context.Keys.OpenSigning(TlsKeyName);
        certificate = OpenCertificate(Path.Combine(context.Folder, CertificateFile));
        routes.MapGet("/link-request", OwnRequestAsync).WithPolicy(Policy.Public);
        routes.MapPost("/link-requests", TakeAsync).WithPolicy(Policy.SignedTransaction);
    }

    public override async Task RunAsync(RoleContext context, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        }
        finally
        {
            tls.Dispose();
        }
    }

    /// <summary>The sponsor's own linking request, for whichever member brings it to the ledger.</summary>
    private async Task OwnRequestAsync(HttpContext http)
    {
        var block = await Applicant.LastBlockAsync(context.Party.Node, http.RequestAborted).ConfigureAwait(false);
        if (block is null)
        {
            await Problem.Of(NoBlock, StatusCodes.Status503ServiceUnavailable).ExecuteAsync(http).ConfigureAwait(false);
            return;
        }
        var applicant = new Applicant(RoleName, context.Party.Account, context.Party.Net, tls, certificate);
        await AnswerAsync(http, applicant.Ask(applicant.Body(["client"], block)), ManagementJson.Instance.LinkRequest).ConfigureAwait(false);
    }

    /// <summary>No block can be named yet.</summary>
    public static readonly RefusalCode NoBlock = new("no_block", "The ledger has no block yet that a proof could name.", Transient: true);

    private async Task TakeAsync(HttpContext http)
    {
        var request = await ReadAsync(http).ConfigureAwait(false);
        var fault = request is null ? NodeRefusals.MalformedRequest : LinkForm.FaultOf(request, context.Party.Net);
        if (fault is not null)
        {
            var status = request is null ? StatusCodes.Status400BadRequest : StatusCodes.Status422UnprocessableEntity;
            await Problem.Of(fault, status).ExecuteAsync(http).ConfigureAwait(false);
            return;
        }
        var answer = await context.Party.SubmitAsync(
            "certificates.request", new NodeRequestMessage(request!.Node, request.Possession, request.Renewal), NodesJson.Instance.NodeRequestMessage,
            [new AttachmentContent(request.Node.Certificate, request.Certificate, [])], http.RequestAborted).ConfigureAwait(false);
        if (answer.Code is { } code)
            await Problem.Of(Known(code)).ExecuteAsync(http).ConfigureAwait(false);
        else
            await AnswerAsync(http, new LinkAnswer(answer.Id, answer.Height), ManagementJson.Instance.LinkAnswer).ConfigureAwait(false);
    }

    // What the ledger says is passed on by its code.
    private static RefusalCode Known(string code) =>
        NodeRefusals.All.Concat(CertificatesRefusals.All).FirstOrDefault(refusal => refusal.Code == code)
            ?? new RefusalCode(code, "The ledger refused the request.");

    private static async Task<LinkRequest?> ReadAsync(HttpContext http)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, ManagementJson.Instance.LinkRequest, http.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task AnswerAsync<T>(HttpContext http, T answer, JsonTypeInfo<T> format) =>
        http.Response.WriteAsJsonAsync(answer, format, cancellationToken: http.RequestAborted);

    private OrganisationCertificate OpenCertificate(string path)
    {
        var now = context.Clock.GetUtcNow();
        if (File.Exists(path) && OrganisationCertificate.TryParse(File.ReadAllBytes(path), out var kept)
            && kept.PublicKey == tls.PublicKey && kept.NotAfter > now)
            return kept;
        var made = OrganisationCertificates.CreateSelfSignedTls(
            tls, new CertificateSubject("Sponsor", RoleName, now - TimeSpan.FromHours(1), now + CertificateValidity));
        File.WriteAllBytes(path, made.Der.Span);
        return made;
    }
}
