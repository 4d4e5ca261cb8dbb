using System.Text.Json;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>How a session stands. The numbers are those of the table's bytes.</summary>
public enum SessionState
{
    Open = 1,
    Closing = 2,
    Closed = 3,
    Overdue = 4,
    Cleared = 5,
    Annulled = 6,
}

/// <summary>
/// A session, table <c>brokerage.sessions</c>, key: its id. The terms are kept as the JSON of <c>session.open</c>; from the gate on, the height of its block and
/// that block's VRF output; once closed, the input's root; once fixed, the seed.
/// </summary>
public sealed record SessionRow : IStateRow<SessionRow>
{
    public required SessionMessage Terms { get; init; }

    public required AccountId Operator { get; init; }

    public required SessionState State { get; init; }

    /// <summary>The block in which the gate closed; 0 before.</summary>
    public long GateHeight { get; init; }

    public Digest<VrfOutput> GateOutput { get; init; }

    /// <summary>While closing: how many parts are done, and after which bid the next begins.</summary>
    public uint PartsDone { get; init; }

    public Digest<AnchoredRecord> ClosedUpTo { get; init; }

    public long BidCount { get; init; }

    public Digest<MerkleNode> InputRoot { get; init; }

    public Digest<SessionSeed> Seed { get; init; }

    /// <summary>The auditor's part did not come in time.</summary>
    public bool IsSeedSingle { get; init; }

    /// <summary>Withheld curves were not published in time.</summary>
    public bool AreCurvesOverdue { get; init; }

    public void Write(ref StateWriter writer)
    {
        writer.Bytes(JsonSerializer.SerializeToUtf8Bytes(Terms, BrokerageJson.Instance.SessionMessage));
        writer.Account(Operator);
        writer.Byte((byte)State);
        writer.Int64(GateHeight);
        writer.Digest(GateOutput);
        writer.UInt32(PartsDone);
        writer.Digest(ClosedUpTo);
        writer.Int64(BidCount);
        writer.Digest(InputRoot);
        writer.Digest(Seed);
        writer.Bool(IsSeedSingle);
        writer.Bool(AreCurvesOverdue);
    }

    public static SessionRow Read(ref StateReader reader) => new()
    {
        Terms = JsonSerializer.Deserialize(reader.Bytes(), BrokerageJson.Instance.SessionMessage) ?? throw new StateFormatException("A session has no terms."),
        Operator = reader.Account(),
        State = (SessionState)reader.Byte(),
        GateHeight = reader.Int64(),
        GateOutput = reader.Digest<VrfOutput>(),
        PartsDone = reader.UInt32(),
        ClosedUpTo = reader.Digest<AnchoredRecord>(),
        BidCount = reader.Int64(),
        InputRoot = reader.Digest<MerkleNode>(),
        Seed = reader.Digest<SessionSeed>(),
        IsSeedSingle = reader.Bool(),
        AreCurvesOverdue = reader.Bool(),
    };
}

/// <summary>A period of a session: session 32, number 4.</summary>
public readonly record struct PeriodKey(Digest<AuctionSession> Session, uint Mtu) : IStateKey<PeriodKey>
{
    public int CompareTo(PeriodKey other)
    {
        var order = Session.CompareTo(other.Session);
        return order != 0 ? order : Mtu.CompareTo(other.Mtu);
    }

    public void Write(ref StateWriter writer)
    {
        writer.Digest(Session);
        writer.UInt32(Mtu);
    }

    public static PeriodKey Read(ref StateReader reader) => new(reader.Digest<AuctionSession>(), reader.UInt32());
}

/// <summary>What stands of a period, table <c>brokerage.results</c>: the JSON of <see cref="PeriodResult"/>, and whether its curves are to be had by all.</summary>
public sealed record PeriodRow(PeriodResult Result, bool ArePublished) : IStateRow<PeriodRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Bytes(JsonSerializer.SerializeToUtf8Bytes(Result, BrokerageJson.Instance.PeriodResult));
        writer.Bool(ArePublished);
    }

    public static PeriodRow Read(ref StateReader reader) => new(
        JsonSerializer.Deserialize(reader.Bytes(), BrokerageJson.Instance.PeriodResult) ?? throw new StateFormatException("A period has no result."), reader.Bool());
}
