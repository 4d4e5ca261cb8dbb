using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Governance;

/// <summary>Where a proposal stands. The numbers are those of the tables' bytes.</summary>
public enum ProposalState
{
    /// <summary>Votes are taken.</summary>
    Voting = 1,

    /// <summary>It waits for its time.</summary>
    Passed = 2,

    /// <summary>It did not pass.</summary>
    Rejected = 3,

    /// <summary>Its proposer took it back.</summary>
    Cancelled = 4,

    /// <summary>Its action was done.</summary>
    Executed = 5,

    /// <summary>Its action was refused; it may be set again once.</summary>
    Failed = 6,
}

/// <summary>What is voted. The numbers are those of the tables' bytes.</summary>
public enum VoteOption
{
    /// <summary>For it.</summary>
    Yes = 1,

    /// <summary>Against it.</summary>
    No = 2,

    /// <summary>Counts for the quorum only.</summary>
    Abstain = 3,

    /// <summary>Against it, and against its deposit.</summary>
    Spam = 4,
}

/// <summary>
/// What was proposed, table <c>governance.proposals</c>, key: <see cref="ProposalId"/>. Never changes.
/// Bytes: proposer 32, scene, title, text digest 32, annex 32 (zeros: none), replaces 16 (zeros: none),
/// percent 1, stop 8, trigger time 8, act, arg, number of reads 4, each table and key; precondition 32.
/// </summary>
/// <param name="Proposer">Who proposed.</param>
/// <param name="Scene">The scene.</param>
/// <param name="Title">For people.</param>
/// <param name="TextDigest">The public text.</param>
/// <param name="Annex">A confidential annex, or unset.</param>
/// <param name="Replaces">What it amends, or unset.</param>
/// <param name="MinVotePercent">The share of the supply that passes it.</param>
/// <param name="Stop">The end of voting.</param>
/// <param name="TriggerTime">When it takes effect.</param>
/// <param name="Act">The action.</param>
/// <param name="Argument">Its argument, JSON.</param>
/// <param name="Reads">The rows it rests on.</param>
/// <param name="Precondition">The digest of their values when it was proposed.</param>
public sealed record ProposalRow(
    AccountId Proposer,
    string Scene,
    string Title,
    Digest<Attachment> TextDigest,
    Digest<Attachment> Annex,
    ProposalId Replaces,
    int MinVotePercent,
    Timestamp Stop,
    Timestamp TriggerTime,
    string Act,
    string Argument,
    IReadOnlyList<RowName> Reads,
    Digest<LedgerState> Precondition)
    : IStateRow<ProposalRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Proposer);
        writer.Text(Scene);
        writer.Text(Title);
        writer.Digest(TextDigest);
        writer.Digest(Annex);
        Replaces.Write(ref writer);
        writer.Byte((byte)MinVotePercent);
        writer.Time(Stop);
        writer.Time(TriggerTime);
        writer.Text(Act);
        writer.Text(Argument);
        writer.UInt32((uint)Reads.Count);
        foreach (var read in Reads)
        {
            writer.Text(read.Table);
            writer.Text(read.Key);
        }
        writer.Digest(Precondition);
    }

    /// <inheritdoc/>
    public static ProposalRow Read(ref StateReader reader) =>
        new(reader.Account(), reader.Text(), reader.Text(), reader.Digest<Attachment>(),
            reader.Digest<Attachment>(), ProposalId.Read(ref reader), reader.Byte(), reader.Time(), reader.Time(),
            reader.Text(), reader.Text(), ReadNames(ref reader), reader.Digest<LedgerState>());

    private static RowName[] ReadNames(ref StateReader reader)
    {
        var names = new RowName[StateList.Count(ref reader, 8)];
        for (var index = 0; index < names.Length; index++)
            names[index] = new RowName(reader.Text(), reader.Text());
        return names;
    }
}

