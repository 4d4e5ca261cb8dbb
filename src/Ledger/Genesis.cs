using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger;

/// <summary>
/// The document from which a ledger grows: its bytes are hashed to <c>net</c>, so two ledgers with a different beginning never take each other's
/// transactions.
/// </summary>
public sealed class Genesis
{
    /// <summary>The format version that this code reads.</summary>
    public const int FormatVersion = 1;

    private Genesis(byte[] bytes, GenesisDocument document)
    {
        Bytes = bytes;
        Document = document;
        Net = Digest<Net>.Of(bytes);
        Validators = new ValidatorSet(document.Validators);
    }

    /// <summary>The exact bytes.</summary>
    public byte[] Bytes { get; }

    /// <summary>The members.</summary>
    public GenesisDocument Document { get; }

    /// <summary>The ledger's name: SHA-256 of the bytes.</summary>
    public Digest<Net> Net { get; }

    /// <summary>The validators of the first block.</summary>
    public ValidatorSet Validators { get; }

    /// <summary>The time of the state before the first block.</summary>
    public Timestamp Time => new(Document.TimeMilliseconds);

    /// <summary>True on a ledger whose clock a walkthrough advances; never true where people hold money.</summary>
    public bool IsSandbox => Document.Sandbox;

    /// <summary>Reads and checks the bytes of a genesis document.</summary>
    /// <exception cref="GenesisException">They are not one, with the reason.</exception>
    public static Genesis Parse(byte[] bytes)
    {
        GenesisDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(bytes, GenesisJson.Instance.GenesisDocument);
        }
        catch (JsonException fault)
        {
            throw new GenesisException($"The genesis document has not the right form: {fault.Message}");
        }
        if (document is not { Format: FormatVersion } || document.Validators.Count == 0 || document.Rules < 1)
            throw new GenesisException("The genesis document is of another format or names no validator.");
        document.Parameters.Validate();
        return new Genesis(bytes, document);
    }

    /// <summary>Makes the document for a new ledger.</summary>
    public static Genesis Create(GenesisDocument document) =>
        Parse(JsonSerializer.SerializeToUtf8Bytes(document, GenesisJson.Instance.GenesisDocument));
}

/// <summary>The members of a genesis document.</summary>
public sealed record GenesisDocument
{
    /// <summary>The format version, 1.</summary>
    public required int Format { get; init; }

    /// <summary>A name for people, at most 100 characters; two ledgers of one name still differ by <c>net</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Milliseconds since the Unix epoch, UTC; every block is later.</summary>
    public required long TimeMilliseconds { get; init; }

    /// <summary>The version of the rules with which the ledger begins, from 1.</summary>
    public required int Rules { get; init; }

    /// <summary>True for a sandbox.</summary>
    public bool Sandbox { get; init; }

    /// <summary>The first validators.</summary>
    public required IReadOnlyList<Validator> Validators { get; init; }

    /// <summary>The kernel's parameters.</summary>
    public required LedgerParameters Parameters { get; init; }

    /// <summary>A section for each contract that begins with something, in the order in which they are applied.</summary>
    public required JsonElement Contracts { get; init; }
}

/// <summary>A validator's entry: keys of their own for each purpose, never shared.</summary>
/// <param name="Name">The organisation, for people.</param>
/// <param name="Account">The account of its node, which signs acknowledgements.</param>
/// <param name="ConsensusKey">Signs proposals and votes.</param>
/// <param name="VrfKey">Makes the block's randomness.</param>
/// <param name="Weight">Its vote's weight, at least 1.</param>
public sealed record Validator(string Name, AccountId Account, PublicKey ConsensusKey, PublicKey VrfKey, long Weight);

[JsonSerializable(typeof(GenesisDocument))]
internal sealed partial class GenesisJson : JsonSerializerContext
{
    public static GenesisJson Instance { get; } = new(MessageJson.NewOptions());
}
