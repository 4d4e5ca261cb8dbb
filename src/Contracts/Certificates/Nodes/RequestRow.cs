using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>What a request asks for. The numbers are those of the tables' bytes.</summary>
public enum RequestKind
{
    /// <summary>Unset.</summary>
    None = 0,

    /// <summary>A node's entry: linking or renewal.</summary>
    Link = 1,

    /// <summary>That an authority is recognised.</summary>
    Recognition = 2,

    /// <summary>That an authority is no longer recognised.</summary>
    Dismissal = 3,

    /// <summary>A node's certificate written by an authority.</summary>
    Certificate = 4,

    /// <summary>An authority's revocation list.</summary>
    List = 5,

    /// <summary>That a node is put out.</summary>
    Revocation = 6,
}

/// <summary>A voter of a request.</summary>
/// <param name="Account">The validator's account.</param>
/// <param name="Weight">Its weight at the request's height.</param>
/// <param name="Checks">The checks that are its part.</param>
public readonly record struct CommitteeMember(AccountId Account, long Weight, CheckSet Checks);

/// <summary>
/// A request and its decision, kept for ever: table <c>certificates.requests</c>, key: the request's id as text.
/// Bytes in the order of the members: kind 1, account 32, digest 32, texts with their length 4, height 8, time
/// 8, seed 32, the rules (rule 1, five numbers of 8, required checks 1, two fractions of 2 × 4), the number of
/// members 4 and each member's account 32, weight 8 and checks 1, the message with its length 4, votes 4,
/// verdict 1, messages 8, approvals 8, decided height 8, reason with its length 4.
/// </summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Sponsor">Who made it.</param>
/// <param name="Subject">What is voted on: a certificate's, list's or target's digest.</param>
/// <param name="Node">The node that it is about, or empty.</param>
/// <param name="Height">H0: electorate and weights are those of this height.</param>
/// <param name="Close">When the window closes, block time.</param>
/// <param name="Seed">What the committee and the parts were drawn from.</param>
/// <param name="Rules">By what it is decided.</param>
/// <param name="Committee">Who votes.</param>
/// <param name="Message">The request's message as compact JSON.</param>
/// <param name="Votes">How many have voted.</param>
/// <param name="Verdict">The decision.</param>
/// <param name="Messages">M at the last vote.</param>
/// <param name="Approvals">A at the last vote.</param>
/// <param name="DecidedHeight">The height of the block that decided; 0 while it is open.</param>
/// <param name="Reason">Why it was denied or lapsed: <c>votes</c>, <c>participation</c>, <c>coverage</c>, or the code of what an approved
/// request was refused as when it was to be executed; else empty.</param>
public sealed record RequestRow(
    RequestKind Kind,
    AccountId Sponsor,
    Digest<Attachment> Subject,
    string Node,
    long Height,
    Timestamp Close,
    Digest<VrfOutput> Seed,
    TallyRules Rules,
    IReadOnlyList<CommitteeMember> Committee,
    ReadOnlyMemory<byte> Message,
    int Votes,
    Verdict Verdict,
    long Messages,
    long Approvals,
    long DecidedHeight,
    string Reason) : IStateRow<RequestRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Byte((byte)Kind);
        writer.Account(Sponsor);
        writer.Digest(Subject);
        writer.Text(Node);
        writer.Int64(Height);
        writer.Time(Close);
        writer.Digest(Seed);
        writer.Byte((byte)Rules.Rule);
        writer.Int64(Rules.Participation);
        writer.Int64(Rules.Approval);
        writer.Int64(Rules.Faulty);
        writer.Int64(Rules.LinkedNodes);
        writer.Byte((byte)Rules.Required);
        Write(ref writer, Rules.Ratio);
        Write(ref writer, Rules.Completed);
        writer.UInt32((uint)Committee.Count);
        foreach (var member in Committee)
        {
            writer.Account(member.Account);
            writer.Int64(member.Weight);
            writer.Byte((byte)member.Checks);
        }
        writer.Bytes(Message.Span);
        writer.UInt32((uint)Votes);
        writer.Byte((byte)Verdict);
        writer.Int64(Messages);
        writer.Int64(Approvals);
        writer.Int64(DecidedHeight);
        writer.Text(Reason);
    }

    /// <inheritdoc/>
    public static RequestRow Read(ref StateReader reader) =>
        new((RequestKind)reader.Byte(), reader.Account(), reader.Digest<Attachment>(), reader.Text(), reader.Int64(),
            reader.Time(), reader.Digest<VrfOutput>(), ReadRules(ref reader), ReadCommittee(ref reader),
            reader.Bytes().ToArray(), (int)reader.UInt32(), (Verdict)reader.Byte(), reader.Int64(), reader.Int64(),
            reader.Int64(), reader.Text());

    private static void Write(ref StateWriter writer, Fraction fraction)
    {
        writer.UInt32((uint)fraction.Numerator);
        writer.UInt32((uint)fraction.Denominator);
    }

    private static TallyRules ReadRules(ref StateReader reader)
    {
        var rule = (DecisionRule)reader.Byte();
        var participation = reader.Int64();
        var approval = reader.Int64();
        var faulty = reader.Int64();
        var linked = reader.Int64();
        var required = (CheckSet)reader.Byte();
        return new TallyRules(
            rule, participation, approval, faulty, required, linked, ReadFraction(ref reader), ReadFraction(ref reader));
    }

    private static Fraction ReadFraction(ref StateReader reader) => new((int)reader.UInt32(), (int)reader.UInt32());

    private static List<CommitteeMember> ReadCommittee(ref StateReader reader)
    {
        var members = new List<CommitteeMember>();
        for (var left = reader.UInt32(); left > 0; left--)
            members.Add(new CommitteeMember(reader.Account(), reader.Int64(), (CheckSet)reader.Byte()));
        return members;
    }
}

