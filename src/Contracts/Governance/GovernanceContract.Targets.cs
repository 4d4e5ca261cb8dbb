using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Governance;

public sealed partial class GovernanceContract
{
    private const int MaximumCommittee = 100;
    private const int MaximumSceneSeconds = 366 * 86_400;

    /// <inheritdoc/>
    public IEnumerable<GovernedAction> GovernedActions
    {
        get
        {
            var json = GovernanceJson.Instance;
            return
            [
                GovernedAction.Of("governance.resolve", SceneNames.OrdinaryProposal, json.ResolveMessage, Resolve),
                GovernedAction.Of("governance.set_parameter", SceneNames.Parameter, json.SetParameterMessage, SetParameter),
                GovernedAction.Of("governance.activate_rules", SceneNames.ContractUpgrade, json.ActivateRulesMessage, ActivateRules),
                GovernedAction.Of("governance.set_scene", SceneNames.ContractUpgrade, json.SceneMessage, SetScene),
                GovernedAction.Of("governance.set_committee", SceneNames.Emergency, json.CommitteeMessage, SetCommittee),
                GovernedAction.Of("governance.confirm_pause", SceneNames.Emergency, json.ConfirmPauseMessage, ConfirmPause),
                GovernedAction.Of("governance.lift_pause", SceneNames.Emergency, json.LiftPauseMessage, LiftPause),
                GovernedAction.Of("governance.reclaim", SceneNames.Reclaim, json.ReclaimMessage, Reclaim),
                GovernedAction.Of(
                    "governance.treasury_transfer", SceneNames.Treasury, json.TreasuryTransferMessage, PayFromTreasury,
                    "accounts.accounts", "accounts.balances"),
            ];
        }
    }

    /// <inheritdoc/>
    public LedgerParameters? Parameters
    {
        get
        {
            // Admission asks for every transaction: no copy for each parameter.
            return !configuration.Contains(Single) ? null : new LedgerParameters
            {
                MaximumValiditySeconds = Kernel("maximum_validity_seconds"),
                ClockSkewSeconds = Kernel("clock_skew_seconds"),
                MaximumBlockTransactions = Kernel("maximum_block_transactions"),
                MaximumBlockBytes = Kernel("maximum_block_bytes"),
                CheckpointIntervalBlocks = Kernel("checkpoint_interval_blocks"),
                CheckpointIntervalSeconds = Kernel("checkpoint_interval_seconds"),
                SponsorQuota = Kernel("sponsor_quota"),
            };
            int Kernel(string name) => checked((int)ParameterOf(name));
        }
    }

    /// <inheritdoc/>
    public int? RulesAt(long height) => rules.TryGet(Single, out var row) ? row.At(height) : null;

    /// <summary>The version that is activated next and from which height; null if none is.</summary>
    public (int Version, long Height)? NextRules =>
        rules.TryGet(Single, out var row) && row.Next != 0 ? (row.Next, row.FromHeight) : null;

    /// <inheritdoc/>
    public void Begin(ExecutionContext context, LedgerParameters parameters, int rules)
    {
        if (!configuration.Contains(Single))
            return;
        if (rules > latestRules)
            throw new GenesisException($"The genesis document begins with rules {rules}; this software knows up to {latestRules}.");
        foreach (var parameter in KernelParameter.All)
            this.parameters.Set(new(parameter.Name), new(parameter.Read(parameters)));
        this.rules.Set(Single, new RulesRow(rules, 0, 0));
    }

    /// <inheritdoc/>
    public string? FindBrokenInvariant(ExecutionContext context)
    {
        if (Parameters is not { } present)
            return null;
        if (present.FindOutOfRange() is { } property)
            return KernelParameter.All.First(parameter => parameter.Property == property).Name;
        foreach (var own in OwnParameters.All)
            if (ParameterOf(own.Name) < own.Minimum || ParameterOf(own.Name) > own.Maximum)
                return own.Name;
        return RulesAt(context.Height) > latestRules ? "rules" : null;
    }

    /// <summary>All parameters that a proposal can change, by name; none where there is no governance.</summary>
    public IReadOnlyDictionary<string, long> ParametersByName => !configuration.Contains(Single)
        ? new SortedDictionary<string, long>()
        : new SortedDictionary<string, long>(
            KernelParameter.All.Select(kernel => kernel.Name).Concat(OwnParameters.All.Select(own => own.Name))
                .ToDictionary(name => name, ParameterOf),
            StringComparer.Ordinal);

    /// <summary>A parameter's present value.</summary>
    /// <exception cref="InvariantBrokenException">There is none of that name.</exception>
    public long ParameterOf(string name) => parameters.TryGet(new(name), out var row)
        ? row.Value
        : throw new InvariantBrokenException($"parameter {name} is there");

    private void RegisterTargets(ContractRegistration registration)
    {
        var json = GovernanceJson.Instance;
        registration.Action("resolve", json.ResolveMessage, Resolve);
        registration.Action("set_parameter", json.SetParameterMessage, SetParameter);
        registration.Action("activate_rules", json.ActivateRulesMessage, ActivateRules);
        registration.Action("set_scene", json.SceneMessage, SetScene);
        registration.Action("set_committee", json.CommitteeMessage, SetCommittee);
        registration.Action("confirm_pause", json.ConfirmPauseMessage, ConfirmPause);
        registration.Action("lift_pause", json.LiftPauseMessage, LiftPause);
        registration.Action("reclaim", json.ReclaimMessage, Reclaim);
        registration.Action("treasury_transfer", json.TreasuryTransferMessage, PayFromTreasury);
    }

