using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

public sealed partial class BrokerageWalkthrough
{
    private static readonly TimeSpan ContractLength = TimeSpan.FromDays(365);
    private static readonly TimeSpan OfferLength = TimeSpan.FromDays(7);
    private static readonly TimeSpan MandateLength = TimeSpan.FromDays(30);

    private ResourceTag resource = null!;
    private ContractOffer offer = null!;
    private ContractOffer rivalOffer = null!;

    private void TellEnrolment(WalkScript script)
    {
        script.Step(OperatorName, LedgerName, "sponsors the accounts of all who take part", SponsorAsync);
        script.Step(OwnerName, LedgerName, "opens its account, as the others do", OpenAccountsAsync);
        script.Step(
            OperatorName, LedgerName,
            "registers certificates of brokers and market operator, whose keys are proved",
            RegisterCertificatesAsync);
        script.Step(
            OwnerName, SystemOperator.RoleName,
            "has its plant registered under a random tag, gets the owner credential",
            RegisterResourceAsync);
        script.Step(
            BrokerName, LedgerName, "offers an exclusive brokerage contract, and so does a rival",
            OfferAsync);
        script.Step(
            OwnerName, LedgerName, "accepts the broker's: both signatures under one digest", AcceptAsync);
        script.Step(
            BrokerName, TradingServer.RoleName,
            "registers portfolio and guarantee, co-signed by the market operator",
            RegisterPortfoliosAsync);
        script.Step(
            BrokerName, LedgerName, "mandates its desk, limits in a confidential record", MandateAsync);
    }

    private static async Task SponsorAsync(WalkContext context)
    {
        var accounts = string.Join(",", Enrolled.Select(name => $"\"{context.Party(name).Account}\""));
        (await context.Operator.SubmitAsync(
            "accounts.sponsor", $$"""{"accounts":[{{accounts}}]}""", cancellation: context.Cancellation)
            .ConfigureAwait(false)).Required();
    }

    private async Task OpenAccountsAsync(WalkContext context)
    {
        market = await MarketPlace.JoinAsync(
            context.Scheme, context.Operator, context.Genesis, context.Cancellation).ConfigureAwait(false);
        foreach (var name in Enrolled)
        {
            var party = context.Party(name);
            var opening = party.Sign(party.Draft("accounts.open", "{}"u8), opensAccount: true);
            (await party.SubmitAsync(opening, cancellation: context.Cancellation)
                .ConfigureAwait(false)).Required();
            participants[name] = new Participant(party, market);
        }
        auditor = new Auditor(context.Party(AuditorName), context.Genesis);
    }

    private async Task RegisterCertificatesAsync(WalkContext context)
    {
        using var key = EphemeralSigningKey.Create();
        var authority = new CertificateAuthority(context, key);
        foreach (var name in (string[])[BrokerName, RivalName])
        {
            var party = context.Party(name);
            await authority.RegisterAsync(
                party.Account, name, party.SigningKey.PublicKey, party.AgreementKey.PublicKey, certificate =>
                Task.FromResult(CertificatePossession.Prove(
                    party.SigningKey, certificate, party.Net.ToString(), party.Account.ToString())))
                        .ConfigureAwait(false);
        }
        using var http = context.Operator.CreateSignedHttp(context.RoleAddress(TradingServer.RoleName));
        var server = new RoleClient(http);
        var info = market.Info;
        await authority.RegisterAsync(
            info.Operator, "market operator", info.OperatorKey, info.OperatorEncryptionKey,
            async certificate =>
            (await server.PostAsync(
                "possession", new PossessionRequest(certificate.Der.ToArray()),
                MarketJson.Instance.PossessionRequest,
                MarketJson.Instance.PossessionAnswer, context.Cancellation)
                    .ConfigureAwait(false)).Value.Possession).ConfigureAwait(false);
    }

    /// <summary>The registrar's authority, which issues and registers an organisation's two certificates.</summary>
    private sealed class CertificateAuthority(WalkContext context, ISigningKey key)
    {
        private readonly OrganisationCertificate root =
            OrganisationCertificates.CreateRoot(key, Subject(context, "Registrar of the sandbox", "root"));

        public async Task RegisterAsync(
            AccountId account, string organisation, PublicKey signing, PublicKey encryption,
            Func<OrganisationCertificate, Task<string>> prove)
        {
            var signer = Issue(organisation, "signs", signing, CertificateUse.Signing);
            await SubmitAsync(account, "sign", signer, await prove(signer).ConfigureAwait(false))
                .ConfigureAwait(false);
            var reader = Issue(organisation, "is encrypted to", encryption, CertificateUse.Encryption);
            await SubmitAsync(account, "encrypt", reader, null).ConfigureAwait(false);
            var registered =
                (await context.Operator.Node.GetCertificatesAsync(account, context.Cancellation)
                    .ConfigureAwait(false)).Value;
            WalkContext.Require(
                registered.Root.GetProperty("certificates").GetArrayLength() == 2,
                $"{organisation} has two certificates");
        }

        private OrganisationCertificate Issue(
            string organisation, string name, PublicKey subject, CertificateUse use) =>
            OrganisationCertificates.Issue(key, root, subject, Subject(context, organisation, name), use);

