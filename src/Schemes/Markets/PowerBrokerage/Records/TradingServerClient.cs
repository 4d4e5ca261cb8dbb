using System.Globalization;
using System.Text;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>The server's answer to a reader: what the comparison takes, and the signed answer itself.</summary>
/// <param name="Original">The original, or that there is none, or that it is damaged.</param>
/// <param name="Answer">The answer, verified.</param>
public sealed record ServedRecord(OriginalAnswer Original, SignedAnswer Answer)
{
    /// <summary>The original <c>S</c>, where the server gave that; empty for a sealed copy or a refusal.</summary>
    public ReadOnlyMemory<byte> Signed { get; init; }
}

/// <summary>
/// The trading server as a reader sees it: requests carry the party's HTTP message signature, answers are taken only with the server's. Safe for
/// concurrent use.
/// </summary>
public sealed class TradingServerClient : IDisposable
{
    /// <summary>The header that names the key to which answers are encrypted: base64url of its JWK, covered by the request's signature.</summary>
    public const string EncryptionKeyField = "cf-encryption-key";

    private const int MaximumAnswerBytes = 8 * 1024 * 1024;

    private readonly Party party;
    private readonly HttpClient http;
    private readonly PublicKey serverKey;
    private readonly string encryptionKey;

    /// <summary>A client of a party.</summary>
    /// <param name="party">The reader.</param>
    /// <param name="address">The role's address, such as <c>SchemeAddress.Of(node, card, "trading-server")</c>.</param>
    /// <param name="serverKey">The server's key, an active key of the market operator's account.</param>
    /// <param name="connections">Connections shared with other parties of this process, which stay open; its own by default.</param>
    public TradingServerClient(Party party, Uri address, PublicKey serverKey, HttpMessageHandler? connections = null)
    {
        ArgumentNullException.ThrowIfNull(party);
        this.party = party;
        this.serverKey = serverKey;
        http = SignedHttp.Create(party, address, connections, EncryptionKeyField);
        encryptionKey = Base64Url.Encode(Encoding.ASCII.GetBytes(Jwk.Serialize(party.AgreementKey.PublicKey)));
    }

    /// <summary>Asks for an original.</summary>
    /// <param name="rid">The record.</param>
    /// <param name="ver">The version; the current one by default.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="NodeFaultException">No answer, one that the server did not sign, or a refusal that says nothing of the record.</exception>
    public async Task<ServedRecord> GetAsync(Digest<VaultRecord> rid, long? ver = null, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ver is null ? $"records/{rid}" : $"records/{rid}?ver={ver}");
        var answer = await SendAsync(request, cancellation).ConfigureAwait(false);
        var original = OriginalOf(answer, out var signed);
        return new ServedRecord(original, answer) { Signed = signed };
    }

    /// <summary>The records that this party may read, as entries of its book without originals, in the order they were stored.</summary>
    /// <param name="since">The position of the last one that is known; 0 to begin.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Each with its position.</returns>
    public async Task<IReadOnlyList<(long Position, BookEntry Entry)>> ListAsync(long since = 0, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"records?since={since}"));
        var answer = await SendAsync(request, cancellation).ConfigureAwait(false);
        if (!answer.IsSuccess)
            throw new NodeFaultException($"The trading server refuses with {CodeOf(answer)}.");
        if (!StrictJson.TryParseObject(answer.Content.Span, out var list, MaximumAnswerBytes) || !list.TryGetProperty("records", out var records)
            || records.ValueKind != JsonValueKind.Array)
            throw new NodeFaultException("The trading server's answer has not the form of a list.");
        return [.. records.EnumerateArray().Select(EntryOf)];
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<SignedAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        request.Headers.TryAddWithoutValidation(EncryptionKeyField, encryptionKey);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if (response.Content.Headers.ContentLength > MaximumAnswerBytes)
                throw new NodeFaultException("The trading server's answer is larger than is read.");
            await response.Content.LoadIntoBufferAsync(MaximumAnswerBytes, cancellation).ConfigureAwait(false);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            var answer = AnswerOf(response, request.Method, request.RequestUri!, bytes);
            if (answer.Verify(serverKey, party.Clock.GetUtcNow()) is { } refusal)
                throw new NodeFaultException($"The trading server's answer (status {answer.Status}) is refused as {refusal}.");
            return answer;
        }
        catch (HttpRequestException fault)
        {
            throw new NodeFaultException($"No answer from the trading server: {fault.Message}", fault);
        }
        catch (TaskCanceledException fault) when (!cancellation.IsCancellationRequested)
        {
            throw new NodeFaultException("No answer from the trading server in time.", fault);
        }
    }

    private OriginalAnswer OriginalOf(SignedAnswer answer, out byte[] signed)
    {
        signed = [];
        if (!answer.IsSuccess)
        {
            return CodeOf(answer) switch
            {
                "forbidden" => OriginalAnswer.Forbidden,
                "damaged_document" => OriginalAnswer.Damaged,
                var code => throw new NodeFaultException($"The trading server refuses with {code}."),
            };
        }
        // What cannot be read is as if the server could not read it: the signed answer shows what it gave.
        if (!StrictJson.TryParseObject(answer.Content.Span, out var message, MaximumAnswerBytes) || TextOf(message, "content") is not { } text
            || !Base64Url.TryDecode(text, out var content))
            return OriginalAnswer.Damaged;
        if (TextOf(message, "form") == "sealed")
            return OriginalAnswer.Sealed(content);
        if (!Jwe.ParseCompact(content, new JweExpectation { MaximumBytes = MaximumAnswerBytes }).TryGet(out var jwe)
            || !Jwe.Decrypt(jwe, party.AgreementKey).TryGet(out var opened))
            return OriginalAnswer.Damaged;
        signed = opened;
        return OriginalAnswer.Signed(opened);
    }

    private static string CodeOf(SignedAnswer answer) =>
        StrictJson.TryParseObject(answer.Content.Span, out var problem) && TextOf(problem, "code") is { } code
            ? code : throw new NodeFaultException($"The trading server answers {answer.Status} without a code.");

    private static (long Position, BookEntry Entry) EntryOf(JsonElement json)
    {
        if (!json.TryGetProperty("position", out var position) || !position.TryGetInt64(out var number)
            || !json.TryGetProperty("ver", out var version) || !version.TryGetInt64(out var ver) || TextOf(json, "rtype") is not { } rtype
            || !Digest<VaultRecord>.TryParse(TextOf(json, "rid"), out var rid) || !Base64Url.TryDecode(TextOf(json, "salt"), out var salt))
            throw new NodeFaultException("An entry of the trading server's list has not the form of one.");
        return (number, new BookEntry
        {
            Rid = rid, Rtype = rtype, Ver = ver, Salt = salt,
            Transaction = Digest<Transaction>.TryParse(TextOf(json, "transaction"), out var transaction) ? transaction : default,
            OfferTransaction = Digest<Transaction>.TryParse(TextOf(json, "offer"), out var offer) ? offer : default,
        });
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static SignedAnswer AnswerOf(HttpResponseMessage response, HttpMethod method, Uri target, byte[] content) => SignedAnswer.Of(
        method.Method, target.AbsoluteUri, (int)response.StatusCode,
        response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).SelectMany(field => field.Value.Select(value => new HttpField(field.Key, value))),
        content);
}