/// <summary>Names a vote: the request's id with its length 4, account 32.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="Voter">The voter's account.</param>
public readonly record struct VoteKey(string Request, AccountId Voter) : IStateKey<VoteKey>
{
    /// <inheritdoc/>
    public int CompareTo(VoteKey other)
    {
        var order = string.CompareOrdinal(Request, other.Request);
        return order != 0 ? order : Voter.CompareTo(other.Voter);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Text(Request);
        writer.Account(Voter);
    }

    /// <inheritdoc/>
    public static VoteKey Read(ref StateReader reader) => new(reader.Text(), reader.Account());
}

/// <summary>
/// A vote that counts, table <c>certificates.votes</c>. Bytes: choice 1, passed 1, failed 1, number 4, height 8, height seen 8, reason
/// with its length 4.
/// </summary>
/// <param name="Choice">Approve or deny.</param>
/// <param name="Passed">The checks performed and found good.</param>
/// <param name="Failed">The checks performed and found bad.</param>
/// <param name="Number">Its place among the request's votes, from 1: the sequence of the ledger.</param>
/// <param name="Height">The height of its block.</param>
/// <param name="HeightSeen">The last height that the voter's state had.</param>
/// <param name="Reason">For people.</param>
public sealed record VoteRow(
    VoteChoice Choice, CheckSet Passed, CheckSet Failed, int Number, long Height, long HeightSeen, string Reason)
    : IStateRow<VoteRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Byte((byte)Choice);
        writer.Byte((byte)Passed);
        writer.Byte((byte)Failed);
        writer.UInt32((uint)Number);
        writer.Int64(Height);
        writer.Int64(HeightSeen);
        writer.Text(Reason);
    }

    /// <inheritdoc/>
    public static VoteRow Read(ref StateReader reader) =>
        new((VoteChoice)reader.Byte(), (CheckSet)reader.Byte(), (CheckSet)reader.Byte(), (int)reader.UInt32(),
            reader.Int64(), reader.Int64(), reader.Text());
}

/// <summary>
/// How many requests an account made, table <c>certificates.sponsors</c>, key: account. Bytes: open 4, day 4, on that day 4.
/// </summary>
/// <param name="Open">Requests that are open.</param>
/// <param name="Day">The day of the last request: whole days since the epoch, block time.</param>
/// <param name="Today">Requests on that day.</param>
public readonly record struct SponsorRow(int Open, int Day, int Today) : IStateRow<SponsorRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.UInt32((uint)Open);
        writer.UInt32((uint)Day);
        writer.UInt32((uint)Today);
    }

    /// <inheritdoc/>
    public static SponsorRow Read(ref StateReader reader) => new((int)reader.UInt32(), (int)reader.UInt32(), (int)reader.UInt32());
}
