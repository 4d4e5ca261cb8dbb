using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>What a node is admitted for. The numbers are those of the tables' bytes.</summary>
[Flags]
public enum NodeRoles
{
    /// <summary>Nothing; no entry has it.</summary>
    None = 0,

    /// <summary>Votes for blocks; <c>validator</c> on the wire.</summary>
    Validator = 1,

    /// <summary>Follows the ledger and is connected to its nodes; <c>peer</c> on the wire.</summary>
    Peer = 2,

    /// <summary>Sends transactions; <c>client</c> on the wire.</summary>
    Client = 4,

    /// <summary>A machine; <c>device</c> on the wire.</summary>
    Device = 8,
}

/// <summary>How a node's entry stands. The numbers are those of the tables' bytes.</summary>
public enum NodeStatus
{
    /// <summary>No entry.</summary>
    Unset = 0,

    /// <summary>Admitted and in force.</summary>
    Active = 1,

    /// <summary>Put out by evidence until the members decide.</summary>
    Suspended = 2,

    /// <summary>Put out by a decision or by its authority's list.</summary>
    Revoked = 3,

    /// <summary>Its certificate's time is over.</summary>
    Expired = 4,
}

/// <summary>
/// A node's entry, history table <c>certificates.nodes</c>, key: the node's id as text. Bytes in the
/// order of the members: texts with their length 4, account 32, roles 1, version 4, digest 32, keys
/// 3 × 64 (zeros: none), weight 8, times 8 each in milliseconds, status 1, height 8.
/// </summary>
/// <param name="Organisation">Who runs it, as its certificate has it.</param>
/// <param name="Account">Signs its transactions, votes and acknowledgements.</param>
/// <param name="Roles">What it is admitted for.</param>
/// <param name="Version">1 for the first certificate, one more with each renewal.</param>
/// <param name="Certificate">SHA-256 of its TLS certificate's DER; unset for a validator of a genesis document
/// that names no certificates.</param>
/// <param name="TlsKey">The certified key, or unset.</param>
/// <param name="ConsensusKey">Signs proposals and votes; unset for other roles.</param>
/// <param name="VrfKey">Makes the blocks' randomness; unset for other roles.</param>
/// <param name="Endpoint">Where it is reached, <c>host:port</c>; may be empty.</param>
/// <param name="Weight">Its vote's weight; 0 for other roles.</param>
/// <param name="NotBefore">The first moment of validity.</param>
/// <param name="NotAfter">The last second of validity.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Since">The height of the block since which it stands so.</param>
/// <param name="Decision">What made it so: a request's id, <c>genesis</c>, <c>governance</c>, <c>expiry</c>, or the id of the
/// transaction that brought evidence.</param>
/// <param name="Authority">The recognised authority that certified it; unset where the vote itself did.</param>
/// <param name="Serial">The certificate's serial number in lower-case hexadecimal digits where an authority made it.</param>
public sealed record NodeRow(
    string Organisation,
    AccountId Account,
    NodeRoles Roles,
    int Version,
    Digest<OrganisationCertificate> Certificate,
    PublicKey TlsKey,
    PublicKey ConsensusKey,
    PublicKey VrfKey,
    string Endpoint,
    long Weight,
    Timestamp NotBefore,
    Timestamp NotAfter,
    NodeStatus Status,
    long Since,
    string Decision,
    AccountId Authority,
    string Serial) : IStateRow<NodeRow>
{
    /// <summary>The end of a validity that has none. <b>Source:</b> RFC 5280 section 4.1.2.5.</summary>
    public static Timestamp Never { get; } = new(253_402_300_799_000);

    /// <summary>True if it validates or would if it were in force.</summary>
    public bool IsValidator => (Roles & NodeRoles.Validator) != 0;

    /// <summary>True if it is connected to the other nodes.</summary>
    public bool IsLinked => Status == NodeStatus.Active && (Roles & (NodeRoles.Validator | NodeRoles.Peer)) != 0;

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Text(Organisation);
        writer.Account(Account);
        writer.Byte((byte)Roles);
        writer.UInt32((uint)Version);
        writer.Digest(Certificate);
        writer.PublicKey(TlsKey);
        writer.PublicKey(ConsensusKey);
        writer.PublicKey(VrfKey);
        writer.Text(Endpoint);
        writer.Int64(Weight);
        writer.Time(NotBefore);
        writer.Time(NotAfter);
        writer.Byte((byte)Status);
        writer.Int64(Since);
        writer.Text(Decision);
        writer.Account(Authority);
        writer.Text(Serial);
    }

    /// <inheritdoc/>
    public static NodeRow Read(ref StateReader reader) =>
        new(reader.Text(), reader.Account(), (NodeRoles)reader.Byte(), (int)reader.UInt32(),
            reader.Digest<OrganisationCertificate>(), reader.PublicKey(), reader.PublicKey(), reader.PublicKey(),
            reader.Text(), reader.Int64(), reader.Time(), reader.Time(), (NodeStatus)reader.Byte(), reader.Int64(),
            reader.Text(), reader.Account(), reader.Text());
}

/// <summary>
/// The id of a node: tables <c>certificates.node_accounts</c> under its account and
/// <c>certificates.node_certificates</c> under its certificate's digest. Bytes: length 4 and UTF-8.
/// </summary>
/// <param name="Node">The node's id.</param>
public sealed record NodeNameRow(string Node) : IStateRow<NodeNameRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.Text(Node);

    /// <inheritdoc/>
    public static NodeNameRow Read(ref StateReader reader) => new(reader.Text());
}

/// <summary>
/// A key that stands or stood in an entry, or in a request that is open: table
/// <c>certificates.node_keys</c>, key: its thumbprint. Bytes: two texts with their length 4.
/// </summary>
/// <param name="Node">The node's id.</param>
/// <param name="Request">The open request; empty once an entry had the key.</param>
public sealed record NodeKeyRow(string Node, string Request) : IStateRow<NodeKeyRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Text(Node);
        writer.Text(Request);
    }

    /// <inheritdoc/>
    public static NodeKeyRow Read(ref StateReader reader) => new(reader.Text(), reader.Text());
}

/// <summary>
/// The validators that the registry wants, table <c>certificates.validators</c>, one row under the
/// empty text. Bytes: count 4, then for each name, account 32, consensus key 64, VRF key 64, weight 8.
/// </summary>
/// <param name="Validators">At least one, ordered by account.</param>
public sealed record ValidatorListRow(IReadOnlyList<Validator> Validators) : IStateRow<ValidatorListRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.UInt32((uint)Validators.Count);
        foreach (var validator in Validators)
        {
            writer.Text(validator.Name);
            writer.Account(validator.Account);
            writer.PublicKey(validator.ConsensusKey);
            writer.PublicKey(validator.VrfKey);
            writer.Int64(validator.Weight);
        }
    }

    /// <inheritdoc/>
    public static ValidatorListRow Read(ref StateReader reader)
    {
        var validators = new List<Validator>();
        for (var left = reader.UInt32(); left > 0; left--)
            validators.Add(new Validator(reader.Text(), reader.Account(), reader.PublicKey(), reader.PublicKey(), reader.Int64()));
        return new ValidatorListRow(validators);
    }
}
