using System.Buffers;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Jose.SdJwt;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Governance;

/// <summary>
/// A membership credential for one proposal: an SD-JWT VC by which an association says that the holder of a
/// one-time key is a member, without saying who. Two credentials of one member for one proposal have the same
/// nullifier; for two proposals they have nothing in common that others could see. Header exactly <c>alg</c>,
/// <c>typ</c> (<c>dc+sd-jwt</c>), <c>jwk</c>; claims exactly <c>iss</c>, <c>iat</c>, <c>exp</c>, <c>vct</c>, <c>net</c>,
/// <c>proposal</c>, <c>nullifier</c>, <c>cnf</c>, and digests of what the member alone reads. <b>Source:</b> RFC 9901,
/// draft-ietf-oauth-sd-jwt-vc; ADR 7.
/// </summary>
public sealed class MembershipCredential
{
    /// <summary><c>vct</c>.</summary>
    public const string VerifiableType = "urn:counterfoil:membership:1";

    /// <summary>The longest presentation in characters.</summary>
    public const int MaximumLength = 4_096;

    private const int MaximumText = 256;
    private const long LastSecond = 253_402_300_799; // 9999-12-31

    private readonly SdJwtToken token;

    private MembershipCredential(
        SdJwtToken token, PublicKey issuerKey, AccountId issuer, Digest<Net> net, ProposalId proposal,
        Digest<VrfOutput> nullifier, Timestamp expires)
    {
        this.token = token;
        IssuerKey = issuerKey;
        Issuer = issuer;
        Net = net;
        Proposal = proposal;
        Nullifier = nullifier;
        Expires = expires;
    }

    /// <summary>The key that signed it; whose key that is, the ledger's state says.</summary>
    public PublicKey IssuerKey { get; }

    /// <summary>The association that it names.</summary>
    public AccountId Issuer { get; }

    /// <summary>The ledger.</summary>
    public Digest<Net> Net { get; }

    /// <summary>The proposal.</summary>
    public ProposalId Proposal { get; }

    /// <summary>Stands for the member in this proposal and nowhere else.</summary>
    public Digest<VrfOutput> Nullifier { get; }

    /// <summary>From then on it is no longer taken, block time.</summary>
    public Timestamp Expires { get; }

    /// <summary>
    /// The nullifier of a member for a proposal: the output of the association's VRF key. The proof goes to the
    /// member, who sees by it that the nullifier is the one that it must have and nobody else's, and to nobody else.
    /// </summary>
    /// <param name="key">The association's VRF key.</param>
    /// <param name="net">The ledger.</param>
    /// <param name="proposal">The proposal.</param>
    /// <param name="member">The association's name for the member, 1 to 256 characters.</param>
    /// <param name="proof">For <see cref="IsNullifierOf"/>.</param>
    public static Digest<VrfOutput> NullifierOf(
        IVrfKey key, Digest<Net> net, ProposalId proposal, string member, out VrfProof proof)
    {
        proof = key.Prove(AlphaOf(net, proposal, member));
        return Ecvrf.TryOutput(proof, out var nullifier)
            ? nullifier
            : throw new InvalidOperationException("One's own proof decodes.");
    }

    /// <summary>True if the nullifier is this member's for this proposal.</summary>
    /// <param name="key">The association's public VRF key.</param>
    /// <param name="net">The ledger.</param>
    /// <param name="proposal">The proposal.</param>
    /// <param name="member">The association's name for the member.</param>
    /// <param name="proof">What came with the credential.</param>
    /// <param name="nullifier">What stands in the credential.</param>
    public static bool IsNullifierOf(
        PublicKey key, Digest<Net> net, ProposalId proposal, string member, VrfProof proof, Digest<VrfOutput> nullifier) =>
        Ecvrf.Verify(key, AlphaOf(net, proposal, member), proof, out var output) && output == nullifier;

