using System.Text.Json.Serialization;
using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Tests.Governance;

/// <summary>
/// A contract with a value that only governance sets and a limit that anybody sets: the value may not be above it. Under rules 2 it
/// counts a tick as 100, under rules 1 as 1; software that knows rules 1 only has the same code up to there.
/// </summary>
internal sealed class GovernedProbe(int knownRules) : Contract, IGovernedContract
{
    private Table<TextKey, ParameterRow> values = null!;

    public override string Name => "governed";

    public IEnumerable<GovernedAction> GovernedActions =>
        [GovernedAction.Of("governed.set", SceneNames.Parameter, GovernedProbeJson.Instance.GovernedValueMessage, Set)];

    public static GovernedProbe OpenIn(KernelContracts kernel, int knownRules = 1)
    {
        var probe = new GovernedProbe(knownRules);
        kernel.Governance.Govern(probe);
        return probe;
    }

    public override void Register(ContractRegistration registration)
    {
        values = registration.Table<TextKey, ParameterRow>("values");
        registration.Action("limit", GovernedProbeJson.Instance.GovernedValueMessage, (_, message) => Put("limit", message.Value));
        registration.Action("tick", GovernedProbeJson.Instance.GovernedTickMessage, (context, _) => Put("ticks", ValueOf("ticks") + Step(context.Rules)));
    }

    public string? FindBrokenInvariant(ExecutionContext context) => ValueOf("limit") != 0 && ValueOf("value") > ValueOf("limit") ? "value_below_limit" : null;

    public long ValueOf(string name) => values.TryGet(new(name), out var row) ? row.Value : 0;

    private Refusal? Set(ExecutionContext context, GovernedValueMessage message) =>
        context.Caller == "governance" ? Put("value", message.Value) : GovernanceRefusals.CallerDenied;

    private Refusal? Put(string name, long value)
    {
        values.Set(new(name), new(value));
        return null;
    }

    private int Step(int rules) => rules > knownRules ? throw new InvalidOperationException($"Rules {rules} are not known.") : rules == 1 ? 1 : 100;
}

internal sealed record GovernedValueMessage(long Value);

internal sealed record GovernedTickMessage;

[JsonSerializable(typeof(GovernedValueMessage))]
[JsonSerializable(typeof(GovernedTickMessage))]
internal sealed partial class GovernedProbeJson : JsonSerializerContext
{
    public static GovernedProbeJson Instance { get; } = new(MessageJson.NewOptions());
}