    // They are actions too, so that whoever sends one as a transaction has the refusal in a receipt.
    private static Refusal? DenyOthers(ExecutionContext context) =>
        context.Caller == ContractName ? null : (Refusal)GovernanceRefusals.CallerDenied;

    private static Refusal? Resolve(ExecutionContext context, ResolveMessage message) => DenyOthers(context);

    private Refusal? SetParameter(ExecutionContext context, SetParameterMessage message)
    {
        if (DenyOthers(context) is { } refusal)
            return refusal;
        // The quorum follows from the weights: what two quorums have in common must be an honest vote.
        if (message.Name == "quorum")
            return Broken("quorum");
        if (OwnParameters.All.FirstOrDefault(own => own.Name == message.Name) is { } definition)
        {
            if (message.Value < definition.Minimum || message.Value > definition.Maximum)
                return Broken(definition.Name);
        }
        else if (KernelParameter.All.FirstOrDefault(kernel => kernel.Name == message.Name) is { } parameter)
        {
            if (message.Value is < int.MinValue or > int.MaxValue
                || parameter.With(Parameters!, (int)message.Value).FindOutOfRange() is not null)
                return Broken(parameter.Name);
        }
        else
        {
            return GovernanceRefusals.UnknownParameter;
        }
        parameters.Set(new(message.Name), new(message.Value));
        context.Emit("governance.parameter_set", ("name", message.Name), ("value", Text.Of(message.Value)));
        return null;
    }

    private Refusal? ActivateRules(ExecutionContext context, ActivateRulesMessage message)
    {
        if (DenyOthers(context) is { } refusal)
            return refusal;
        if (message.Version > latestRules)
            return GovernanceRefusals.UnknownRules.With(("latest", Text.Of(latestRules)));
        var present = RulesAt(context.Height)!.Value;
        if (message.Version <= present || message.Height <= context.Height)
            return GovernanceRefusals.RulesNotAhead.With(
                ("version", Text.Of(present)), ("height", Text.Of(context.Height)));
        rules.Set(Single, new RulesRow(present, message.Version, message.Height));
        context.Emit(
            "governance.rules_activated",
            ("version", Text.Of(message.Version)), ("height", Text.Of(message.Height)));
        return null;
    }

    private Refusal? SetScene(ExecutionContext context, SceneMessage message)
    {
        if (DenyOthers(context) is { } refusal)
            return refusal;
        if (PutScene(message) is { } malformed)
            return malformed;
        context.Emit("governance.scene_set", ("scene", message.Scene));
        return null;
    }

    private Refusal? PutScene(SceneMessage message)
    {
        if (!IsName(message.Scene) || message.Deposit > MaximumSupply || message.MinHoldToPropose > MaximumSupply
            || message.VoteWindow is < 1 or > MaximumSceneSeconds || message.Delay is < 0 or > MaximumSceneSeconds
            || message.RequeueWindow is < 1 or > MaximumSceneSeconds)
            return GovernanceRefusals.MalformedRequest;
        if (message.PassPercent is < 51 or > 100)
            return Broken("pass_percent");
        if (message.QuorumPercent is < 0 or > 100)
            return Broken("quorum_percent");
        if (!scenes.Contains(new(message.Scene)) && scenes.Count >= MaximumScenes)
            return GovernanceRefusals.MalformedRequest;
        if (PutMembership(message) is { } refusal)
            return refusal;
        scenes.Set(new(message.Scene), new SceneRow(
            message.MinHoldToPropose, message.Deposit, message.QuorumPercent, message.PassPercent,
            message.VoteWindow, message.Delay, message.RequeueWindow));
        return null;
    }

    private Refusal? SetCommittee(ExecutionContext context, CommitteeMessage message)
    {
        if (DenyOthers(context) is { } refusal)
            return refusal;
        if (PutCommittee(message) is { } malformed)
            return malformed;
        context.Emit("governance.committee_set", ("members", Text.Of(message.Members.Count)));
        return null;
    }

    private Refusal? PutCommittee(CommitteeMessage message)
    {
        if (message.Members.Count > MaximumCommittee || IsTwice(message.Members)
            || message.Threshold < 1 || message.Threshold > message.Members.Count)
            return GovernanceRefusals.MalformedRequest;
        configuration.TryGet(Single, out var row);
        configuration.Set(Single, row! with { Committee = [.. message.Members], Threshold = message.Threshold });
        return null;
    }

    private void PutOwnParameters(IReadOnlyDictionary<string, long>? given)
    {
        if (given?.Keys.FirstOrDefault(name => OwnParameters.All.All(own => own.Name != name)) is { } unknown)
            throw new GenesisException($"The section governance names a parameter that is none: {unknown}.");
        foreach (var own in OwnParameters.All)
        {
            var value = given is not null && given.TryGetValue(own.Name, out var chosen) ? chosen : own.Default;
            Accept(value < own.Minimum || value > own.Maximum ? Broken(own.Name) : null, $"parameter {own.Name}");
            parameters.Set(new(own.Name), new(value));
        }
    }

    private Refusal? PayFromTreasury(ExecutionContext context, TreasuryTransferMessage message) =>
        DenyOthers(context) ?? accounts.Transfer(context, Treasury, message.To, message.Amount);
}
