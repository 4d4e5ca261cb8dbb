using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// A node's signed word that it admitted a transaction and journalled it: evidence if the transaction is then left out.
/// </summary>
/// <param name="Net">The ledger.</param>
/// <param name="Id">The transaction.</param>
/// <param name="Received">The node's clock: milliseconds since the Unix epoch, UTC.</param>
public sealed record Acknowledgement(Digest<Net> Net, Digest<Transaction> Id, long Received)
{
    /// <summary><c>typ</c> of the compact JWS.</summary>
    public const string Type = "cf-ack+jws";

    internal static SubmissionResult Make(Digest<Net> net, Digest<Transaction> id, Timestamp received, ISigningKey nodeKey)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new Acknowledgement(net, id, received.UnixMilliseconds), AcknowledgementJson.Instance.Acknowledgement);
        return new SubmissionResult { Id = id, Acknowledgement = Jws.SignCompact(Type, payload, nodeKey) };
    }

    /// <summary>Reads and verifies an acknowledgement by the node's key; null if it is none.</summary>
    public static Acknowledgement? Verify(string jws, PublicKey nodeKey)
    {
        if (!Jws.VerifyCompact(jws, nodeKey, new JwsExpectation { Type = Type }).TryGet(out var verified))
            return null;
        try
        {
            return JsonSerializer.Deserialize(verified.Payload.Span, AcknowledgementJson.Instance.Acknowledgement);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(Acknowledgement))]
internal sealed partial class AcknowledgementJson : JsonSerializerContext
{
    public static AcknowledgementJson Instance { get; } = new(MessageJson.NewOptions());
}
