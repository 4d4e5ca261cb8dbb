using System.Text.Json.Serialization;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Tests.Harness;

/// <summary>A contract as a scheme would write one, whose rule the test gives: for the operations that contracts offer each other.</summary>
internal sealed class ProbeContract(string name = "probe") : Contract
{
    public override string Name => name;

    public Func<ExecutionContext, Refusal?> Rule { get; set; } = _ => null;

    /// <summary>What its timer "later" does.</summary>
    public Func<ExecutionContext, Refusal?> LaterRule { get; set; } = _ => null;

    public override void Register(ContractRegistration registration)
    {
        registration.Action("run", ProbeJson.Instance.ProbeMessage, (context, _) => Rule(context));
        registration.Timer("later", (context, _) => LaterRule(context) is { } refusal ? DueOutcome.Failed(refusal.Reason) : DueOutcome.Done);
    }
}

internal sealed record ProbeMessage;

[JsonSerializable(typeof(ProbeMessage))]
internal sealed partial class ProbeJson : JsonSerializerContext
{
    public static ProbeJson Instance { get; } = new(MessageJson.NewOptions());
}
