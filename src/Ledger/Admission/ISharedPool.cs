using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// The transactions that the admission servers of one node have verified and acknowledged and that are in no block yet, with what they claim: the only thing
/// that these servers share. It holds nothing secret and agreement relies on nothing in it. Safe for concurrent use, by several processes.
/// <b>Source:</b> kernel.md section 7.
/// </summary>
public interface ISharedPool
{
    /// <summary>The most transactions of one insertion.</summary>
    const int LargestInsertion = 512;

    /// <summary>
    /// Inserts each transaction that is absent, together with what it claims, in one step that all servers see at once; when it returns all that was inserted
    /// survives a crash.
    /// </summary>
    /// <param name="transactions">1 to <see cref="LargestInsertion"/>, no two with the same replay key.</param>
    /// <param name="attestation">The server's word that it verified all of them (<see cref="AdmissionAttestation"/>).</param>
    /// <param name="received">The server's clock.</param>
    /// <param name="cancellation">Gives up; what was inserted is then unknown.</param>
    /// <returns>What became of each, in their order.</returns>
    /// <exception cref="SharedPoolException">The pool cannot be reached or written; what was inserted is then unknown.</exception>
    Task<IReadOnlyList<SharedInsertion>> InsertAsync(
        IReadOnlyList<SharedTransaction> transactions, ReadOnlyMemory<byte> attestation, Timestamp received, CancellationToken cancellation);

    /// <summary>Reads on in the order of arrival.</summary>
    /// <param name="after">The arrival after which to begin; 0 for the first.</param>
    /// <param name="maximum">The most transactions.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="SharedPoolException">The pool cannot be reached.</exception>
    Task<SharedPage> ReadAsync(long after, int maximum, CancellationToken cancellation);

    /// <summary>Lets go of transactions that are final, refused or expired, and of what they claim; those that are gone already change nothing.</summary>
    /// <exception cref="SharedPoolException">The pool cannot be reached or written.</exception>
    Task RemoveAsync(IReadOnlyList<SharedEntry> entries, CancellationToken cancellation);

    /// <summary>Returns once something may have arrived, or after the longest wait.</summary>
    /// <exception cref="SharedPoolException">The pool cannot be reached.</exception>
    Task WaitAsync(TimeSpan longest, CancellationToken cancellation);
}

/// <summary>A verified transaction as it goes into the shared pool.</summary>
/// <param name="Id">The transaction.</param>
/// <param name="ReplayKey">Its (iss, jti): at most one transaction with it waits.</param>
/// <param name="ExpiresSeconds">Its <c>exp</c>, Unix seconds UTC.</param>
/// <param name="Bytes">As they came.</param>
/// <param name="Claims">What it will spend.</param>
public sealed record SharedTransaction(
    Digest<Transaction> Id, Digest<ReplayKey> ReplayKey, long ExpiresSeconds, ReadOnlyMemory<byte> Bytes, IReadOnlyList<SharedClaim> Claims);

/// <summary>So much of something that a waiting transaction holds.</summary>
/// <param name="Subject">A digest over the kind of the claim and its key.</param>
/// <param name="Amount">How much, at least 1.</param>
public readonly record struct Reservation(Digest<ClaimSubject> Subject, UInt128 Amount);

/// <summary>What a transaction wants to reserve, and how much there is by the server's state.</summary>
/// <param name="Wanted">The reservation.</param>
/// <param name="Capacity">All reservations of the subject together may not exceed it.</param>
public readonly record struct SharedClaim(Reservation Wanted, UInt128 Capacity);

/// <summary>What became of an insertion.</summary>
public enum SharedOutcome
{
    /// <summary>It waits from now on.</summary>
    Added = 1,

    /// <summary>It waits already: the same payload, whoever brought it and with whichever valid signature.</summary>
    Present = 2,

    /// <summary>Another transaction with the same (iss, jti) waits.</summary>
    Replayed = 3,

    /// <summary>The pool holds as many as it may.</summary>
    Full = 4,

    /// <summary>Others hold what it claims.</summary>
    Claimed = 5,
}

/// <summary>What became of one transaction of an insertion.</summary>
/// <param name="Outcome">What.</param>
/// <param name="Received">When it came first, of a transaction that waits: milliseconds since the Unix epoch, UTC.</param>
/// <param name="Claim">The claim of the transaction that found no room, from 0; where <see cref="SharedOutcome.Claimed"/>.</param>
public readonly record struct SharedInsertion(SharedOutcome Outcome, long Received = 0, int Claim = 0);

/// <summary>A transaction that waits in the shared pool.</summary>
/// <param name="Arrival">Its place in the order of arrival, at least 1.</param>
/// <param name="Bytes">The transaction.</param>
/// <param name="Holds">What it holds.</param>
public sealed record SharedEntry(long Arrival, ReadOnlyMemory<byte> Bytes, IReadOnlyList<Reservation> Holds);

/// <summary>A server's word for the transactions that it inserted together.</summary>
/// <param name="First">The first arrival.</param>
/// <param name="Last">The last arrival.</param>
/// <param name="Attestation">See <see cref="AdmissionAttestation"/>.</param>
public sealed record SharedAttestation(long First, long Last, ReadOnlyMemory<byte> Attestation);

/// <summary>Transactions of the shared pool with what their servers say of them.</summary>
/// <param name="Entries">In the order of arrival.</param>
/// <param name="Attestations">Those of the entries, in the order of arrival.</param>
public sealed record SharedPage(IReadOnlyList<SharedEntry> Entries, IReadOnlyList<SharedAttestation> Attestations);

/// <summary>The shared pool cannot be reached or written at present.</summary>
public sealed class SharedPoolException(string message, Exception? cause = null) : Exception(message, cause);
