namespace Counterfoil.Ledger.State;

/// <summary>
/// A fault: bytes that this software itself wrote as a key or a row do not read back. Never an answer to a user's input.
/// </summary>
public sealed class StateFormatException : Exception
{
    /// <summary>What did not read back.</summary>
    public StateFormatException(string message) : base(message)
    {
    }

    /// <summary>What did not read back, and the cause.</summary>
    public StateFormatException(string message, Exception cause) : base(message, cause)
    {
    }
}
