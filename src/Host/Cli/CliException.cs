namespace Counterfoil.Host.Cli;

/// <summary>A command that cannot do what was asked: one sentence for people and a stable code.</summary>
public sealed class CliException(string code, string sentence, Exception? cause = null) : Exception(sentence, cause)
{
    /// <summary>Stable, snake_case.</summary>
    public string Code { get; } = code;
}
