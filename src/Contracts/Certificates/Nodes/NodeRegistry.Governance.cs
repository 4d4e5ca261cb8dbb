using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <content>What governance decides; it reaches these by inner calls, never a transaction.</content>
public sealed partial class NodeRegistry
{
    /// <summary>The contract whose inner calls change parameters and seats.</summary>
    public const string GovernanceContract = "governance";

    private const int MaximumSeats = 1_000;

    internal IEnumerable<GovernedAction> GovernedActionsOf(Contract contract) =>
    [
        GovernedAction.Of(
            "certificates.set_parameters", SceneNames.Parameter, NodesJson.Instance.SetNodeParametersMessage,
            (context, message) => SetParameters(context.For(contract), message.Parameters)),
        GovernedAction.Of(
            "certificates.elect", SceneNames.ValidatorElection, NodesJson.Instance.ElectMessage,
            (context, message) => Elect(context.For(contract), message.Seats)),
    ];

    /// <summary>Why nobody can be elected with this node: <c>unknown_node</c>.</summary>
    /// <param name="node">The node's account.</param>
    internal RefusalCode? FaultOfCandidate(AccountId node) =>
        TryFindByAccount(node, out _, out var row) && row.Status == NodeStatus.Active && !row.ConsensusKey.IsUnset && !row.VrfKey.IsUnset
            ? null
            : NodeRefusals.UnknownNode;

    /// <summary>Changes the parameters; requests that are open keep theirs.</summary>
    /// <param name="context">An inner call of governance.</param>
    /// <param name="changed">All parameters.</param>
    /// <returns><c>not_governance</c>, <c>malformed_request</c> with the parameter's name, <c>too_few_validators</c>.</returns>
    public Refusal? SetParameters(ExecutionContext context, NodeParameters changed)
    {
        if (context.Caller != GovernanceContract)
            return NodeRefusals.NotGovernance;
        if (changed.FindFault() is { } fault)
            return NodeRefusals.MalformedRequest.With(("parameter", fault));
        if (changed.MinimumValidators > Validators.Count)
            return NodeRefusals.TooFewValidators;
        // The moment of a warning follows from a parameter.
        var former = Parameters;
        if (former.WarningDays != changed.WarningDays)
            foreach (var (key, row) in nodes.From(Only, int.MaxValue))
                if (row.Status == NodeStatus.Active)
                    context.Cancel(WarningTimer, WarningOf(row), TimerId(key.Text));
        parameters.Set(Only, new NodeParametersRow(changed));
        if (former.WarningDays != changed.WarningDays)
            foreach (var (key, row) in nodes.From(Only, int.MaxValue))
                if (row.Status == NodeStatus.Active)
                    ScheduleTimers(context, key.Text, row);
        RefreshValidators(context);
        context.Emit("certificates.parameters_changed");
        return null;
    }

    /// <summary>Gives the validators' seats: those named get role and weight, all others lose both and stay as peers.</summary>
    /// <param name="context">An inner call of governance.</param>
    /// <param name="seats">All seats; each one of those that are there, or an active node with its consensus and VRF keys, once.</param>
    /// <returns><c>not_governance</c>, <c>malformed_request</c>, <c>unknown_node</c>, <c>too_few_validators</c>.</returns>
    public Refusal? Elect(ExecutionContext context, IReadOnlyList<Seat> seats)
    {
        if (context.Caller != GovernanceContract)
            return NodeRefusals.NotGovernance;
        if (seats.Count is 0 or > MaximumSeats || seats.Any(seat => seat.Weight is < 1 or > 1_000_000_000)
            || seats.DistinctBy(seat => seat.Node).Count() != seats.Count)
            return NodeRefusals.MalformedRequest;
        if (seats.Count < Parameters.MinimumValidators)
            return NodeRefusals.TooFewValidators;
        // Who sits and is held although its time is over is no reason to elect nobody else.
        var sitting = Validators.Select(validator => new Seat(validator.Account, validator.Weight)).ToHashSet();
        foreach (var seat in seats)
            if (!sitting.Contains(seat) && FaultOfCandidate(seat.Node) is { } fault)
                return fault.With(("account", seat.Node.ToString()));
        foreach (var seat in seats)
            if (TryFindByAccount(seat.Node, out var name, out var row) && (!row.IsValidator || row.Weight != seat.Weight))
                Put(context, name, row with { Roles = row.Roles | NodeRoles.Validator, Weight = seat.Weight });
        var named = seats.Select(seat => seat.Node).ToHashSet();
        foreach (var validator in Validators)
            if (TryFindByAccount(validator.Account, out var node, out var row) && !named.Contains(validator.Account))
                Put(context, node, row with { Roles = (row.Roles & ~NodeRoles.Validator) | NodeRoles.Peer, Weight = 0 });
        // Once for all seats: nobody is told of a set in between.
        RefreshValidators(context);
        context.Emit("certificates.elected", ("seats", Text.Of(seats.Count)));
        return null;
    }

    private void Put(ExecutionContext context, string node, NodeRow row)
    {
        var changed = row with { Since = context.Height, Decision = GovernanceContract };
        nodes.Set(new Ledger.State.TextKey(node), changed);
        Follow(context, node, changed, concernsValidators: false);
    }
}
