using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>
/// A command to the wrapper. After <c>open</c> follow, each a message of its own: the receipt of the
/// opening of the session, that of its closing, and the list of bids in portions of at most
/// <see cref="OpeningMessages.ListPortion"/>; then, if these are accepted, each ciphertext as its exact
/// bytes, in the order of the list.
/// </summary>
/// <param name="Command"><c>create_session_key</c> or <c>open</c>.</param>
/// <param name="Session">For <c>create_session_key</c>: 64 hexadecimal digits.</param>
/// <param name="EngineKey">For <c>open</c>: whom the content keys are for.</param>
/// <param name="Bids">For <c>open</c>: how many bids follow.</param>
internal sealed record WrapperCommand(
    string Command, Digest<WrapperCommand>? Session = null, PublicKey? EngineKey = null, int? Bids = null)
{
    public const string CreateSessionKey = "create_session_key";
    public const string Open = "open";
}

/// <summary>One portion of the list of bids.</summary>
internal sealed record BidList(IReadOnlyList<BidEntry> Bids);

/// <summary>A bid in the list, without its ciphertext.</summary>
internal sealed record BidEntry(
    Digest<VaultRecord> Rid, long Ver, Digest<RecordOriginal> Digest, Digest<VaultDocument> CtDigest);

/// <summary>An answer of the wrapper.</summary>
/// <param name="Status">
/// <c>ready</c>, <c>created</c>, <c>accepted</c>, <c>opened</c>, <c>refused</c> or <c>done</c>.
/// </param>
/// <param name="Net">With <c>ready</c>: the ledger that the wrapper serves.</param>
/// <param name="SessionKey">With <c>created</c>.</param>
/// <param name="Keys">With <c>opened</c>: the next bids, in the order of the list.</param>
/// <param name="Code">With <c>refused</c>.</param>
/// <param name="Check">With <c>refused</c>: which check failed.</param>
internal sealed record WrapperReply(
    string Status,
    Digest<Net>? Net = null,
    PublicKey? SessionKey = null,
    IReadOnlyList<OpenedBid>? Keys = null,
    string? Code = null,
    string? Check = null)
{
    public const string Ready = "ready";
    public const string Created = "created";
    public const string Accepted = "accepted";
    public const string Opened = "opened";
    public const string Refused = "refused";
    public const string Done = "done";
}

/// <summary>The bounds of the conversation and the strict reading of its messages.</summary>
internal static class OpeningMessages
{
    /// <summary>The most bids of a session.</summary>
    public const int MaximumBids = 100_000;

    /// <summary>The most entries of the list in one message.</summary>
    public const int ListPortion = 1_000;

    /// <summary>How many ciphertexts are opened together, and answered in one message.</summary>
    public const int OpeningPortion = 128;

    /// <summary>The largest message in bytes but for ciphertexts.</summary>
    public const int MaximumMessageBytes = 1024 * 1024;

    public static byte[] Write<T>(T message, JsonTypeInfo<T> format) =>
        JsonSerializer.SerializeToUtf8Bytes(message, format);

    public static bool TryRead<T>(byte[] bytes, JsonTypeInfo<T> format, [NotNullWhen(true)] out T? message)
        where T : class
    {
        try
        {
            message = JsonSerializer.Deserialize(bytes, format);
        }
        catch (JsonException)
        {
            message = null;
        }
        return message is not null;
    }
}

[JsonSerializable(typeof(WrapperCommand))]
[JsonSerializable(typeof(BidList))]
[JsonSerializable(typeof(WrapperReply))]
internal sealed partial class OpeningJson : JsonSerializerContext
{
    public static OpeningJson Instance { get; } = new(MessageJson.NewOptions());
}
