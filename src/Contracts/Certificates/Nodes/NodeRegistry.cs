using System.Diagnostics.CodeAnalysis;
using System.Text;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>A node as its peers need it.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Account">Its account, by which peers name each other.</param>
/// <param name="Endpoint">Where it is reached; may be empty.</param>
/// <param name="Certificate">SHA-256 of its TLS certificate; unset where it has none.</param>
public sealed record LinkedNode(string Node, AccountId Account, string Endpoint, Digest<OrganisationCertificate> Certificate);

/// <summary>
/// The members' registry: which node is admitted, with which keys, as of any height. The trust anchor of
/// connections and the source of the validators. <b>Source:</b> US11070381 and family; RFC 7250 and
/// RFC 8705 for certificates known by their digest.
/// </summary>
public sealed partial class NodeRegistry
{
    private static readonly TextKey Only = new("");

    private readonly AccountsContract accounts;
    private readonly Func<Digest<PublicKey>, bool> isOrganisationsKey;
    private HistoryTable<TextKey, NodeRow> nodes = null!;
    private Table<TextKey, Presence> linked = null!;
    private Table<AccountKey, NodeNameRow> byAccount = null!;
    private Table<DigestKey<OrganisationCertificate>, NodeNameRow> byCertificate = null!;
    private Table<DigestKey<PublicKey>, NodeKeyRow> keys = null!;
    private Table<TextKey, ValidatorListRow> validators = null!;
    private Table<TextKey, NodeParametersRow> parameters = null!;

    internal NodeRegistry(AccountsContract accounts, Func<Digest<PublicKey>, bool> isOrganisationsKey)
    {
        this.accounts = accounts;
        this.isOrganisationsKey = isOrganisationsKey;
    }

    /// <summary>By what the members decide at present.</summary>
    public NodeParameters Parameters => parameters.TryGet(Only, out var row) ? row.Parameters : NodeParameters.Default;

    /// <summary>The validators that the state wants, ordered by account; the same object while nothing changes.</summary>
    public IReadOnlyList<Validator> Validators => validators.TryGet(Only, out var row) ? row.Validators : [];

    /// <summary>How many validators and peers are active.</summary>
    public int LinkedCount => linked.Count;

    internal void Register(ContractRegistration registration)
    {
        nodes = registration.HistoryTable<TextKey, NodeRow>("nodes", ordered: true);
        linked = registration.Table<TextKey, Presence>("linked_nodes", ordered: true);
        byAccount = registration.Table<AccountKey, NodeNameRow>("node_accounts");
        byCertificate = registration.Table<DigestKey<OrganisationCertificate>, NodeNameRow>("node_certificates");
        keys = registration.Table<DigestKey<PublicKey>, NodeKeyRow>("node_keys");
        validators = registration.Table<TextKey, ValidatorListRow>("validators");
        parameters = registration.Table<TextKey, NodeParametersRow>("node_parameters");
        registration.Timer(ExpiryTimer, Expire);
        registration.Timer(WarningTimer, Warn);
    }

    /// <summary>The node's present entry, whatever its status.</summary>
    public bool TryGet(string node, [NotNullWhen(true)] out NodeRow? row) => nodes.TryGet(new TextKey(node), out row);

    /// <summary>The node's entry at the end of the block of that height.</summary>
    public bool TryGetAt(string node, long height, [NotNullWhen(true)] out NodeRow? row) =>
        nodes.TryGetAt(new TextKey(node), height, out row);

    /// <summary>Present entries in the order of their ids.</summary>
    /// <param name="from">The smallest id wanted; empty for the first.</param>
    /// <param name="limit">At least 1.</param>
    public IReadOnlyList<KeyValuePair<TextKey, NodeRow>> List(string from, int limit) => nodes.From(new TextKey(from), limit);

    /// <summary>The node of this account, whatever its status.</summary>
    public bool TryFindByAccount(AccountId account, [NotNullWhen(true)] out string? node, [NotNullWhen(true)] out NodeRow? row)
    {
        row = null;
        node = byAccount.TryGet(new AccountKey(account), out var name) ? name.Node : null;
        return node is not null && TryGet(node, out row);
    }

