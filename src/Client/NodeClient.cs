using System.Net;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client;

/// <summary>
/// A node over HTTP: refusals come back as values, faults (no connection, an answer of no known form) as <see cref="NodeFaultException"/>.
/// Safe for concurrent use. <b>Source:</b> kernel.md section 8.
/// </summary>
public sealed partial class NodeClient : IDisposable
{
    /// <summary>The most transactions in one request.</summary>
    public const int MaximumBatch = 1_000;

    /// <summary>The largest answer that is read, in bytes.</summary>
    public const int MaximumAnswerBytes = 64 * 1024 * 1024;

    private readonly HttpClient http;
    private readonly bool ownsHttp;

    /// <summary>A client at a node's address.</summary>
    public NodeClient(Uri node) : this(LoopbackHttp.CreateClient(node), ownsHttp: true) { }

    /// <summary>A client over an HTTP client that has the node as its base address.</summary>
    /// <param name="http">The HTTP client.</param>
    /// <param name="ownsHttp">True if it is disposed with this object.</param>
    public NodeClient(HttpClient http, bool ownsHttp = false)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.BaseAddress is null)
            throw new ArgumentException("The HTTP client has no base address.", nameof(http));
        this.http = http;
        this.ownsHttp = ownsHttp;
    }

    /// <summary>The node's address.</summary>
    public Uri Address => http.BaseAddress!;

    /// <summary>Submits a transaction and waits until it is refused or final.</summary>
    public async Task<SubmissionAnswer> SubmitAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellation = default) =>
        (await SubmitAsync([Submission.Of(transaction)], cancellation).ConfigureAwait(false))[0];

    /// <summary>Submits transactions with their attachments and waits until each is refused or final.</summary>
    /// <param name="submissions">1 to <see cref="MaximumBatch"/>, 16 MiB in all.</param>
    /// <param name="cancellation">Ends the waiting; what was sent may still become final.</param>
    /// <returns>An answer for each, in their order.</returns>
    /// <exception cref="NodeRefusedException">The whole request was refused, such as for its size.</exception>
    public Task<IReadOnlyList<SubmissionAnswer>> SubmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default) =>
        SubmitAsync(submissions, respondAsync: false, cancellation);

    /// <summary>Submits transactions and waits until each is refused or admitted; the outcome is in the receipt later.</summary>
    /// <param name="submissions">1 to <see cref="MaximumBatch"/>, 16 MiB in all.</param>
    /// <param name="cancellation">Ends the waiting; what was sent may still become final.</param>
    /// <returns>An answer for each, in their order; those admitted have an acknowledgement.</returns>
    /// <exception cref="NodeRefusedException">The whole request was refused, such as for its size.</exception>
    public Task<IReadOnlyList<SubmissionAnswer>> AdmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default) =>
        SubmitAsync(submissions, respondAsync: true, cancellation);

    /// <summary>The receipt of a transaction of any time; refused as <c>unknown_transaction</c> while it is in no block.</summary>
    public async Task<NodeResult<Receipt>> GetReceiptAsync(Digest<Transaction> id, CancellationToken cancellation = default)
    {
        using var response = await GetAsync($"transactions/{id}/receipt", cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            return NodeResult<Receipt>.Refuse(await ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
        var bytes = await ReadBytesAsync(response, cancellation).ConfigureAwait(false);
        return NodeResult<Receipt>.Accept(Receipt.Parse(bytes) ?? throw new NodeFaultException("The answer is no receipt."));
    }

    /// <summary>What became of a transaction; refused as <c>unknown_transaction</c> while it is in no block.</summary>
    public Task<NodeResult<SubmissionAnswer>> GetTransactionAsync(Digest<Transaction> id, CancellationToken cancellation = default) =>
        GetAsync($"transactions/{id}", json => SubmissionAnswer.Of(json, HttpStatusCode.OK), cancellation);

    /// <summary>Where the node stands.</summary>
    public async Task<NodeStatus> GetStatusAsync(CancellationToken cancellation = default) =>
        (await GetAsync("status", NodeStatus.Of, cancellation).ConfigureAwait(false)).Value;

    /// <summary>The ledger's genesis document, exact bytes; the caller compares its <c>Net</c> with what it trusts.</summary>
    /// <exception cref="NodeFaultException">The answer is no genesis document.</exception>
    public async Task<Genesis> GetGenesisAsync(CancellationToken cancellation = default)
    {
        using var response = await GetAsync("genesis", cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new NodeRefusedException(await ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
        try
        {
            return Genesis.Parse(await ReadBytesAsync(response, cancellation).ConfigureAwait(false));
        }
        catch (Ledger.Execution.GenesisException fault)
        {
            throw new NodeFaultException("The answer is no genesis document.", fault);
        }
    }

    /// <summary>A certified block; refused as <c>unknown_block</c> above the node's height.</summary>
    public Task<NodeResult<NodeBlock>> GetBlockAsync(long height, CancellationToken cancellation = default) =>
        GetAsync($"blocks/{height}", NodeBlock.Of, cancellation);

    /// <summary>Changes of validators that blocks above a height announce, in order; nothing is trusted before <see cref="TrustedValidators"/> took it.</summary>
    /// <param name="after">The height of the last change that is known, 0 for none.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<NodeResult<NodeValidatorChanges>> GetValidatorChangesAsync(long after, CancellationToken cancellation = default) =>
        GetAsync($"validators/changes?after={after}", NodeValidatorChanges.Of, cancellation);

    /// <summary>The rows of a bucket, as digests, with the proof against the last checkpoint: the node does not learn which row is meant.</summary>
    /// <param name="table">A table's name.</param>
    /// <param name="bucket">0 to 65,535.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<NodeResult<NodeBucket>> GetBucketAsync(string table, int bucket, CancellationToken cancellation = default) =>
        GetAsync($"proofs/{Uri.EscapeDataString(table)}/buckets/{bucket}", NodeBucket.Of, cancellation);

    /// <summary>An account as of the last block.</summary>
    public Task<NodeResult<NodeAccount>> GetAccountAsync(AccountId account, CancellationToken cancellation = default) =>
        GetAsync($"accounts/{account}", NodeAccount.Of, cancellation);

    /// <summary>What the anchors contract holds of a record, as JSON.</summary>
    /// <param name="record">The record's id.</param>
    /// <param name="version">One version; all of them by default.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<NodeResult<NodeJson>> GetAnchorAsync(string record, long? version = null, CancellationToken cancellation = default) =>
        GetAsync(version is null ? $"anchors/{Uri.EscapeDataString(record)}" : $"anchors/{Uri.EscapeDataString(record)}/{version}", NodeJson.Of, cancellation);

    /// <summary>A right as of the last block, as JSON.</summary>
    public Task<NodeResult<NodeJson>> GetRightAsync(string right, CancellationToken cancellation = default) =>
        GetAsync($"rights/{Uri.EscapeDataString(right)}", NodeJson.Of, cancellation);

    /// <summary>An item of the registry as of the last block, as JSON.</summary>
    public Task<NodeResult<NodeJson>> GetItemAsync(string item, CancellationToken cancellation = default) =>
        GetAsync($"items/{Uri.EscapeDataString(item)}", NodeJson.Of, cancellation);

    /// <summary>The certificates registered for an account, as JSON.</summary>
    public Task<NodeResult<NodeJson>> GetCertificatesAsync(AccountId account, CancellationToken cancellation = default) =>
        GetAsync($"certificates/{account}", NodeJson.Of, cancellation);

    /// <summary>Advances a sandbox's clock; refused as <c>not_found</c> on any other ledger.</summary>
    /// <param name="by">Whole seconds, above zero.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<NodeResult<NodeJson>> AdvanceClockAsync(TimeSpan by, CancellationToken cancellation = default) =>
        PostAsync("sandbox/clock", $$"""{"advance_seconds":{{(long)by.TotalSeconds}}}""", cancellation);

    /// <summary>Sets a sandbox's clock to a later time; refused as <c>not_found</c> on any other ledger.</summary>
    public Task<NodeResult<NodeJson>> MoveClockAsync(Timestamp to, CancellationToken cancellation = default) =>
        PostAsync("sandbox/clock", $$"""{"to":{{to.UnixMilliseconds}}}""", cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (ownsHttp)
            http.Dispose();
    }
}

/// <summary>An answer whose members the caller reads itself.</summary>
/// <param name="Root">The JSON object.</param>
public sealed record NodeJson(JsonElement Root)
{
    internal static NodeJson Of(JsonElement json) => new(json.Clone());
}