    /// <summary>Issues a credential.</summary>
    /// <param name="key">An active key of the association's account.</param>
    /// <param name="issuer">The association's account.</param>
    /// <param name="net">The ledger.</param>
    /// <param name="proposal">The proposal.</param>
    /// <param name="nullifier">See <see cref="NullifierOf"/>.</param>
    /// <param name="holder">The member's key, used for nothing else.</param>
    /// <param name="member">What the member alone reads, such as its number; stands in the credential as a digest.</param>
    /// <param name="issued">The same for all of a proposal, so that it tells nobody apart; whole seconds.</param>
    /// <param name="expires">The same for all of a proposal; whole seconds.</param>
    /// <returns>The SD-JWT with its disclosure.</returns>
    public static string Issue(
        ISigningKey key, AccountId issuer, Digest<Net> net, ProposalId proposal, Digest<VrfOutput> nullifier,
        PublicKey holder, string member, Timestamp issued, Timestamp expires)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("iss"u8, issuer.ToString());
            writer.WriteNumber("iat"u8, issued.UnixSeconds);
            writer.WriteNumber("exp"u8, expires.UnixSeconds);
            writer.WriteString("vct"u8, VerifiableType);
            writer.WriteString("net"u8, net.ToString());
            writer.WriteString("proposal"u8, proposal.ToString());
            writer.WriteString("nullifier"u8, nullifier.ToString());
            writer.WriteStartObject("cnf"u8);
            writer.WritePropertyName("jwk"u8);
            Jwk.Write(writer, holder);
            writer.WriteEndObject();
            writer.WriteString("member"u8, member);
            writer.WriteEndObject();
        }
        return StrictJson.TryParseObject(json.WrittenSpan, out var claims)
            ? SdJwtIssuance.Issue(SdJwtToken.CredentialType, claims, ["member"], key, reference: KeyReference.Key)
            : throw new ArgumentException("The member's name is no text.", nameof(member));
    }

    /// <summary>Presents a credential for one choice; nothing of it is disclosed.</summary>
    /// <param name="issued">What the association issued.</param>
    /// <param name="holder">The member's key.</param>
    /// <param name="net">The ledger.</param>
    /// <param name="proposal">The proposal.</param>
    /// <param name="option">The choice.</param>
    /// <param name="now">The member's time; it stands on the ledger to the minute.</param>
    public static string Present(
        string issued, ISigningKey holder, Digest<Net> net, ProposalId proposal, string option, Timestamp now) =>
        SdJwtIssuance.Present(
            SdJwtToken.Parse(issued, SdJwtToken.CredentialType, MaximumLength).Value, _ => false, holder, AudienceOf(net),
            NonceOf(proposal, option), DateTimeOffset.FromUnixTimeSeconds(now.UnixSeconds / 60 * 60));

    /// <summary>
    /// Reads a presentation. Refusals in this order: <c>malformed_credential</c> (no SD-JWT),
    /// <c>wrong_credential_type</c>, <c>credential_discloses</c>, <c>malformed_credential</c> (its claims). Nothing is verified yet.
    /// </summary>
    public static Refusal? Read(string presentation, out MembershipCredential? credential)
    {
        credential = null;
        if (!SdJwtToken.Parse(presentation, maximumBytes: MaximumLength).TryGet(out var token))
            return GovernanceRefusals.MalformedCredential;
        if (token.Issued.Header.Type != SdJwtToken.CredentialType)
            return GovernanceRefusals.WrongCredentialType;
        if (token.Disclosures.Count > 0)
            return GovernanceRefusals.CredentialDiscloses;
        if (!token.Issued.Header.HasOnlyProtected("alg", "typ", "jwk") || !token.Issued.Header.Key().TryGet(out var issuerKey)
            || token.KeyBinding is not { } binding || !binding.Header.HasOnlyProtected("alg", "typ")
            || token.KeyBindingClaims.GetPropertyCount() != 4)
            return GovernanceRefusals.MalformedCredential;
        var members = new JsonMembers(token.Claims);
        var type = members.Text("vct", MaximumText);
        members.Integer("iat", 0, LastSecond);
        var expires = members.Integer("exp", 0, LastSecond);
        var (issuer, net) = (members.Text("iss", MaximumText), members.Text("net", MaximumText));
        var (proposal, nullifier) = (members.Text("proposal", MaximumText), members.Text("nullifier", MaximumText));
        var confirmation = members.Element("cnf");
        if (members.AreComplete && type != VerifiableType)
            return GovernanceRefusals.WrongCredentialType;
        if (!members.AreExact || confirmation.ValueKind != JsonValueKind.Object || confirmation.GetPropertyCount() != 1
            || !AccountId.TryParse(issuer, out var account) || !Digest<Net>.TryParse(net, out var ledger)
            || !ProposalId.TryParse(proposal, out var id) || !Digest<VrfOutput>.TryParse(nullifier, out var name))
            return GovernanceRefusals.MalformedCredential;
        credential = new MembershipCredential(token, issuerKey, account, ledger, id, name, Timestamp.FromSeconds(expires));
        return null;
    }

    /// <summary>
    /// Verifies both signatures and what they are for. Refusals in this order: <c>wrong_credential_scope</c>,
    /// <c>bad_credential_signature</c>, <c>wrong_key_binding</c>.
    /// </summary>
    public Refusal? Verify(Digest<Net> net, ProposalId proposal, string option)
    {
        if (Net != net || Proposal != proposal)
            return GovernanceRefusals.WrongCredentialScope;
        if (token.Verify(IssuerKey) is not null)
            return GovernanceRefusals.BadCredentialSignature;
        return token.VerifyKeyBinding(AudienceOf(net), NonceOf(proposal, option)) is { } fault
            ? GovernanceRefusals.WrongKeyBinding.With(("inner_code", fault.Code))
            : null;
    }

    private static string AudienceOf(Digest<Net> net) => $"urn:counterfoil:ledger:{net}";

    private static string NonceOf(ProposalId proposal, string option) => $"{proposal}.{option}";

    private static byte[] AlphaOf(Digest<Net> net, ProposalId proposal, string member) =>
        Encoding.UTF8.GetBytes($"cf-membership\0{net}\0{proposal}\0{member}");
}
