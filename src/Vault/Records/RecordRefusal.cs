using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Vault.Records;

/// <summary>Why a confidential record was not taken: a value with a stable snake_case code. Never holds content.</summary>
/// <param name="Code">The code, as it goes over HTTP and onto the ledger.</param>
public sealed record RecordRefusal(string Code)
{
    /// <summary>Not in the form that this kernel writes: JSON, members, ranges, canonical order.</summary>
    public static RecordRefusal Malformed { get; } = new("malformed");

    /// <summary>The signed original does not fit into the size that the caller names.</summary>
    public static RecordRefusal TooLarge { get; } = new("too_large");

    /// <summary>What is inside is not what was anchored, or not for this reader, or does not open.</summary>
    public static RecordRefusal EnvelopeMismatch { get; } = new("envelope_mismatch");

    /// <summary>A signature that must be there is not, or does not verify under an active key of its signer.</summary>
    public static RecordRefusal SignatureInvalid { get; } = new("signature_invalid");
}

/// <summary>A value or a refusal.</summary>
/// <typeparam name="T">The value.</typeparam>
public sealed class RecordResult<T>
    where T : class
{
    private readonly T? value;

    private RecordResult(T? value, RecordRefusal? refusal)
    {
        this.value = value;
        Refusal = refusal;
    }

    /// <summary>Why there is no value; null if there is one.</summary>
    public RecordRefusal? Refusal { get; }

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">The result is a refusal.</exception>
    public T Value => value ?? throw new InvalidOperationException($"Refused as {Refusal!.Code}.");

    /// <summary>Gives the value if there is one.</summary>
    public bool TryGet([NotNullWhen(true)] out T? found) => (found = value) is not null;

    /// <summary>An accepted result.</summary>
    public static RecordResult<T> Accept(T value) => new(value, null);

    /// <summary>A refused result.</summary>
    public static RecordResult<T> Refuse(RecordRefusal refusal) => new(null, refusal);

    /// <summary>An accepted result.</summary>
    public static implicit operator RecordResult<T>(T value) => Accept(value);

    /// <summary>A refused result.</summary>
    public static implicit operator RecordResult<T>(RecordRefusal refusal) => Refuse(refusal);
}
