using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>Marker for a block's id: SHA-256 of its header's bytes as made.</summary>
public sealed class Block
{
    private Block() { }
}

/// <summary>What validators certify. Its bytes are kept as made; the id is their SHA-256.</summary>
public sealed record BlockHeader
{
    /// <summary>The format version that this code makes.</summary>
    public const int FormatVersion = 1;

    /// <summary>The ledger.</summary>
    public required Digest<Net> Net { get; init; }

    /// <summary>The format version, 1.</summary>
    public required int Format { get; init; }

    /// <summary>The version of the rules by which the block was executed.</summary>
    public required int Rules { get; init; }

    /// <summary>1 for the first block.</summary>
    public required long Height { get; init; }

    /// <summary>The round in which the block was first proposed.</summary>
    public required int BuiltRound { get; init; }

    /// <summary>The id of the block before; null in the first.</summary>
    public Digest<Block>? Parent { get; init; }

    /// <summary>Block time: milliseconds since the Unix epoch, UTC, later than the parent's.</summary>
    public required long Time { get; init; }

    /// <summary>RFC 9162 root over leaves SHA-256(0x00 ‖ id ‖ outcome bytes), due work first.</summary>
    public required Digest<MerkleNode> TransactionsRoot { get; init; }

    /// <summary>The root of the state before this block; only in checkpoint blocks.</summary>
    public Digest<LedgerState>? CheckpointRoot { get; init; }

    /// <summary>The digest of the validators that certify this block.</summary>
    public required Digest<ValidatorSet> Validators { get; init; }

    /// <summary>The digest of the validators that certify the next block.</summary>
    public required Digest<ValidatorSet> NextValidators { get; init; }

    /// <summary>The account of the validator that built the block.</summary>
    public required AccountId Builder { get; init; }

    /// <summary>The block's VRF output; its input is the previous output and the height. The proof travels beside the header.</summary>
    public required Digest<VrfOutput> Randomness { get; init; }

    /// <summary>The bytes to be hashed, certified and kept.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeaderJson.Instance.BlockHeader);

    /// <summary>Reads a header's bytes.</summary>
    /// <returns>False if they have not the form of a header.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out BlockHeader? header)
    {
        header = null;
        try
        {
            header = JsonSerializer.Deserialize(bytes, HeaderJson.Instance.BlockHeader);
        }
        catch (JsonException)
        {
            return false;
        }
        return header is { Format: FormatVersion, Height: >= 1, BuiltRound: >= 0, Time: > 0 } && header.Parent is null == (header.Height == 1);
    }
}

[JsonSerializable(typeof(BlockHeader))]
internal sealed partial class HeaderJson : JsonSerializerContext
{
    public static HeaderJson Instance { get; } = new(MessageJson.NewOptions());
}