    /// <summary>
    /// The active node that presents exactly this certificate: what a connection's certificate is
    /// checked with, whoever signed it. Asked again after every block, since a change of status closes sessions.
    /// </summary>
    /// <param name="certificate">SHA-256 of the certificate's DER.</param>
    /// <param name="node">The node.</param>
    /// <returns>False if no active entry has it now: <c>peer_not_admitted</c>.</returns>
    public bool TryFindByTlsCertificate(
        Digest<OrganisationCertificate> certificate, [NotNullWhen(true)] out LinkedNode? node)
    {
        node = null;
        if (!byCertificate.TryGet(new DigestKey<OrganisationCertificate>(certificate), out var name)
            || !TryGet(name.Node, out var row) || row.Status != NodeStatus.Active || row.Certificate != certificate)
            return false;
        node = new LinkedNode(name.Node, row.Account, row.Endpoint, row.Certificate);
        return true;
    }

    /// <summary>The active validators and peers, in the order of their ids.</summary>
    public IReadOnlyList<LinkedNode> Peers()
    {
        var found = new List<LinkedNode>(linked.Count);
        if (linked.Count > 0)
            foreach (var (key, _) in linked.From(Only, linked.Count))
                if (TryGet(key.Text, out var row))
                    found.Add(new LinkedNode(key.Text, row.Account, row.Endpoint, row.Certificate));
        return found;
    }

    /// <summary>
    /// Why transactions that this account signs are refused: its node was revoked (<c>certificate_revoked</c>), or is suspended until the members
    /// decide (<c>account_frozen</c>). The vote of a suspended one is let in, to be told that it is void.
    /// </summary>
    public RefusalCode? BarOf(AccountId account, string action) => !TryFindByAccount(account, out _, out var row) ? null : row.Status switch
    {
        NodeStatus.Revoked => CertificatesRefusals.CertificateRevoked,
        NodeStatus.Suspended when action != Ballots.VoteAction => TransactionRefusals.AccountFrozen,
        _ => null,
    };

    /// <summary>Why nothing is sent to this account: its node was revoked. What a frozen one is sent waits for it.</summary>
    public RefusalCode? BarOfRecipient(AccountId account) =>
        TryFindByAccount(account, out _, out var row) && row.Status == NodeStatus.Revoked
            ? CertificatesRefusals.CertificateRevoked
            : null;

    /// <summary>True if the key stands or stood in an entry, or stands in an open request.</summary>
    internal bool HasKey(Digest<PublicKey> thumbprint) => keys.Contains(new DigestKey<PublicKey>(thumbprint));

    /// <summary>The node that has or had this certificate, or null.</summary>
    internal string? NodeOf(Digest<OrganisationCertificate> certificate) =>
        byCertificate.TryGet(new DigestKey<OrganisationCertificate>(certificate), out var row) ? row.Node : null;

    internal bool IsActiveAccount(AccountId account) =>
        TryFindByAccount(account, out _, out var row) && row.Status == NodeStatus.Active;

    /// <summary>
    /// True if a validator of a request's height may vote: it was not put out since. One whose certificate ran out may, or a ledger of one
    /// validator could never renew it.
    /// </summary>
    internal bool MayVote(AccountId account) =>
        TryFindByAccount(account, out _, out var row) && row.Status is (NodeStatus.Active or NodeStatus.Expired);

    /// <summary>True if the account asks for a successor to its own entry, which ran out.</summary>
    internal bool IsExpiredAccount(AccountId account) =>
        TryFindByAccount(account, out _, out var row) && row.Status == NodeStatus.Expired;

    /// <summary>True if the validators without this one weigh less than a quorum of all.</summary>
    internal bool IsNeededForQuorum(AccountId account) =>
        Validators.FirstOrDefault(validator => validator.Account == account) is { } one
        && one.Weight > (Validators.Sum(validator => validator.Weight) - 1) / 3;

    /// <summary>How many validators would be left without this one.</summary>
    internal bool WouldLeaveTooFew(params IReadOnlyCollection<AccountId> leaving) =>
        Validators.Any(validator => leaving.Contains(validator.Account))
        && Validators.Count(validator => !leaving.Contains(validator.Account)) < Parameters.MinimumValidators;

