namespace Counterfoil.Ledger.Execution;

/// <summary>
/// The versions of the rules that this software executes: all from 1 to the latest. A contract keeps its behaviour under each, so that the blocks of old
/// replay to the same state.
/// </summary>
public static class RulesVersions
{
    /// <summary>The newest one. Validators run software that knows a version before members decide to activate it.</summary>
    public const int Latest = 1;
}
