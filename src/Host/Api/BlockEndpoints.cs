using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>Certified blocks.</summary>
internal sealed class BlockEndpoints(Ledger.Ledger ledger)
{
    /// <summary>The most blocks of one list.</summary>
    public const int MaximumListed = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/blocks/{height}", FindAsync).WithPolicy(Policy.Public)
            .Describe(FindAsync, "Blocks", "A block with its leaves, header and certificate")
            .Produces<BlockDocument>(StatusCodes.Status200OK, "application/json").ProducesProblems(400, 404);
        routes.MapGet("/blocks/{height}/stored", StoredAsync).WithPolicy(Policy.Public)
            .Describe(StoredAsync, "Blocks", "A block as it lies in the log, for whoever follows the chain: docs/storage.md")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/octet-stream").ProducesProblems(400, 404);
        routes.MapGet("/blocks", ListAsync).WithPolicy(Policy.Public)
            .Describe(ListAsync, "Blocks", "Blocks in the order of their heights", "after: the height after which to begin, 0 unless told. limit: 1 to 100, 20 unless told.")
            .Query("after", "limit")
            .Produces<BlockListDocument>(StatusCodes.Status200OK, "application/json").ProducesProblems(400);
    }

    private Task FindAsync(HttpContext context)
    {
        if (!EndpointDescriptions.TryReadNumber(context.Request.RouteValues["height"] as string, long.MaxValue, out var height))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        return height <= ledger.Tip.Height && ledger.TryReadBlock(height, out var block)
            ? context.AnswerAsync(Document(block))
            : Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownBlock);
    }

    private Task StoredAsync(HttpContext context)
    {
        if (!EndpointDescriptions.TryReadNumber(context.Request.RouteValues["height"] as string, long.MaxValue, out var height))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        return height <= ledger.Tip.Height && ledger.TryReadBlock(height, out var block)
            ? context.AnswerBytesAsync("application/octet-stream", block.ToBytes())
            : Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownBlock);
    }

    private Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        long after = 0, limit = 20;
        if (query.Keys.Any(name => name is not ("after" or "limit"))
            || query.TryGetValue("after", out var afterText) && !EndpointDescriptions.TryReadNumber(afterText, long.MaxValue, out after)
            || query.TryGetValue("limit", out var limitText) && (!EndpointDescriptions.TryReadNumber(limitText, MaximumListed, out limit) || limit < 1))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        var blocks = new List<BlockSummaryDocument>();
        var tip = ledger.Tip.Height;
        var last = Math.Min(tip, after + limit);
        for (var height = after + 1; height <= last && ledger.TryReadBlock(height, out var block); height++)
            blocks.Add(Summary(block));
        return context.AnswerAsync(new BlockListDocument(blocks, blocks.Count > 0 && blocks[^1].Height < tip ? blocks[^1].Height : null));
    }

    public static BlockSummaryDocument Summary(StoredBlock block)
    {
        var due = block.Leaves.Count(leaf => leaf.Due is not null);
        return new BlockSummaryDocument(
            block.Header.Height, block.Id.ToString(), block.Header.Time, block.Leaves.Count - due, due, block.Header.CheckpointRoot is not null);
    }

    private static BlockDocument Document(StoredBlock block) => new(
        block.Id.ToString(),
        block.Header.Height,
        block.Header.Time,
        Base64Url.Encode(block.HeaderBytes),
        Element(block.HeaderBytes),
        Element(block.CertificateBytes),
        Base64Url.Encode(block.VrfProof),
        [.. block.Leaves.Select((leaf, index) => new LeafDocument(index, leaf.Id.ToString(), TransactionOf(leaf), DueOf(leaf), Element(leaf.Outcome)))]);

    private static JsonElement? TransactionOf(StoredLeaf leaf) =>
        leaf.Due is not null ? null
        : leaf.Transaction.Span[0] == (byte)'{' ? Element(leaf.Transaction)
        : JsonSerializer.SerializeToElement(System.Text.Encoding.ASCII.GetString(leaf.Transaction.Span));

    private static DueDocument? DueOf(StoredLeaf leaf) => leaf.Due is { } due
        ? new DueDocument(due.Contract, due.Timer, due.Due.UnixMilliseconds, Base64Url.Encode(due.Id.Span))
        : null;

    internal static JsonElement Element(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
