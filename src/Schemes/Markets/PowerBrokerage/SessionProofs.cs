using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>What receipts say of a session.</summary>
internal static class SessionProofs
{
    /// <summary>The receipt's id of the gate's due work.</summary>
    public static Digest<Transaction> ClosingIdOf(SessionMessage session) => DueIdOf(BrokerageContract.GateTimer, session.GateTime, session.SessionId);

    /// <summary>SHA-256("cf-due\0" ‖ contract.timer ‖ 0 ‖ due, milliseconds as 8 bytes ‖ session). <b>Source:</b> kernel.md section 2.</summary>
    public static Digest<Transaction> DueIdOf(string timer, long due, Digest<AuctionSession> session)
    {
        var time = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, due);
        return Digest<Transaction>.Of(
            "cf-due\0"u8, [.. Encoding.ASCII.GetBytes($"{BrokerageContract.ContractName}.{timer}\0"), .. time, .. session.ToArray()]);
    }

    /// <summary>The terms in the receipt of a <c>session.open</c>, whose proof the caller has checked; null for another transaction.</summary>
    public static SessionMessage? TermsOf(Receipt receipt) => ArgumentOf(receipt, "session.open") is { } argument
        ? JsonSerializer.Deserialize(argument.Span, BrokerageJson.Instance.SessionMessage) : null;

    /// <summary>The message in the receipt of a <c>session.result</c>, whose proof the caller has checked; null for another transaction.</summary>
    public static ResultMessage? ResultOf(Receipt receipt) => ArgumentOf(receipt, "session.result") is { } argument
        ? JsonSerializer.Deserialize(argument.Span, BrokerageJson.Instance.ResultMessage) : null;

    private static ReadOnlyMemory<byte>? ArgumentOf(Receipt receipt, string action) =>
        receipt.Due is null && TransactionParser.Parse(receipt.TransactionBytes(), out var transaction) is null
        && transaction!.Payload.Action == $"{BrokerageContract.ContractName}.{action}" ? transaction.Payload.Argument : null;
}
