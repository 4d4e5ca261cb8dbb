namespace Counterfoil.Contracts.Governance;

/// <summary>What votes in a scene.</summary>
public static class Weightings
{
    /// <summary>Tokens that are locked.</summary>
    public const string Token = "token";

    /// <summary>Members, each once.</summary>
    public const string Membership = "membership";
}
