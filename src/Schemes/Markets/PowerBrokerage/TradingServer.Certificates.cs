using System.Text.Json.Serialization;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.X509;
using Microsoft.AspNetCore.Http;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>Asks the market operator to prove, for this ledger and its account, that it holds a certificate's key.</summary>
/// <param name="Certificate">The certificate in DER, at most 4,096 bytes, in base64url.</param>
public sealed record PossessionRequest(
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Certificate);

/// <summary>The proof that <c>certificates.register</c> takes.</summary>
public sealed record PossessionAnswer(string Possession);

internal sealed partial class TradingServer
{
    private const int MaximumCertificateBytes = 4 * 1024;

    private async Task ProvePossessionAsync(HttpContext http)
    {
        var request = await RequestReader.ReadAsync(http, MarketJson.Instance.PossessionRequest)
            .ConfigureAwait(false);
        if (!await organisation.IsOperatorAsync(context, http.RequireCaller().Account, http.RequestAborted)
            .ConfigureAwait(false))
        {
            await answers.WriteAsync(http, BrokerageRefusals.NotParty, StatusCodes.Status403Forbidden)
                .ConfigureAwait(false);
            return;
        }
        if (request is null || request.Certificate.Length > MaximumCertificateBytes
            || !OrganisationCertificate.TryParse(request.Certificate, out var certificate)
            || certificate.PublicKey != context.Party.SigningKey.PublicKey)
        {
            await answers.WriteAsync(http, RequestReader.MalformedRequest, StatusCodes.Status400BadRequest)
                .ConfigureAwait(false);
            return;
        }
        var proof = CertificatePossession.Prove(
            context.Party.SigningKey, certificate, context.Party.Net.ToString(),
            context.Party.Account.ToString());
        await answers.WriteAsync(http, new PossessionAnswer(proof), MarketJson.Instance.PossessionAnswer)
            .ConfigureAwait(false);
    }
}
