namespace Counterfoil.Contracts.Accounts;

/// <summary>What becomes of a fraction of the smallest unit.</summary>
public enum Rounding
{
    /// <summary>Dropped.</summary>
    Down = 1,

    /// <summary>Counted as a whole unit.</summary>
    Up = 2,

    /// <summary>To the nearest unit; one half to the even one.</summary>
    HalfEven = 3,

    /// <summary>To the nearest unit; one half upwards.</summary>
    HalfUp = 4,
}
