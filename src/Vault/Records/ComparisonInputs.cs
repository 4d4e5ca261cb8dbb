using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Vault.Records;

/// <summary>An anchor as the client proved it.</summary>
/// <param name="Content">What is anchored.</param>
/// <param name="Issuers">The accounts that anchored and signed it.</param>
/// <param name="Keys">Their keys as of the anchored height.</param>
public sealed record ProvedAnchor(AnchorContent Content, IReadOnlyList<Digest<PublicKey>> Issuers, AccountKeyResolver Keys);

/// <summary>All that a client fetched about one record.</summary>
/// <typeparam name="TNet">What the digest of genesis is a digest of.</typeparam>
public sealed class ComparisonInputs<TNet>
{
    /// <summary>The ledger: the digest of its genesis.</summary>
    public required Digest<TNet> Net { get; init; }

    /// <summary>The record.</summary>
    public required Digest<VaultRecord> Rid { get; init; }

    /// <summary>The version asked for; null for the current one.</summary>
    public long? AskedVersion { get; init; }

    /// <summary>The current version by a proof against the last checkpoint; null where absence was proved.</summary>
    public required long? CurrentVersion { get; init; }

    /// <summary>
    /// The anchors proved: of the version asked for and, where the server returned another, of that one
    /// (<see cref="RecordComparison.ReturnedVersion"/>). A version that is not in the list is taken as not anchored.
    /// </summary>
    public required IReadOnlyList<ProvedAnchor> Anchors { get; init; }

    /// <summary>What the server answered.</summary>
    public required OriginalAnswer Original { get; init; }

    /// <summary>What the vault answered.</summary>
    public required CiphertextAnswer Ciphertext { get; init; }

    /// <summary>The reader's decryption key; null if it is no recipient.</summary>
    public IAgreementKey? Key { get; init; }
}