/// <summary>
/// How a proposal stands, table <c>governance.ballots</c>, key: <see cref="ProposalId"/>. Bytes: state 1,
/// yes, no, abstain, spam, deposit 16 each, entries 4, due 8, failed at 8, requeued 1, failure code.
/// </summary>
/// <param name="State">Where it stands.</param>
/// <param name="Yes">Units for it.</param>
/// <param name="No">Units against it, without spam.</param>
/// <param name="Abstain">Units that abstain.</param>
/// <param name="Spam">Units that call it spam.</param>
/// <param name="Deposit">What its proposer locked.</param>
/// <param name="Entries">How many owners' tokens were voted.</param>
/// <param name="Due">When its action runs.</param>
/// <param name="FailedAt">When its action was refused; the epoch if it was not.</param>
/// <param name="IsRequeued">True once it was set again.</param>
/// <param name="FailureCode">Why its action was refused; empty if it was not.</param>
public sealed record BallotRow(
    ProposalState State,
    UInt128 Yes,
    UInt128 No,
    UInt128 Abstain,
    UInt128 Spam,
    UInt128 Deposit,
    uint Entries,
    Timestamp Due,
    Timestamp FailedAt,
    bool IsRequeued,
    string FailureCode)
    : IStateRow<BallotRow>
{
    /// <summary>All units that were voted.</summary>
    public UInt128 Cast => Yes + No + Abstain + Spam;

    /// <summary>The same with so many units of an option more.</summary>
    public BallotRow Plus(VoteOption option, UInt128 units) => option switch
    {
        VoteOption.Yes => this with { Yes = checked(Yes + units) },
        VoteOption.No => this with { No = checked(No + units) },
        VoteOption.Abstain => this with { Abstain = checked(Abstain + units) },
        _ => this with { Spam = checked(Spam + units) },
    };

    /// <summary>The same with so many units of an option less.</summary>
    public BallotRow Minus(VoteOption option, UInt128 units) => option switch
    {
        VoteOption.Yes => this with { Yes = checked(Yes - units) },
        VoteOption.No => this with { No = checked(No - units) },
        VoteOption.Abstain => this with { Abstain = checked(Abstain - units) },
        _ => this with { Spam = checked(Spam - units) },
    };

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Byte((byte)State);
        writer.UInt128(Yes);
        writer.UInt128(No);
        writer.UInt128(Abstain);
        writer.UInt128(Spam);
        writer.UInt128(Deposit);
        writer.UInt32(Entries);
        writer.Time(Due);
        writer.Time(FailedAt);
        writer.Bool(IsRequeued);
        writer.Text(FailureCode);
    }

    /// <inheritdoc/>
    public static BallotRow Read(ref StateReader reader) =>
        new((ProposalState)reader.Byte(), reader.UInt128(), reader.UInt128(), reader.UInt128(), reader.UInt128(),
            reader.UInt128(), reader.UInt32(), reader.Time(), reader.Time(), reader.Bool(), reader.Text());
}

/// <summary>Names an entry: proposal 16, owner 32.</summary>
/// <param name="Proposal">The proposal.</param>
/// <param name="Owner">Whose tokens.</param>
public readonly record struct VoteKey(ProposalId Proposal, AccountId Owner) : IStateKey<VoteKey>
{
    /// <inheritdoc/>
    public int CompareTo(VoteKey other) =>
        Proposal.CompareTo(other.Proposal) is not 0 and var order ? order : Owner.CompareTo(other.Owner);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        Proposal.Write(ref writer);
        writer.Account(Owner);
    }

    /// <inheritdoc/>
    public static VoteKey Read(ref StateReader reader) => new(ProposalId.Read(ref reader), reader.Account());
}

/// <summary>
/// An entry of a running vote, table <c>governance.votes</c>, key: <see cref="VoteKey"/>; cleared after the
/// count. Bytes: option 1, units 16, voter 32.
/// </summary>
/// <param name="Option">What.</param>
/// <param name="Units">How much.</param>
/// <param name="Voter">Who voted: the owner or its delegate.</param>
public readonly record struct VoteRow(VoteOption Option, UInt128 Units, AccountId Voter) : IStateRow<VoteRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Byte((byte)Option);
        writer.UInt128(Units);
        writer.Account(Voter);
    }

    /// <inheritdoc/>
    public static VoteRow Read(ref StateReader reader) =>
        new((VoteOption)reader.Byte(), reader.UInt128(), reader.Account());
}

/// <summary>Names an account in a scene: account 32, scene.</summary>
/// <param name="Account">The account.</param>
/// <param name="Scene">The scene.</param>
public readonly record struct SceneAccountKey(AccountId Account, string Scene) : IStateKey<SceneAccountKey>
{
    /// <inheritdoc/>
    public int CompareTo(SceneAccountKey other) => Account.CompareTo(other.Account) is not 0 and var order
        ? order
        : string.CompareOrdinal(Scene, other.Scene);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Account);
        writer.Text(Scene);
    }

    /// <inheritdoc/>
    public static SceneAccountKey Read(ref StateReader reader) => new(reader.Account(), reader.Text());
}

/// <summary>
/// Who votes for the key's account, table <c>governance.delegations</c>, key:
/// <see cref="SceneAccountKey"/>. Bytes: delegate 32, until 8.
/// </summary>
/// <param name="To">The delegate.</param>
/// <param name="Until">The end.</param>
public readonly record struct DelegationRow(AccountId To, Timestamp Until) : IStateRow<DelegationRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(To);
        writer.Time(Until);
    }

    /// <inheritdoc/>
    public static DelegationRow Read(ref StateReader reader) => new(reader.Account(), reader.Time());
}

/// <summary>
/// How many delegate to the key's account, table <c>governance.delegates</c>, key:
/// <see cref="SceneAccountKey"/>. Bytes: 4.
/// </summary>
/// <param name="Count">At least 1.</param>
public readonly record struct CountRow(uint Count) : IStateRow<CountRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.UInt32(Count);

    /// <inheritdoc/>
    public static CountRow Read(ref StateReader reader) => new(reader.UInt32());
}
