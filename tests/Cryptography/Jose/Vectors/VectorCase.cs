namespace Counterfoil.Cryptography.Tests.Jose.Vectors;

/// <summary>One published case: what is expected, what it needs, and how it is tried.</summary>
/// <param name="File">The file under ../shared/vectors.</param>
/// <param name="Id">The case's name in it.</param>
/// <param name="IsValid">True if it must be accepted.</param>
/// <param name="IsOffered">
/// False if it needs an algorithm, key type, size or compression that we do not offer.
/// </param>
/// <param name="Try">Tries it: null if accepted with the published result, else the refusal.</param>
public sealed record VectorCase(string File, string Id, bool IsValid, bool IsOffered, Func<string?> Try)
{
    /// <summary>The refusal of a case whose accepted result is not the published one: never right.</summary>
    public const string OtherResult = "other_result";

    public VectorVerdict Judge() => Try() switch
    {
        null => IsValid && IsOffered ? VectorVerdict.Passed : VectorVerdict.Failed,
        OtherResult => VectorVerdict.Failed,
        "unsupported_algorithm" when !IsOffered => VectorVerdict.NotOffered,
        _ => IsValid ? VectorVerdict.Failed : VectorVerdict.Passed,
    };
}

public enum VectorVerdict
{
    Failed,
    Passed,
    NotOffered,
}
