namespace Counterfoil.Ledger;

/// <summary>
/// A reason to say no that the product promises to keep: the code is part of the interface, the meaning is what a person is told.
/// </summary>
/// <param name="Code">Stable, snake_case, 1 to 40 characters.</param>
/// <param name="Meaning">One sentence that a person understands.</param>
/// <param name="Transient">True if the same request may succeed later without being changed.</param>
public sealed record RefusalCode(string Code, string Meaning, bool Transient = false)
{
    /// <summary>A refusal for this reason with the facts of the case, such as needed and available.</summary>
    public Refusal With(params ReadOnlySpan<(string Name, string Value)> facts) => new(this, facts.ToArray());
}

/// <summary>
/// An expected "no" of the rules: a value, never an exception. It changes nothing but the replay table and leaves a receipt.
/// Handlers return <c>null</c> where they accept.
/// </summary>
public sealed class Refusal
{
    /// <summary>A refusal with the facts of the case.</summary>
    public Refusal(RefusalCode reason, IReadOnlyList<(string Name, string Value)> facts)
    {
        Reason = reason;
        Facts = facts;
    }

    /// <summary>Why.</summary>
    public RefusalCode Reason { get; }

    /// <summary>The stable code.</summary>
    public string Code => Reason.Code;

    /// <summary>Named values that say how far off it was; never secret or personal.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; }

    /// <summary>A reason alone is a refusal without facts.</summary>
    public static implicit operator Refusal(RefusalCode reason) => FromRefusalCode(reason);

    /// <summary>A reason alone is a refusal without facts.</summary>
    public static Refusal FromRefusalCode(RefusalCode reason) => new(reason, []);

    /// <summary>The code and its facts, for logs.</summary>
    public override string ToString() =>
        Facts.Count == 0 ? Code : $"{Code} ({string.Join(", ", Facts.Select(fact => $"{fact.Name} {fact.Value}"))})";
}
