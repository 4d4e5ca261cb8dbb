using System.Text;
using Counterfoil.Contracts.Registry;
using Counterfoil.Cryptography.Jose;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// The system operator's register of resources: issues the owner credential, and enters the resource under a random tag held by the owner's account. Which tag is
/// which metering point it alone knows. <b>Source:</b> D1 step 2.
/// </summary>
internal sealed class SystemOperator : SchemeRole
{
    public const string RoleName = "system-operator";

    /// <summary>The <c>typ</c> of an owner credential.</summary>
    public const string CredentialType = "cf-resource-owner+jwt";

    private RoleContext context = null!;
    private SignedAnswers answers = null!;

    public override string Name => RoleName;

    public override string Title => "System operator";

    public override void Map(IEndpointRouteBuilder routes, RoleContext context)
    {
        this.context = context;
        answers = new SignedAnswers(context);
        routes.MapPost("/resources", RegisterAsync).WithPolicy(Policy.SignedRequest);
    }

    private async Task RegisterAsync(HttpContext http)
    {
        var caller = http.RequireCaller();
        var request = await RequestReader.ReadAsync(http, MarketJson.Instance.ResourceRequest).ConfigureAwait(false);
        if (request is null || caller.Account.IsUnset || request.MeteringPoint.Length is 0 or > 64 || request.Tech.Length != 3 || request.PMaxKw is < 1 or > 10_000_000
            || request.ConnectionDoc.Length is 0 or > 4_096)
        {
            await answers.WriteAsync(http, RequestReader.MalformedRequest, StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return;
        }
        var tag = Envelopes.NewId<Item>();
        var submitted = await context.Party.SubmitAsync(
            "registry.register", new RegisterItemMessage(tag, "resource", caller.Account), RegistryJson.Instance.RegisterItemMessage, cancellation: http.RequestAborted)
            .ConfigureAwait(false);
        submitted.Required();
        var payload = JsonBytes(caller, request);
        var credential = Jws.SignCompact(CredentialType, payload, context.Party.SigningKey);
        await answers.WriteAsync(http, new ResourceAnswer(context.Party.Account, tag, credential, submitted.Id), MarketJson.Instance.ResourceAnswer).ConfigureAwait(false);
    }

    // Bound to the owner's key: whoever shows it signs with that key.
    private byte[] JsonBytes(Caller caller, ResourceRequest request)
    {
        using var buffer = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("iss", context.Party.Account.ToString());
            writer.WriteNumber("iat", context.Clock.GetUtcNow().ToUnixTimeSeconds());
            writer.WriteStartObject("cnf");
            writer.WritePropertyName("jwk");
            writer.WriteRawValue(Encoding.UTF8.GetBytes(Jwk.Serialize(caller.Key)));
            writer.WriteEndObject();
            writer.WriteString("metering_point", request.MeteringPoint);
            writer.WriteString("tech", request.Tech);
            writer.WriteNumber("p_max_kw", request.PMaxKw);
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
