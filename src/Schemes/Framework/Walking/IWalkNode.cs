using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Schemes.Walking;

/// <summary>The node that is walked against, as the host lends it: a sandbox of its own.</summary>
public interface IWalkNode
{
    /// <summary>Where it answers.</summary>
    Uri Address { get; }

    /// <summary>Keeps the messages of parties and, where the node lends its roles to it, theirs.</summary>
    WalkRecorder Recorder { get; }

    /// <summary>The key store of the ledger's operator, whose account exists since genesis and may sponsor others; a fresh handle, the caller disposes it.</summary>
    IKeyStore OpenOperatorKeys();

    /// <summary>The name of the operator's signing key in that store.</summary>
    string OperatorKeyName { get; }

    /// <summary>A digest over the content of all tables but those of replay and randomness, as of the last block.</summary>
    Digest<LedgerState> StateDigest();

    /// <summary>The last height, and how many transactions and pieces of due work stand in all blocks.</summary>
    (long Height, long Transactions) Extent();

    /// <summary>The nodes of the sandbox, validators first; the first is the one that is walked against.</summary>
    IReadOnlyList<WalkedNode> Nodes { get; }

    /// <summary>The key store of a node; a fresh handle, the caller disposes it.</summary>
    /// <param name="index">The node, from 0.</param>
    IKeyStore OpenNodeKeys(int index);

    /// <summary>Stops a node other than the first.</summary>
    Task StopNodeAsync(int index);

    /// <summary>Starts a node that was stopped.</summary>
    Task StartNodeAsync(int index, CancellationToken cancellation);
}

/// <summary>A node of the sandbox as everybody may see it.</summary>
/// <param name="Name">Its name in diagrams: <c>node1</c>, <c>node2</c>, ….</param>
/// <param name="Address">Where it answers clients.</param>
/// <param name="PeerEndpoint">Where other nodes reach it, <c>host:port</c>.</param>
/// <param name="Identity">What it is, or would be, as a validator.</param>
/// <param name="Certificate">The TLS certificate that it shows other nodes; null where it is alone.</param>
/// <param name="IsValidator">True if the ledger began with it.</param>
public sealed record WalkedNode(
    string Name, Uri Address, string PeerEndpoint, Validator Identity, OrganisationCertificate? Certificate, bool IsValidator);
