using System.Text.Json.Serialization;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Certificates;

/// <summary><c>certificates.register</c>: by a registrar, for an organisation's account.</summary>
/// <param name="Account">The organisation's account, which is known.</param>
/// <param name="Purpose"><c>sign</c>, <c>encrypt</c> or <c>tls</c>.</param>
/// <param name="Certificate">The X.509 certificate in DER, at most 4,096 bytes, in
/// base64url.</param>
/// <param name="Possession">
/// The key's proof for this ledger and account
/// (<see cref="Cryptography.X509.CertificatePossession"/>). May be absent for <c>encrypt</c> only:
/// a key that only agrees cannot sign, and the registrar, who has seen it used, vouches by its
/// signature.
/// </param>
public sealed record RegisterCertificateMessage(
    AccountId Account,
    string Purpose,
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Certificate,
    string? Possession = null);

/// <summary><c>certificates.revoke</c>: by a registrar or the organisation itself.</summary>
/// <param name="Account">The organisation's account.</param>
/// <param name="Purpose"><c>sign</c>, <c>encrypt</c> or <c>tls</c>.</param>
public sealed record RevokeCertificateMessage(AccountId Account, string Purpose);

/// <summary><c>certificates.admit_registrar</c>: by a registrar.</summary>
/// <param name="Account">The new registrar's account.</param>
public sealed record AdmitRegistrarMessage(AccountId Account);

/// <summary>The section <c>certificates</c> of the genesis document.</summary>
/// <param name="Registrars">The first registrars' accounts.</param>
/// <param name="Nodes">The TLS certificates of the document's validators; those that are not here have none yet.</param>
/// <param name="Parameters">By what members decide about nodes; the defaults where it is left out.</param>
public sealed record CertificatesGenesis(
    IReadOnlyList<AccountId> Registrars,
    IReadOnlyList<GenesisNode>? Nodes = null,
    NodeParameters? Parameters = null);

/// <summary>The strict JSON forms of the messages.</summary>
[JsonSerializable(typeof(RegisterCertificateMessage))]
[JsonSerializable(typeof(RevokeCertificateMessage))]
[JsonSerializable(typeof(AdmitRegistrarMessage))]
[JsonSerializable(typeof(CertificatesGenesis))]
public sealed partial class CertificatesJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static CertificatesJson Instance { get; } = new(MessageJson.NewOptions());
}
