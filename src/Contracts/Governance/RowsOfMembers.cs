using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Governance;

/// <summary>
/// Whose members vote, each once: table <c>governance.memberships</c>, key: scene; and as it was when a proposal was
/// made, table <c>governance.electorates</c>, key: <see cref="ProposalId"/>. No row: tokens vote. Bytes: 32, 4.
/// </summary>
/// <param name="Issuer">The association's account, whose keys sign the credentials.</param>
/// <param name="Members">How many members there are: what percentages are of.</param>
public readonly record struct ElectorateRow(AccountId Issuer, uint Members) : IStateRow<ElectorateRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Issuer);
        writer.UInt32(Members);
    }

    /// <inheritdoc/>
    public static ElectorateRow Read(ref StateReader reader) => new(reader.Account(), reader.UInt32());
}

/// <summary>Names a spent nullifier: proposal 16, nullifier 32.</summary>
/// <param name="Proposal">The proposal.</param>
/// <param name="Nullifier">The nullifier.</param>
public readonly record struct NullifierKey(ProposalId Proposal, Digest<VrfOutput> Nullifier) : IStateKey<NullifierKey>
{
    /// <inheritdoc/>
    public int CompareTo(NullifierKey other) =>
        Proposal.CompareTo(other.Proposal) is not 0 and var order ? order : Nullifier.CompareTo(other.Nullifier);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        Proposal.Write(ref writer);
        writer.Digest(Nullifier);
    }

    /// <inheritdoc/>
    public static NullifierKey Read(ref StateReader reader) =>
        new(ProposalId.Read(ref reader), reader.Digest<VrfOutput>());
}
