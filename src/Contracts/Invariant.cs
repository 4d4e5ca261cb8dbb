namespace Counterfoil.Contracts;

/// <summary>
/// Assertions on money and state that stay on in release: before the write and after the read. A
/// broken one is a bug, not a refusal; the block does not stand.
/// </summary>
internal static class Invariant
{
    public static void Require(bool holds, string invariant)
    {
        if (!holds)
            throw new InvariantBrokenException(invariant);
    }
}

/// <summary>State contradicts itself: a fault of the software or of the machine.</summary>
public sealed class InvariantBrokenException(string invariant) : Exception($"This must hold and does not: {invariant}.");
