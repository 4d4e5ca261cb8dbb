using System.Diagnostics.CodeAnalysis;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>What two receipts prove of a session.</summary>
/// <param name="Session">Its id.</param>
/// <param name="SessionKey">The key that bids are encrypted to.</param>
/// <param name="EngineKeyId">The thumbprint of the engine's key.</param>
/// <param name="InputRoot">What the gate fixed.</param>
internal sealed record ClosedSession(
    Digest<WrapperCommand> Session, PublicKey SessionKey, Digest<PublicKey> EngineKeyId, Digest<MerkleNode> InputRoot);

/// <summary>
/// What receipts must prove before a token is used for a session: the token itself checks nothing. Receipts
/// are checked against the validators of the genesis that the wrapper was started with. <b>Source:</b> D1
/// step 8, opening, seal=hsm.
/// </summary>
internal sealed class OpeningChecks(Genesis genesis, TimeProvider clock)
{
    private const string OpenAction = "brokerage.session.open";
    private const string Contract = "brokerage";
    private const string GateTimer = "gate";
    private const string ClosedEvent = "brokerage.session_closed";
    private const int MaximumArgumentBytes = 64 * 1024;

    /// <summary>
    /// The first check that fails, in the order of <see cref="SealedCheck"/> up to the clock; null where
    /// all hold.
    /// </summary>
    public string? Check(Receipt opening, Receipt closing, out ClosedSession? session)
    {
        session = null;
        if (opening.Verify(genesis.Validators, out var opened) is not null)
            return SealedCheck.OpeningReceipt;
        if (closing.Verify(genesis.Validators, out var closed) is not null)
            return SealedCheck.ClosingReceipt;
        if (opened!.Header.Net != genesis.Net || closed!.Header.Net != genesis.Net)
            return SealedCheck.Net;
        if (!TryReadOpening(opening, opened, out var announced))
            return SealedCheck.SessionOpen;
        if (!TryReadClosing(closing, closed, announced, out var inputRoot))
            return SealedCheck.Gate;
        if (closed.Header.Time < announced.GateTime)
            return SealedCheck.GateTime;
        // A sandbox has one clock only, which its walkthrough turns: what a certified block says of it.
        if (!genesis.IsSandbox && clock.GetUtcNow().ToUnixTimeMilliseconds() < announced.GateTime)
            return SealedCheck.Clock;
        session = new ClosedSession(announced.Session, announced.SessionKey, announced.EngineKeyId, inputRoot);
        return null;
    }

    private static bool TryReadOpening(
        Receipt receipt, VerifiedReceipt verified, [NotNullWhen(true)] out Announced? announced)
    {
        announced = null;
        if (receipt.Due is not null || verified.Outcome.Status != "accepted"
            || TransactionParser.Parse(receipt.TransactionBytes(), out var transaction) is not null
            || transaction!.Payload.Action != OpenAction
            || !StrictJson.TryParseObject(transaction.Payload.Argument.Span, out var argument, MaximumArgumentBytes))
            return false;
        var members = new JsonMembers(argument);
        var gateTime = members.Integer("gate_time");
        var key = Jwk.ParsePublicKey(members.Element("session_key"));
        if (!Digest<WrapperCommand>.TryParse(members.Text("session_id"), out var session)
            || !TryReadThumbprint(members.Text("engine_kid"), out var engineKeyId)
            || !members.AreComplete || !key.TryGet(out var sessionKey))
            return false;
        announced = new Announced(session, gateTime, sessionKey, engineKeyId);
        return true;
    }

    private static bool TryReadClosing(
        Receipt receipt, VerifiedReceipt verified, Announced announced, out Digest<MerkleNode> inputRoot)
    {
        inputRoot = default;
        if (receipt.Due is not { Contract: Contract, Timer: GateTimer } due || due.Due != announced.GateTime
            || !due.Id.AsSpan().SequenceEqual(announced.Session.ToArray()) || verified.Outcome.Status != "done")
            return false;
        var closings = verified.Outcome.Events.Where(happened => happened.Type == ClosedEvent).ToArray();
        return closings.Length == 1
            && Fact(closings[0].Facts, "session") == announced.Session.ToString()
            && Digest<MerkleNode>.TryParse(Fact(closings[0].Facts, "input_root"), out inputRoot);
    }

    private static string? Fact(IReadOnlyList<(string Name, string Value)> facts, string name) =>
        facts.Where(fact => fact.Name == name).Select(fact => fact.Value).SingleOrDefault();

    // Thumbprints are base64url in JOSE and 64 hexadecimal digits where the ledger writes digests; no text
    // is both.
    private static bool TryReadThumbprint(string text, out Digest<PublicKey> thumbprint)
    {
        if (Digest<PublicKey>.TryParse(text, out thumbprint))
            return true;
        if (!Base64Url.TryDecode(text, out var bytes) || bytes.Length != Digest<PublicKey>.Size)
            return false;
        thumbprint = new Digest<PublicKey>(bytes);
        return !thumbprint.IsUnset;
    }

    private sealed record Announced(
        Digest<WrapperCommand> Session, long GateTime, PublicKey SessionKey, Digest<PublicKey> EngineKeyId);
}
