using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// Proof of what became of a transaction or of due work: whoever has the validators' keys checks it offline. <b>Source:</b> kernel.md section 3.
/// </summary>
public sealed record Receipt
{
    /// <summary>The transaction's id, or the receipt id of due work.</summary>
    public required Digest<Transaction> Id { get; init; }

    /// <summary>The signed transaction: a string (compact) or an object (general); null for due work.</summary>
    public JsonNode? Transaction { get; init; }

    /// <summary>The due work; null for a transaction.</summary>
    public ReceiptDue? Due { get; init; }

    /// <summary>The outcome's exact bytes.</summary>
    [JsonConverter(typeof(Base64UrlBytesConverter))]
    public required byte[] Outcome { get; init; }

    /// <summary>From the leaf to the header's root.</summary>
    public required ReceiptPath Path { get; init; }

    /// <summary>The header's exact bytes.</summary>
    [JsonConverter(typeof(Base64UrlBytesConverter))]
    public required byte[] Header { get; init; }

    /// <summary>The block certificate, general JWS.</summary>
    public required JsonNode Certificate { get; init; }

    /// <summary>The receipt of the leaf at an index of a block.</summary>
    public static Receipt Of(StoredBlock block, int index)
    {
        var leaf = block.Leaves[index];
        return new Receipt
        {
            Id = leaf.Id,
            Transaction = leaf.Due is not null ? null : leaf.Transaction.Span[0] == (byte)'{'
                ? JsonNode.Parse(leaf.Transaction.Span) : JsonValue.Create(System.Text.Encoding.ASCII.GetString(leaf.Transaction.Span)),
            Due = leaf.Due is { } due ? new ReceiptDue(due.Contract, due.Timer, due.Due.UnixMilliseconds, due.Id.ToArray()) : null,
            Outcome = leaf.Outcome.ToArray(),
            Path = new ReceiptPath(index, block.Leaves.Count, MerkleTree.InclusionPath(block.MerkleLeaves(), index)),
            Header = block.HeaderBytes,
            Certificate = JsonNode.Parse(block.CertificateBytes)!,
        };
    }

    /// <summary>The receipt as JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ReceiptJson.Instance.Receipt);

