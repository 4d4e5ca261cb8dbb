using System.Text.Json;
using System.Text.Json.Nodes;

namespace Counterfoil.Schemes.Walking;

/// <summary>A message of a walk, as the page shows it: opened as far as anybody on the line could open it.</summary>
/// <param name="N">From 1, in the order of sending.</param>
/// <param name="Step">The step or refusal during which it was sent: <c>3</c>, <c>refusal 2</c>, <c>preparation</c>.</param>
/// <param name="From">The participant who sent it.</param>
/// <param name="To">Who was asked: <c>ledger</c> or the role's name.</param>
/// <param name="Method">The request's method.</param>
/// <param name="Path">The request's path and query.</param>
/// <param name="Signed">True if the request carries an HTTP message signature.</param>
/// <param name="Request">The request's content; null where there is none.</param>
/// <param name="Status">The answer's status; 0 where none came.</param>
/// <param name="Response">The answer's content; null where there is none.</param>
public sealed record RecordedMessage(
    int N, string Step, string From, string To, string Method, string Path, bool Signed, RecordedContent? Request, int Status, RecordedContent? Response)
{
    /// <summary>Several messages as JSON, an array.</summary>
    public static string ToJson(IReadOnlyList<RecordedMessage> messages) =>
        JsonSerializer.Serialize(messages, WalkJson.Default.IReadOnlyListRecordedMessage);
}

/// <summary>A message's content.</summary>
/// <param name="Kind"><c>jws</c>, <c>jwe</c>, <c>json</c>, <c>text</c> or <c>bytes</c>.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Decoded">
/// Headers and payload of a JWS, headers of a JWE, JSON as it is with every JWS and JWE inside opened the same way; null for bytes and where it is
/// too large to show.
/// </param>
public sealed record RecordedContent(string Kind, int Size, JsonNode? Decoded);
