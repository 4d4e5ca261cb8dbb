using System.Text.Json;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Governance;

/// <summary>
/// What a new ledger begins with where nobody says otherwise: whoever begins it is the only founder and
/// may create the token once. Until then nobody decides anything, and everything stays as genesis has it.
/// </summary>
public static class GovernanceDefaults
{
    private const int Hour = 3_600;
    private const int Day = 24 * Hour;

    /// <summary>The deposit and least holding of every scene, units: a thousandth of a supply of a million.</summary>
    public const int Deposit = 1_000;

    /// <summary>The scenes: what weighs more takes longer and needs more.</summary>
    public static IReadOnlyList<SceneMessage> Scenes { get; } =
    [
        Scene(SceneNames.OrdinaryProposal, 20, 51, 3 * Day, 0),
        Scene(SceneNames.Parameter, 40, 51, 7 * Day, 2 * Day),
        Scene(SceneNames.ContractUpgrade, 40, 67, 14 * Day, 7 * Day),
        Scene(SceneNames.ValidatorElection, 40, 67, 7 * Day, 2 * Day),
        Scene(SceneNames.Treasury, 40, 51, 7 * Day, 2 * Day),
        Scene(SceneNames.Emergency, 40, 67, Day, 0),
        Scene(SceneNames.Reclaim, 40, 67, 30 * Day, 7 * Day),
    ];

    /// <summary>The section <c>governance</c> of a genesis document.</summary>
    /// <param name="founder">Who creates the token.</param>
    public static JsonElement Section(AccountId founder) => JsonSerializer.SerializeToElement(
        new GovernanceGenesis([founder], Scenes), GovernanceJson.Instance.GovernanceGenesis);

    private static SceneMessage Scene(string name, int quorum, int pass, int window, int delay) =>
        new(name, Deposit, Deposit, quorum, pass, window, delay, 7 * Day);
}