    /// <summary>
    /// Why a key cannot stand in an entry: it is an account's or an organisation's (<c>key_shared</c>), or it stands or stood in an entry or
    /// stands in a request (<c>key_reused</c>).
    /// </summary>
    internal RefusalCode? FaultOf(PublicKey key, AccountId account)
    {
        var thumbprint = key.Thumbprint;
        if (accounts.StandingOf(new AccountId(thumbprint)) != AccountStanding.Unknown
            || accounts.TryGetActiveKey(account, thumbprint, out _) || isOrganisationsKey(thumbprint))
            return NodeRefusals.KeyShared;
        return HasKey(thumbprint) ? CertificatesRefusals.KeyReused : null;
    }

    internal void ReserveKey(PublicKey key, string node, string request) =>
        keys.Set(new DigestKey<PublicKey>(key.Thumbprint), new NodeKeyRow(node, request));

    internal void ReleaseKey(PublicKey key, string request)
    {
        var name = new DigestKey<PublicKey>(key.Thumbprint);
        if (keys.TryGet(name, out var row) && row.Request == request)
            keys.Remove(name);
    }

    /// <summary>Puts an entry in the place of the node's former one; the validators follow.</summary>
    internal void Store(ExecutionContext context, string node, NodeRow row)
    {
        var name = new TextKey(node);
        if (nodes.TryGet(name, out var former))
            CancelTimers(context, node, former);
        nodes.Set(name, row);
        byAccount.Set(new AccountKey(row.Account), new NodeNameRow(node));
        if (!row.Certificate.IsUnset)
            byCertificate.Set(new DigestKey<OrganisationCertificate>(row.Certificate), new NodeNameRow(node));
        foreach (var key in (ReadOnlySpan<PublicKey>)[row.TlsKey, row.ConsensusKey, row.VrfKey])
            if (!key.IsUnset)
                ReserveKey(key, node, "");
        ScheduleTimers(context, node, row);
        Follow(context, node, row, row.IsValidator || former is { IsValidator: true });
    }

    /// <summary>Changes how an entry stands; the validators follow.</summary>
    internal void SetStatus(ExecutionContext context, string node, NodeRow row, NodeStatus status, string decision)
    {
        var changed = row with { Status = status, Since = context.Height, Decision = decision };
        nodes.Set(new TextKey(node), changed);
        Follow(context, node, changed, row.IsValidator);
    }

    private void Follow(ExecutionContext context, string node, NodeRow row, bool concernsValidators)
    {
        if (row.IsLinked)
            linked.Set(new TextKey(node), default);
        else
            linked.Remove(new TextKey(node));
        if (concernsValidators)
            RefreshValidators(context);
    }

    // Whoever is active validates. Where that is fewer than the minimum, those whose time is over stay, then those
    // whom evidence suspended, until others are admitted; whom the members revoked never does.
    private void RefreshValidators(ExecutionContext context)
    {
        var wanted = new List<Validator>();
        if (linked.Count > 0)
            foreach (var (key, _) in linked.From(Only, linked.Count))
                if (TryGet(key.Text, out var row) && row.IsValidator)
                    wanted.Add(ValidatorOf(row));
        var present = Validators;
        var minimum = Math.Max(1, Parameters.MinimumValidators);
        foreach (var status in (ReadOnlySpan<NodeStatus>)[NodeStatus.Expired, NodeStatus.Suspended])
            foreach (var validator in present)
                if (wanted.Count < minimum && TryFindByAccount(validator.Account, out _, out var row)
                    && row.Status == status && row.IsValidator)
                    wanted.Add(ValidatorOf(row));
        Invariant.Require(wanted.Count > 0, "a ledger has a validator");
        wanted.Sort((left, right) => left.Account.CompareTo(right.Account));
        if (wanted.SequenceEqual(present))
            return;
        validators.Set(Only, new ValidatorListRow(wanted));
        if (!context.IsGenesis)
            context.Emit("certificates.validators_changed", ("count", Text.Of(wanted.Count)),
                ("weight", Text.Of(wanted.Sum(validator => validator.Weight))), ("in_force", Text.Of(context.Height + 2)));
    }

    private static Validator ValidatorOf(NodeRow row) =>
        new(row.Organisation, row.Account, row.ConsensusKey, row.VrfKey, row.Weight);

    private static byte[] TimerId(string node) => Encoding.ASCII.GetBytes(node);
}
