using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// Why the members' registry of nodes says no, in order of precedence. Beside these it answers
/// <c>replayed</c> for a request's id that was used, <c>key_reused</c> and <c>certificate_revoked</c> as
/// <see cref="CertificatesRefusals"/> has them, and what the accounts contract answers for funds.
/// </summary>
public static class NodeRefusals
{
    /// <summary>A name, endpoint, role, number or document is not of the required form.</summary>
    public static readonly RefusalCode MalformedRequest =
        new("malformed_request", "A member of the request is not of the required form.");

    /// <summary>The certificate is not one that the rules allow.</summary>
    public static readonly RefusalCode CertificatePolicy = new(
        "certificate_policy",
        "The certificate's form, algorithm, validity, names or version number is not what the rules ask for.");

    /// <summary>One key for two purposes.</summary>
    public static readonly RefusalCode KeyShared =
        new("key_shared", "One key is used for two purposes; each of a node's keys has one.");

    /// <summary>A proof of possession is missing or is for something else.</summary>
    public static readonly RefusalCode PossessionFailed = new(
        "possession_failed",
        "A key did not prove its possession for this request, this ledger and a recent block.");

    /// <summary>Only governance does this.</summary>
    public static readonly RefusalCode NotGovernance =
        new("not_governance", "Only a decision of the members' governance does this.");

    /// <summary>The issuer is no active node.</summary>
    public static readonly RefusalCode NotLinked =
        new("not_linked", "The issuer is not the account of an active node of this ledger.");

    /// <summary>The issuer is no recognised authority.</summary>
    public static readonly RefusalCode UnknownIssuer =
        new("unknown_issuer", "The issuer is not an authority that the members recognise at present.");

    /// <summary>The issuer has too many open or daily requests.</summary>
    public static readonly RefusalCode QuotaExceeded = new(
        "quota_exceeded", "The issuer has as many requests open, or made today, as its quota allows.", Transient: true);

    /// <summary>The node or account belongs to somebody else.</summary>
    public static readonly RefusalCode NodeTaken =
        new("node_taken", "The node's name or account is another organisation's or another node's.");

    /// <summary>There is no such node.</summary>
    public static readonly RefusalCode UnknownNode = new("unknown_node", "No active node has this certificate or name.");

    /// <summary>The list is not newer than the last one, or its time is over.</summary>
    public static readonly RefusalCode CrlOld =
        new("crl_old", "The revocation list has no greater number than the last one, or its next update is past.");

    /// <summary>Too few validators would be left.</summary>
    public static readonly RefusalCode TooFewValidators =
        new("too_few_validators", "Fewer validators than the minimum would be left.");

    /// <summary>A revocation of this node is being voted on.</summary>
    public static readonly RefusalCode RevocationOpen =
        new("revocation_open", "A request to revoke this node is open already.");

    /// <summary>There is no such request.</summary>
    public static readonly RefusalCode UnknownRequest = new("unknown_request", "There is no request of this id.");

    /// <summary>A vote that does not count.</summary>
    public static readonly RefusalCode VoidVote =
        new("void_vote", "The vote does not count: its voter, its time, its subject or its form is not that of the request.");

    /// <summary>The two messages do not contradict each other.</summary>
    public static readonly RefusalCode NotEquivocation = new(
        "not_equivocation",
        "The two messages are not different signed messages of one key for one height, round and phase.");

    /// <summary>The two votes do not contradict each other.</summary>
    public static readonly RefusalCode NotContradiction = new(
        "not_contradiction", "The two transactions are not contradictory signed votes of one voter on one request.");

    /// <summary>The key was no validator's at that height.</summary>
    public static readonly RefusalCode UnknownValidator =
        new("unknown_validator", "No validator of that height, and no voter, has this key.");

    /// <summary>The evidence was brought before.</summary>
    public static readonly RefusalCode EvidenceKnown =
        new("evidence_known", "This evidence, or the suspension it leads to, is recorded already.");

    /// <summary>All of them, in order of precedence.</summary>
    public static IReadOnlyList<RefusalCode> All { get; } =
    [
        MalformedRequest, CertificatePolicy, KeyShared, PossessionFailed, NotGovernance, NotLinked, UnknownIssuer,
        QuotaExceeded, NodeTaken, UnknownNode, CrlOld, TooFewValidators, RevocationOpen, UnknownRequest, VoidVote,
        NotEquivocation, NotContradiction, UnknownValidator, EvidenceKnown,
    ];
}
