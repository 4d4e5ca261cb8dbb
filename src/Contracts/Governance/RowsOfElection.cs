using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Governance;

/// <summary>Marker for a call for a pause: SHA-256 of contract, 0 and incident.</summary>
public sealed class PauseCall
{
    private PauseCall() { }
}

/// <summary>
/// Who called for a pause so far, table <c>governance.pause_calls</c>, key: <see cref="PauseCall"/>; stays
/// once it was in force, so that an incident pauses once. Bytes: in force 1, first 8, members.
/// </summary>
/// <param name="WasInForce">True once enough called.</param>
/// <param name="First">When the first one called.</param>
/// <param name="Members">Who called.</param>
public sealed record PauseCallRow(bool WasInForce, Timestamp First, IReadOnlyList<AccountId> Members)
    : IStateRow<PauseCallRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Bool(WasInForce);
        writer.Time(First);
        AccountList.Write(ref writer, Members);
    }

    /// <inheritdoc/>
    public static PauseCallRow Read(ref StateReader reader) =>
        new(reader.Bool(), reader.Time(), AccountList.Read(ref reader));
}

/// <summary>A pause in force, table <c>governance.pauses</c>, key: contract. Bytes: incident, until 8.</summary>
/// <param name="Incident">Why.</param>
/// <param name="Until">Its end.</param>
public sealed record PauseRow(string Incident, Timestamp Until) : IStateRow<PauseRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Text(Incident);
        writer.Time(Until);
    }

    /// <inheritdoc/>
    public static PauseRow Read(ref StateReader reader) => new(reader.Text(), reader.Time());
}

/// <summary>
/// When an account's tokens are burned unless it shows that it is used, table
/// <c>governance.reclaims</c>, key: account. Bytes: 8.
/// </summary>
/// <param name="BurnAt">The end of the notice.</param>
public readonly record struct ReclaimRow(Timestamp BurnAt) : IStateRow<ReclaimRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.Time(BurnAt);

    /// <inheritdoc/>
    public static ReclaimRow Read(ref StateReader reader) => new(reader.Time());
}

/// <summary>
/// Who stands, table <c>governance.nominations</c>, key: the lock subject of the nomination. Bytes:
/// candidate, node, nominator 32 each, stake 16, support 16, order 8.
/// </summary>
/// <param name="Candidate">Who stands.</param>
/// <param name="Node">With which node.</param>
/// <param name="Nominator">Whose stake it is.</param>
/// <param name="Stake">Units.</param>
/// <param name="Support">Units that support.</param>
/// <param name="Order">Earlier nominations have lower ones.</param>
public sealed record NominationRow(
    AccountId Candidate, AccountId Node, AccountId Nominator, UInt128 Stake, UInt128 Support, long Order)
    : IStateRow<NominationRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Candidate);
        writer.Account(Node);
        writer.Account(Nominator);
        writer.UInt128(Stake);
        writer.UInt128(Support);
        writer.Int64(Order);
    }

    /// <inheritdoc/>
    public static NominationRow Read(ref StateReader reader) =>
        new(reader.Account(), reader.Account(), reader.Account(), reader.UInt128(), reader.UInt128(), reader.Int64());
}

/// <summary>
/// A candidate's or a node's nomination, tables <c>governance.candidates</c> and
/// <c>governance.candidate_nodes</c>, key: account. Bytes: 32.
/// </summary>
/// <param name="Subject">The nomination.</param>
public readonly record struct NominationNameRow(Digest<LockSubject> Subject) : IStateRow<NominationNameRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.Digest(Subject);

    /// <inheritdoc/>
    public static NominationNameRow Read(ref StateReader reader) => new(reader.Digest<LockSubject>());
}

/// <summary>Names a member's support: nomination 32, account 32.</summary>
/// <param name="Subject">The nomination.</param>
/// <param name="Account">Who supports.</param>
public readonly record struct SupportKey(Digest<LockSubject> Subject, AccountId Account) : IStateKey<SupportKey>
{
    /// <inheritdoc/>
    public int CompareTo(SupportKey other) =>
        Subject.CompareTo(other.Subject) is not 0 and var order ? order : Account.CompareTo(other.Account);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Digest(Subject);
        writer.Account(Account);
    }

    /// <inheritdoc/>
    public static SupportKey Read(ref StateReader reader) => new(reader.Digest<LockSubject>(), reader.Account());
}
