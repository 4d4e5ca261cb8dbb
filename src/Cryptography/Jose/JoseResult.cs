using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Cryptography.Jose;

/// <summary>What was asked for, or the code of the refusal.</summary>
/// <typeparam name="T">The value of an accepted result.</typeparam>
public readonly struct JoseResult<T>
    where T : notnull
{
    private readonly T? value;
    private readonly string? code;
    private readonly bool accepted;

    private JoseResult(T? value, string? code)
    {
        this.value = value;
        this.code = code;
        accepted = code is null;
    }

    /// <summary>The refusal's code in snake_case, or null if there is a value.</summary>
    public string? Refusal => accepted ? null : code ?? JoseRefusal.Malformed.Code;

    /// <summary>True if there is a value.</summary>
    public bool IsAccepted => accepted;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">The result is a refusal.</exception>
    public T Value =>
        TryGet(out var found) ? found : throw new InvalidOperationException($"Refused as {Refusal}.");

    /// <summary>Gives the value if there is one.</summary>
    public bool TryGet([NotNullWhen(true)] out T? found)
    {
        found = value;
        return accepted && found is not null;
    }

    /// <summary>An accepted result.</summary>
    public static JoseResult<T> Accept(T value) => new(value, null);

    /// <summary>A refused result.</summary>
    public static JoseResult<T> Refuse(JoseRefusal refusal) => new(default, refusal.Code);

    /// <summary>The same refusal for another kind of value.</summary>
    /// <exception cref="InvalidOperationException">The result is not a refusal.</exception>
    public JoseResult<TOther> As<TOther>()
        where TOther : notnull =>
        JoseResult<TOther>.Refuse(
            new JoseRefusal(Refusal ?? throw new InvalidOperationException("The result is accepted.")));

    /// <summary>An accepted result.</summary>
    public static implicit operator JoseResult<T>(T value) => Accept(value);

    /// <summary>A refused result.</summary>
    public static implicit operator JoseResult<T>(JoseRefusal refusal) => Refuse(refusal);

    /// <summary>The code, or the value's text.</summary>
    public override string ToString() => Refusal ?? value!.ToString()!;
}