        private async Task SubmitAsync(
            AccountId account, string purpose, OrganisationCertificate certificate, string? possession) =>
            (await context.Operator.SubmitAsync(
                "certificates.register",
                new RegisterCertificateMessage(account, purpose, certificate.Der.ToArray(), possession),
                CertificatesJson.Instance.RegisterCertificateMessage, cancellation: context.Cancellation)
                    .ConfigureAwait(false)).Required();

        private static CertificateSubject Subject(WalkContext context, string organisation, string name) =>
            new(
            organisation, name, context.Clock.Now.ToDateTimeOffset() - TimeSpan.FromDays(1),
            context.Clock.Now.ToDateTimeOffset() + ContractLength);
    }

    private async Task RegisterResourceAsync(WalkContext context)
    {
        var owner = context.Party(OwnerName);
        using var http = owner.CreateSignedHttp(context.RoleAddress(SystemOperator.RoleName));
        var answer = (await new RoleClient(http).PostAsync(
            "resources",
            new ResourceRequest("AT0030000000000000000000000012345", "B16",
                1_200, "connection agreement 2024-118"),
            MarketJson.Instance.ResourceRequest, MarketJson.Instance.ResourceAnswer, context.Cancellation)
                .ConfigureAwait(false)).Value;
        resource = new ResourceTag(answer.Registrar, answer.Item);
        var item =
            (await owner.Node.GetItemAsync($"{answer.Registrar}.{answer.Item}", context.Cancellation)
                .ConfigureAwait(false)).Value;
        WalkContext.Require(
            item.Root.GetProperty("owner").GetString() == owner.Account.ToString(), "the owner's account holds the resource");
        var registrar =
            (await owner.Node.GetAccountAsync(answer.Registrar, context.Cancellation)
                .ConfigureAwait(false)).Value;
        WalkContext.Require(
            Jws.ParseCompact(
                answer.Credential, new JwsExpectation { Type = SystemOperator.CredentialType }).TryGet(
                    out var credential)
            && registrar.Keys.Any(
                key => credential.Verify(
                    key) is null), "the credential is signed by the system operator's account");
        using var payload = JsonDocument.Parse(credential!.Payload);
        WalkContext.Require(
            Jwk.ParsePublicKey(payload.RootElement.GetProperty("cnf").GetProperty("jwk")).TryGet(
                out var bound)
            && bound == owner.SigningKey.PublicKey, "it is bound to the owner's key");
    }

    private async Task OfferAsync(WalkContext context)
    {
        offer = await OfferAsync(context, BrokerName).ConfigureAwait(false);
        rivalOffer = await OfferAsync(context, RivalName).ConfigureAwait(false);
    }

    private async Task<ContractOffer> OfferAsync(WalkContext context, string name)
    {
        var from = context.Clock.Now + TimeSpan.FromHours(1);
        var (answer, made) = await Of(name).OfferContractAsync(
            ReaderOf(OwnerName), [resource], from, from + ContractLength, exclusive: true,
            context.Clock.Now + OfferLength, ContractBody(),
            context.Cancellation).ConfigureAwait(false);
        answer.Required();
        return made;
    }

    private async Task AcceptAsync(WalkContext context) =>
        (await Of(OwnerName).AcceptContractAsync(offer, context.Cancellation)
            .ConfigureAwait(false)).Required();

    private async Task RegisterPortfoliosAsync(WalkContext context)
    {
        (await Of(BrokerName).RegisterPortfolioAsync(
            brokerPortfolio, [offer.Message.Rid], 50_000m, context.Cancellation)
            .ConfigureAwait(false)).Required();
        (await Of(RivalName).RegisterPortfolioAsync(rivalPortfolio, [], 500_000m, context.Cancellation)
            .ConfigureAwait(false)).Required();
    }

    private async Task MandateAsync(WalkContext context)
    {
        var expires = context.Clock.Now + MandateLength;
        await MandateAsync(context, BrokerName, DeskName, brokerPortfolio, deskMandate, expires)
            .ConfigureAwait(false);
        await MandateAsync(context, RivalName, RivalName, rivalPortfolio, rivalMandate, expires)
            .ConfigureAwait(false);
        await MandateAsync(context, RivalName, CopierName, rivalPortfolio, copierMandate, expires)
            .ConfigureAwait(false);
    }

    // At most 200 MW in a period and side, and 400,000 EUR a day.
    private async Task MandateAsync(
        WalkContext context, string broker, string desk, Digest<Portfolio> portfolio,
        Digest<Contracts.Rights.Right> right,
        Timestamp expires) =>
        (await Of(broker).IssueMandateAsync(
            right, portfolio, ReaderOf(desk), 2_000, 400_000m, expires, context.Cancellation)
            .ConfigureAwait(false)).Required();

    private static byte[] ContractBody() => Utf8(
        """
        {"curtailment_consent":true,"data_consents":["meter_readings"],"fee":{"percent":"3"},
        "imbalance_share":"0.5","law":"AT","mandate":"exclusive","notice_days":30}
        """);
}