    /// <summary>Reads a receipt; null if it has not the form.</summary>
    public static Receipt? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ReceiptJson.Instance.Receipt);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Checks everything that the receipt says: the signed bytes have the id, id and outcome are in the block's tree, the block is certified.
    /// </summary>
    /// <param name="validators">The validators of that height, known from a source that the caller trusts.</param>
    /// <param name="verified">The header and outcome, where the result is null.</param>
    /// <returns>Null, or <c>malformed</c>, <c>id_mismatch</c>, <c>not_in_block</c> or <c>bad_certificate</c>.</returns>
    public RefusalCode? Verify(ValidatorSet validators, out VerifiedReceipt? verified)
    {
        verified = null;
        return TryRead(out var header, out var outcome) ? Verify(header, outcome, validators, out verified) : ReceiptRefusals.Malformed;
    }

    /// <summary>
    /// Checks everything that the receipt says, by the validators that certified its height.
    /// </summary>
    /// <param name="trusted">The ledger's validators, as far as changes are known.</param>
    /// <param name="verified">The header and outcome, where the result is null.</param>
    /// <returns>
    /// Null, or <c>malformed</c>, <c>wrong_net</c>, <c>unknown_validators</c>, <c>id_mismatch</c>, <c>not_in_block</c> or <c>bad_certificate</c>.
    /// </returns>
    public RefusalCode? Verify(TrustedValidators trusted, out VerifiedReceipt? verified)
    {
        ArgumentNullException.ThrowIfNull(trusted);
        verified = null;
        if (!TryRead(out var header, out var outcome))
            return ReceiptRefusals.Malformed;
        return trusted.Find(header, out var validators) ?? Verify(header, outcome, validators!, out verified);
    }

    private bool TryRead([NotNullWhen(true)] out BlockHeader? header, [NotNullWhen(true)] out Outcome? outcome)
    {
        outcome = null;
        return BlockHeader.TryParse(Header, out header) && Execution.Outcome.TryParse(Outcome, out outcome) && Path.Index >= 0 && Path.Index < Path.Size;
    }

    private RefusalCode? Verify(BlockHeader header, Outcome outcome, ValidatorSet validators, out VerifiedReceipt? verified)
    {
        verified = null;
        if (!IdMatches())
            return ReceiptRefusals.IdMismatch;
        if (!MerkleTree.VerifyInclusion(BlockTree.Leaf(Id, Outcome), (ulong)Path.Index, (ulong)Path.Size, [.. Path.Hashes], header.TransactionsRoot))
            return ReceiptRefusals.NotInBlock;
        var block = Digest<Block>.Of(Header);
        if (!BlockCertificate.TryParse(JsonSerializer.SerializeToUtf8Bytes(Certificate), out var certificate) || !certificate.Verify(header, block, validators))
            return LightRefusals.BadCertificate;
        verified = new VerifiedReceipt(Id, header, block, outcome);
        return null;
    }

    /// <summary>The transaction's bytes as they were signed, the general form as compact JSON; empty for due work.</summary>
    public byte[] TransactionBytes() => Transaction switch
    {
        null => [],
        JsonValue text when text.TryGetValue<string>(out var compact) => System.Text.Encoding.ASCII.GetBytes(compact),
        var general => JsonSerializer.SerializeToUtf8Bytes(general),
    };

    private bool IdMatches()
    {
        if (Due is { } due)
            return Transaction is null && new DueKey(new Timestamp(due.Due), due.Contract, due.Timer, due.Id).ReceiptId == Id;
        return TransactionParser.Parse(TransactionBytes(), out var transaction) is null && transaction!.Id == Id;
    }
}

/// <summary>The path from a leaf to the root of its block. <b>Source:</b> RFC 9162 section 2.1.3.</summary>
/// <param name="Index">The leaf's index, from 0.</param>
/// <param name="Size">The number of leaves.</param>
/// <param name="Hashes">The siblings, from the leaf upwards.</param>
public sealed record ReceiptPath(long Index, long Size, IReadOnlyList<Digest<MerkleNode>> Hashes);

/// <summary>Due work in a receipt.</summary>
/// <param name="Contract">The contract.</param>
/// <param name="Timer">The timer's name.</param>
/// <param name="Due">When it was due: milliseconds since the Unix epoch, UTC.</param>
/// <param name="Id">The id that the contract gave it.</param>
public sealed record ReceiptDue(string Contract, string Timer, long Due, [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Id);

/// <summary>What a receipt proves once it is checked.</summary>
/// <param name="Id">The transaction or due work.</param>
/// <param name="Header">The certified header.</param>
/// <param name="Block">The block's id.</param>
/// <param name="Outcome">What became of it.</param>
public sealed record VerifiedReceipt(Digest<Transaction> Id, BlockHeader Header, Digest<Block> Block, Outcome Outcome);

/// <summary>Why a receipt proves nothing; in order of precedence. Its block may be refused besides, as <see cref="LightRefusals"/> say.</summary>
public static class ReceiptRefusals
{
    /// <summary>Not a receipt.</summary>
    public static readonly RefusalCode Malformed = new("malformed", "The receipt has not the right form.");

    /// <summary>The transaction has another id.</summary>
    public static readonly RefusalCode IdMismatch = new("id_mismatch", "The transaction in the receipt is not the one that it names.");

    /// <summary>The path does not lead to the header's root.</summary>
    public static readonly RefusalCode NotInBlock = new("not_in_block", "The transaction with this outcome is not in the block.");
}

[JsonSerializable(typeof(Receipt))]
internal sealed partial class ReceiptJson : JsonSerializerContext
{
    public static ReceiptJson Instance { get; } = new(MessageJson.NewOptions());
}
