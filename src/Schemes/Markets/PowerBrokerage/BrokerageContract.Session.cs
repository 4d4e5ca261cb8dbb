using System.Globalization;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

public sealed partial class BrokerageContract
{
    /// <summary>The timer that closes the gate.</summary>
    public const string GateTimer = "gate";

    /// <summary>The most bids whose leaves are hashed in one block while the gate closes; a power of two, so that the parts' roots make the whole's.</summary>
    public const int BidsInPart = 1_024;

    private static Refusal? CheckSession(CheckContext context, SessionMessage message) =>
        IsWellFormed(message) ? null : (Refusal)BrokerageRefusals.MalformedSession;

    private static bool IsWellFormed(SessionMessage message)
    {
        var hours = message.Mtu switch { "PT60M" => message.Periods, "PT15M" when message.Periods % 4 == 0 => message.Periods / 4, _ => 0 };
        return hours is 23 or 24 or 25
            && message.Zone.Length is > 0 and <= 16 && message.Tz.Length is > 0 and <= 64
            && DateOnly.TryParseExact(message.DeliveryDay, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && IsTick(message.PriceTick) && IsTick(message.QtyTick)
            && message.PMin >= -BidSize.WidestPrice && message.PMax <= BidSize.WidestPrice && message.PMin < message.PMax
            && message.MaxSteps is >= 1 and <= 256 && message.MinParties is >= 1 and <= 1_000
            && message.BidSize == BidSize.Of(message.Periods, message.MaxSteps) && message.BidSize <= RecordSizes.MaximumPlaintext
            && message.GateTime > 0 && message.GateTime < message.SeedDue && message.SeedDue <= message.ResultDue && message.ResultDue <= message.CurvesDue
            && message.CurvesDue <= LatestMilliseconds && message.Start is > 0 and <= LatestMilliseconds
            && message.Seal == SessionMessage.SealHsm
            && Es256.IsOnCurve(message.SessionKey) && Es256.IsOnCurve(message.AuditorVrfKey) && Es256.IsOnCurve(message.AuditorKey);
    }

    // 1 to 12 characters: digits, perhaps a point and digits; above zero.
    private static bool IsTick(string text) =>
        text.Length is > 0 and <= 12 && text.All(letter => char.IsAsciiDigit(letter) || letter == '.') && text.Count(letter => letter == '.') <= 1
        && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1]) && text.Any(letter => letter is >= '1' and <= '9');

    private Refusal? OpenSession(ExecutionContext context, SessionMessage message)
    {
        var key = new DigestKey<AuctionSession>(message.SessionId);
        if (sessions.Contains(key))
            return BrokerageRefusals.Exists;
        if (new Timestamp(message.GateTime) <= context.Time)
            return BrokerageRefusals.GateClosed;
        sessions.Set(key, new SessionRow { Terms = message, Operator = context.Issuer, State = SessionState.Open });
        var id = message.SessionId.ToArray();
        context.Schedule(GateTimer, new Timestamp(message.GateTime), id);
        context.Schedule("seed", new Timestamp(message.SeedDue), id);
        context.Schedule("result", new Timestamp(message.ResultDue), id);
        context.Schedule("curves", new Timestamp(message.CurvesDue), id);
        context.Emit("brokerage.session_opened", ("session", message.SessionId.ToString()), ("operator", context.Issuer.ToString()), ("gate", TextOf(message.GateTime)));
        return null;
    }

    private static Refusal? CheckBid(CheckContext context, BidMessage message) => CheckAnchor(context, message, RecordTypes.Bid, signers: 1);

    private Refusal? PutBid(ExecutionContext context, BidMessage message)
    {
        var id = message.Session!.Value;
        if (!sessions.TryGet(new DigestKey<AuctionSession>(id), out var session))
            return BrokerageRefusals.UnknownSession;
        if (session.State is SessionState.Cleared or SessionState.Annulled)
            return BrokerageRefusals.SessionFinal;
        if (session.State != SessionState.Open || context.Time >= new Timestamp(session.Terms.GateTime))
            return BrokerageRefusals.GateClosed.With(("gate", TextOf(session.Terms.GateTime)), ("time", TextOf(context.Time.UnixMilliseconds)));
        if (message.CtLen != session.Terms.BidSize)
            return BrokerageRefusals.MalformedBid.With(("bid_size", TextOf(session.Terms.BidSize)), ("ct_len", TextOf(message.CtLen)));
        if (!IsMandated(context, message.Mandate, session.Operator))
            return BrokerageRefusals.NotMandated;
        if (Anchor(context, message, context.Issuer) is { } refusal)
            return refusal;
        bids.Set(new BidKey(id, message.Rid), new BidRow(context.Issuer, message.Ver, message.Digest, message.CtDigest));
        context.Emit("brokerage.bid_put", ("session", id.ToString()), ("rid", message.Rid.ToString()), ("ver", TextOf(message.Ver)), ("account", context.Issuer.ToString()));
        return null;
    }

    private bool IsMandated(ExecutionContext context, Digest<Contracts.Rights.Right> right, AccountId marketOperator) =>
        mandates.TryGet(new DigestKey<Contracts.Rights.Right>(right), out var mandate)
        && rights.IsActive(context, new Contracts.Rights.RightKey(mandate.Broker, right), context.Issuer)
        && portfolios.TryGet(new DigestKey<Portfolio>(mandate.Portfolio), out var portfolio) && portfolio.Operator == marketOperator
        // A broker that registered a certificate bids while it is valid; one that registered none is known by its account alone.
        && (!certificates.TryGet(mandate.Broker, Contracts.Certificates.CertificatePurpose.Sign, out var certificate) || certificate.IsActiveAt(context.Time));

    /// <summary>The leaf of a live bid in the input's tree: rid ‖ ver (4 bytes, big-endian) ‖ digest ‖ ct_digest.</summary>
    public static Digest<MerkleNode> InputLeaf(Digest<AnchoredRecord> rid, long version, Digest<RecordVersion> digest, Digest<Ledger.Transactions.Attachment> ciphertext)
    {
        Span<byte> leaf = stackalloc byte[Opening.InputRoot.LeafBytes];
        rid.CopyTo(leaf);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(leaf[32..], checked((uint)version));
        digest.CopyTo(leaf[36..]);
        ciphertext.CopyTo(leaf[68..]);
        return MerkleHash.Leaf(leaf);
    }

    /// <summary>First closes the session to bids, then makes the root over them part by part, a part a block.</summary>
    private DueOutcome CloseGate(ExecutionContext context, DueWork work)
    {
        var key = new DigestKey<AuctionSession>(new Digest<AuctionSession>(work.Id.Span));
        if (!sessions.TryGet(key, out var session) || session.State is not (SessionState.Open or SessionState.Closing))
            return DueOutcome.Done;
        if (session.State == SessionState.Open)
        {
            if (!context.TryGetRandomness(context.Height, out var output))
                throw new InvalidOperationException("The block has no randomness.");
            session = session with { State = SessionState.Closing, GateHeight = context.Height, GateOutput = output };
        }
        var (part, isLast) = NextPart(key.Digest, session.ClosedUpTo);
        if (part.Count > 0)
        {
            var leaves = new Digest<MerkleNode>[part.Count];
            for (var index = 0; index < leaves.Length; index++)
                leaves[index] = InputLeaf(part[index].Key.Rid, part[index].Value.Version, part[index].Value.Digest, part[index].Value.CiphertextDigest);
            parts.Set(new PartKey(key.Digest, session.PartsDone), new PartRow(MerkleTree.Root(leaves)));
            session = session with { PartsDone = session.PartsDone + 1, ClosedUpTo = part[^1].Key.Rid, BidCount = session.BidCount + part.Count };
        }
        if (!isLast)
        {
            sessions.Set(key, session);
            return DueOutcome.More;
        }
        var root = JoinParts(key.Digest, session.PartsDone);
        sessions.Set(key, session with { State = SessionState.Closed, InputRoot = root });
        context.Emit(
            "brokerage.session_closed", ("session", key.Digest.ToString()), ("input_root", root.ToString()), ("bids", TextOf(session.BidCount)),
            ("gate_height", TextOf(session.GateHeight)));
        return DueOutcome.Done;
    }

    private (IReadOnlyList<KeyValuePair<BidKey, BidRow>> Part, bool IsLast) NextPart(Digest<AuctionSession> session, Digest<AnchoredRecord> after)
    {
        // One more than a part to see whether it is the last, and one for the bid that the part begins after.
        var rows = bids.From(new BidKey(session, after), BidsInPart + 2);
        var part = rows.Where(row => row.Key.Session == session && row.Key.Rid != after).ToList();
        return part.Count > BidsInPart ? (part[..BidsInPart], false) : (part, true);
    }

    private Digest<MerkleNode> JoinParts(Digest<AuctionSession> session, uint count)
    {
        var roots = new Digest<MerkleNode>[count];
        for (var number = 0u; number < count; number++)
        {
            if (!parts.TryGet(new PartKey(session, number), out var part))
                throw new InvalidOperationException("A part of a session's input is missing.");
            roots[number] = part.Root;
            parts.Remove(new PartKey(session, number));
        }
        return MerkleTree.Root(roots);
    }

    /// <summary>What the auditor proves: session id ‖ input root.</summary>
    public static byte[] SeedInput(Digest<AuctionSession> session, Digest<MerkleNode> inputRoot) => [.. session.ToArray(), .. inputRoot.ToArray()];

    /// <summary>SHA-256("cf-seed\0" ‖ session id ‖ VRF output of the gate's block ‖ the auditor's output); without the last where that did not come.</summary>
    public static Digest<SessionSeed> SeedOf(Digest<AuctionSession> session, Digest<VrfOutput> gate, Digest<VrfOutput>? auditor) =>
        Digest<SessionSeed>.Of("cf-seed\0"u8, [.. session.ToArray(), .. gate.ToArray(), .. auditor?.ToArray() ?? []]);

    private static Refusal? CheckRandomness(CheckContext context, RandomnessMessage message) =>
        VrfProof.TryParse(message.Proof, out var proof) && Ecvrf.Verify(message.Key, SeedInput(message.SessionId, message.InputRoot), proof, out _)
            ? null : (Refusal)BrokerageRefusals.RandomnessMismatch;

    private Refusal? AddRandomness(ExecutionContext context, RandomnessMessage message)
    {
        var key = new DigestKey<AuctionSession>(message.SessionId);
        if (!sessions.TryGet(key, out var session))
            return BrokerageRefusals.UnknownSession;
        if (session.State is SessionState.Open or SessionState.Closing or SessionState.Annulled)
            return BrokerageRefusals.NotClosed;
        if (!session.Seed.IsUnset)
            return BrokerageRefusals.SeedFixed;
        if (message.InputRoot != session.InputRoot || message.Key != session.Terms.AuditorVrfKey || !VrfProof.TryParse(message.Proof, out var proof))
            return BrokerageRefusals.RandomnessMismatch;
        FixSeed(context, key, session, VrfEncodingOf(proof, message));
        return null;
    }

    // Check has verified the proof; the output is read from it again.
    private static Digest<VrfOutput> VrfEncodingOf(VrfProof proof, RandomnessMessage message) =>
        Ecvrf.Verify(message.Key, SeedInput(message.SessionId, message.InputRoot), proof, out var output)
            ? output : throw new InvalidOperationException("A proof that was verified does not verify.");

    private void FixSeed(ExecutionContext context, DigestKey<AuctionSession> key, SessionRow session, Digest<VrfOutput>? auditor)
    {
        var seed = SeedOf(key.Digest, session.GateOutput, auditor);
        sessions.Set(key, session with { Seed = seed, IsSeedSingle = auditor is null });
        context.Cancel("seed", new Timestamp(session.Terms.SeedDue), key.Digest.ToArray());
        context.Emit(auditor is null ? "brokerage.seed_single" : "brokerage.seed_fixed", ("session", key.Digest.ToString()), ("seed", seed.ToString()));
    }

    private DueOutcome FixSeedAlone(ExecutionContext context, DueWork work)
    {
        var key = new DigestKey<AuctionSession>(new Digest<AuctionSession>(work.Id.Span));
        if (!sessions.TryGet(key, out var session) || !session.Seed.IsUnset || session.State == SessionState.Annulled)
            return DueOutcome.Done;
        if (session.State is SessionState.Open or SessionState.Closing)
            return DueOutcome.More;
        FixSeed(context, key, session, null);
        return DueOutcome.Done;
    }

    private DueOutcome FindOverdue(ExecutionContext context, DueWork work)
    {
        var key = new DigestKey<AuctionSession>(new Digest<AuctionSession>(work.Id.Span));
        if (!sessions.TryGet(key, out var session))
            return DueOutcome.Done;
        if (session.State is SessionState.Open or SessionState.Closing)
            return DueOutcome.More;
        if (session.State == SessionState.Closed)
        {
            sessions.Set(key, session with { State = SessionState.Overdue });
            context.Emit("brokerage.session_overdue", ("session", key.Digest.ToString()));
        }
        return DueOutcome.Done;
    }

    private Refusal? Annul(ExecutionContext context, AnnulMessage message)
    {
        var key = new DigestKey<AuctionSession>(message.SessionId);
        if (!sessions.TryGet(key, out var session))
            return BrokerageRefusals.UnknownSession;
        if (!context.IsSignedBy(session.Operator) || !context.IsSignedBy(session.Terms.Auditor))
            return BrokerageRefusals.NotParty;
        if (session.State == SessionState.Annulled)
            return BrokerageRefusals.SessionFinal;
        sessions.Set(key, session with { State = SessionState.Annulled });
        context.Emit("brokerage.session_annulled", ("session", message.SessionId.ToString()));
        return null;
    }
}

/// <summary>The sizes of ciphertexts.</summary>
internal static class RecordSizes
{
    /// <summary>The largest plaintext whose JWE, in base64url with its headers, is within an attachment of 256 KiB.</summary>
    public const uint MaximumPlaintext = 184 * 1_024;
}
