using Counterfoil.Client;
using Counterfoil.Cryptography.Http;
using Counterfoil.Ledger;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>HTTP clients whose requests a party signs, over connections of its own or shared ones.</summary>
internal static class SignedHttp
{
    /// <summary>A client that covers method, target, content and one more field.</summary>
    public static HttpClient Create(Party party, Uri address, HttpMessageHandler? connections, string field)
    {
        HttpSignatureOptions Configure(HttpSignatureOptions options) => options with
        {
            KeyId = AccountId.Of(party.SigningKey.PublicKey) == party.Account ? null : $"{party.Account}.{party.SigningKey.PublicKey}",
            Components = [.. options.Components, SignatureComponents.Of(field)],
        };
        return connections is null
            ? party.CreateSignedHttp(address, Configure)
            : new HttpClient(new HttpSignatureHandler(
                Configure(new HttpSignatureOptions { Key = party.SigningKey, Clock = party.Clock }), new SharedConnections(connections)))
            {
                BaseAddress = address,
                Timeout = LoopbackHttp.Timeout,
            };
    }

    /// <summary>Passes requests on and leaves the connections open for the others.</summary>
    private sealed class SharedConnections(HttpMessageHandler connections) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker invoker = new(connections, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            invoker.SendAsync(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                invoker.Dispose();
            base.Dispose(disposing);
        }
    }
}
