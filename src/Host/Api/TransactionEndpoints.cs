using System.Buffers;
using System.Text.Json;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>Submitting transactions, and what became of them.</summary>
internal sealed class TransactionEndpoints(ITransactionAdmission admission, Ledger.Ledger ledger, RateLimiter limiter, ApiCounters counters)
{
    /// <summary>The largest body, in bytes.</summary>
    public const int MaximumBodyBytes = 16 * 1024 * 1024;

    private const string Jose = "application/jose";
    private const string Json = "application/json";

    public void Map(IEndpointRouteBuilder routes)
    {
        MapSubmission(routes);
        routes.MapGet("/transactions/{id}", FindAsync).WithPolicy(Policy.Public)
            .Describe(FindAsync, "Transactions", "What became of a transaction")
            .Produces<TransactionResultDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400, 404, 503);
        routes.MapGet("/transactions/{id}/receipt", ReceiptAsync).WithPolicy(Policy.Public)
            .Describe(ReceiptAsync, "Transactions", "The receipt: proof of the outcome, verified offline")
            .Produces<ReceiptDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400, 404, 503);
    }

    /// <summary>Submission alone, for a server that keeps no index of past transactions.</summary>
    public void MapSubmission(IEndpointRouteBuilder routes) =>
        routes.MapPost("/transactions", SubmitAsync).WithPolicy(Policy.SignedTransaction)
            .Describe(SubmitAsync, "Transactions", "Submit signed transactions and wait until they are final",
                "application/jose: one compact JWS. application/json: an array of at most 1,000 items, each a compact JWS, a general JWS, "
                + "or an object with transaction and attachments. With Prefer: respond-async the answer is the node's signed acknowledgement.")
            .Accepts<IReadOnlyList<JsonElement>>(Json, Jose)
            .Produces<IReadOnlyList<TransactionResultDocument>>(StatusCodes.Status200OK, Json)
            .Produces<TransactionResultDocument>(StatusCodes.Status202Accepted, Json)
            .ProducesProblems(400, 413, 415, 422, 429, 503);

    private async Task SubmitAsync(HttpContext context)
    {
        var isArray = MediaTypeIs(context.Request.ContentType, Json);
        if (!isArray && !MediaTypeIs(context.Request.ContentType, Jose))
        {
            await Problem.WriteAsync(context, StatusCodes.Status415UnsupportedMediaType, ApiRefusals.UnsupportedMediaType);
            return;
        }
        var submissions = new List<Submission>(isArray ? 128 : 1);
        if (await ReadAsync(context, isArray, submissions) is { } refusal)
        {
            await Problem.WriteAsync(context, refusal.Code == "too_large" ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest, refusal);
            return;
        }
        var cancellation = context.RequestAborted;
        IReadOnlyList<SubmissionResult> results;
        try
        {
            results = IsAsync(context.Request)
                ? await admission.AdmitAsync(submissions, cancellation)
                : await admission.SubmitAsync(submissions, cancellation);
        }
        catch (AttachmentException fault)
        {
            // Thrown before anything came into the pool.
            var refused = AttachmentRefusal(fault);
            await Problem.WriteAsync(context, ApiRefusals.StatusOf(refused), refused);
            return;
        }
        Account(context, results);
        await (isArray ? AnswerAllAsync(context, results) : AnswerOneAsync(context, results[0]));
    }

    /// <summary>Reads the whole body into one pooled buffer and the items out of it.</summary>
    private static async Task<RefusalCode?> ReadAsync(HttpContext context, bool isArray, List<Submission> submissions)
    {
        var maximum = isArray ? MaximumBodyBytes : TransactionParser.MaximumBytes + 1;
        if (context.Request.ContentLength > maximum)
            return ApiRefusals.TooLarge;
        var buffer = ArrayPool<byte>.Shared.Rent((int)(context.Request.ContentLength ?? 64 * 1024) + 1);
        try
        {
            var length = 0;
            while (true)
            {
                if (length == buffer.Length)
                {
                    if (length > maximum)
                        return ApiRefusals.TooLarge;
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
                var read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted);
                if (read == 0)
                    break;
                length += read;
            }
            if (length > maximum)
                return ApiRefusals.TooLarge;
            if (isArray)
                return TransactionBody.ReadArray(buffer.AsSpan(0, length), submissions);
            submissions.Add(Submission.Of(buffer.AsSpan(0, length).ToArray()));
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static RefusalCode AttachmentRefusal(AttachmentException fault) => fault.Code == TransactionRefusals.StorageUnavailable.Code
        ? TransactionRefusals.StorageUnavailable
        : new RefusalCode(fault.Code, "The vault does not take one of the documents.");

    private void Account(HttpContext context, IReadOnlyList<SubmissionResult> results)
    {
        var failed = 0;
        var refused = 0;
        foreach (var result in results)
        {
            if (result.Refusal is not { } refusal)
                continue;
            refused++;
            if (refusal.Reason == TransactionRefusals.BadSignature)
                failed++;
        }
        counters.AddSubmitted(results.Count, refused);
        limiter.Charge(context, results.Count, failed);
    }

    private static async Task AnswerAllAsync(HttpContext context, IReadOnlyList<SubmissionResult> results)
    {
        var response = context.Response;
        response.ContentType = Json;
        await using (var writer = new Utf8JsonWriter(response.BodyWriter, AnswerOptions))
            TransactionAnswer.Write(writer, results);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    // What is written is made of ids, numbers and bytes that the ledger made; validation would look at each
    // again.
    private static readonly JsonWriterOptions AnswerOptions = new() { SkipValidation = true };

    private static async Task AnswerOneAsync(HttpContext context, SubmissionResult result)
    {
        if (result.Refusal is { } refusal)
        {
            await Problem.WriteAsync(context, ApiRefusals.StatusOf(refusal), refusal, result.Id.ToString());
            return;
        }
        if (result.Outcome is { IsSuccess: false } outcome)
        {
            // The meaning of a contract's code stands in its documentation; the certified outcome holds
            // code and facts.
            var reason = new RefusalCode(outcome.Code!, "The ledger executed the transaction and refused it.");
            await Problem.WriteAsync(context, StatusCodes.Status422UnprocessableEntity, new Refusal(reason, outcome.Facts), result.Id.ToString());
            return;
        }
        var response = context.Response;
        response.StatusCode = result.Acknowledgement is null ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
        response.ContentType = Json;
        await using (var writer = new Utf8JsonWriter(response.BodyWriter, AnswerOptions))
            TransactionAnswer.Write(writer, result);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private async Task FindAsync(HttpContext context)
    {
        if (await FindReceiptAsync(context) is not { } receipt)
            return;
        if (!BlockHeader.TryParse(receipt.Header, out var header) || !Ledger.Execution.Outcome.TryParse(receipt.Outcome, out var outcome))
            throw new InvalidOperationException("A stored block's header or outcome does not parse.");
        var result = new SubmissionResult { Id = receipt.Id, Height = header.Height, Index = (int)receipt.Path.Index, Outcome = outcome };
        var response = context.Response;
        response.ContentType = Json;
        await using (var writer = new Utf8JsonWriter(response.BodyWriter, AnswerOptions))
            TransactionAnswer.Write(writer, result);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private async Task ReceiptAsync(HttpContext context)
    {
        if (await FindReceiptAsync(context) is not { } receipt)
            return;
        context.Response.ContentType = Json;
        await context.Response.Body.WriteAsync(receipt.ToBytes(), context.RequestAborted);
    }

    /// <summary>The receipt that the path names, or null once the refusal is answered.</summary>
    private async Task<Receipt?> FindReceiptAsync(HttpContext context)
    {
        if (!Cryptography.Digest<Transaction>.TryParse(context.Request.RouteValues["id"] as string, out var id))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
            return null;
        }
        var receipt = ledger.FindReceipt(id, out var isComplete);
        if (receipt is null)
            await (isComplete
                ? Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownTransaction)
                : Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ApiRefusals.Busy));
        return receipt;
    }

    /// <summary>RFC 7240: the preferences are a comma-separated list, over one or several fields.</summary>
    private static bool IsAsync(HttpRequest request)
    {
        foreach (var field in request.Headers["Prefer"])
            foreach (var preference in (field ?? "").Split(','))
                if (preference.AsSpan().Trim() is "respond-async")
                    return true;
        return false;
    }

    internal static bool MediaTypeIs(string? contentType, string expected)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim().Equals(expected, StringComparison.OrdinalIgnoreCase);
    }
}
