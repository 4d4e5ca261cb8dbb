namespace Counterfoil.Simulator.FullStack;

/// <summary>The power went: whatever the node was doing ends here, and what it says afterwards nobody hears.</summary>
internal sealed class PowerLossException() : Exception("The power went.");
