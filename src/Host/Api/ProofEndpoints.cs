using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>
/// Proofs of values and absences: a whole bucket at a time, so that the node does not learn which row is
/// meant.
/// </summary>
internal sealed class ProofEndpoints(Ledger.Ledger ledger, ContractSet contracts)
{
    private const int Attempts = 20;

    private readonly HashSet<string> tables = [.. contracts.State.Tables.Select(table => table.Name)];

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/proofs/{table}/buckets/{bucket}", FindAsync).WithPolicy(Policy.Public)
            .Describe(FindAsync, "Proofs", "The rows of a bucket and their path to the last checkpoint root",
                "A bucket is the first 16 bits of a row's key digest, 0 to 65535; it holds the rows of all tables.")
            .Produces<BucketProofDocument>(StatusCodes.Status200OK, "application/json").ProducesProblems(400, 404, 503);

    private async Task FindAsync(HttpContext context)
    {
        // A history table's past rows stand under a name with a slash, which a path brings percent-encoded.
        var table = (context.Request.RouteValues["table"] as string ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (!tables.Contains(table))
        {
            await Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownTable);
            return;
        }
        if (!EndpointDescriptions.TryReadNumber(context.Request.RouteValues["bucket"] as string, 65_535, out var bucket))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.UnknownBucket);
            return;
        }
        // While a checkpoint block is being stored its root is in the tree already and its header not yet
        // in the log.
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryProve((int)bucket) is { } document)
            {
                await context.AnswerAsync(document);
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), context.RequestAborted);
        }
        await Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ApiRefusals.Busy);
    }

    private BucketProofDocument? TryProve(int bucket)
    {
        var (proof, height) = ledger.ProveBucket(bucket);
        if (height == 0 || !ledger.TryReadBlock(height, out var block) || block.Header.CheckpointRoot is not { } root || proof.ComputeRoot() != root)
            return null;
        return new BucketProofDocument(
            bucket,
            [.. proof.Entries.Select(entry => new BucketEntryDocument(entry.Key.ToString(), entry.Value.ToString()))],
            [.. proof.Path.Select(node => node.ToString())],
            new CheckpointDocument(Base64Url.Encode(block.HeaderBytes), BlockEndpoints.Element(block.CertificateBytes)));
    }
}
