using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Governance;

/// <summary>
/// Members decide by tokens that they lock: parameters, rules versions, validators and the
/// community's money. Who may propose, vote or stand follows from what the account holds and has locked
/// in the scene at this point of the ledger; what passed runs as an inner call by a timer, without
/// an administrator. Without a section <c>governance</c> in genesis there is none, and everything stays
/// as genesis has it.
/// </summary>
public sealed partial class GovernanceContract : Contract, IRuleDirectory, IGovernedContract
{
    /// <summary>The largest supply, so that a hundred times of it fits into 128 bits.</summary>
    public static readonly UInt128 MaximumSupply = UInt128.One << 120;

    /// <summary>The most open locks of an account in a scene.</summary>
    public const int MaximumLocks = 64;

    /// <summary>The most scenes.</summary>
    public const int MaximumScenes = 32;

    /// <summary>The purpose of the community's keyless account (<see cref="AccountId.OfContract"/>).</summary>
    public const string TreasuryPurpose = "treasury";

    private const string ContractName = "governance";

    private static readonly TextKey Single = new("");

    private readonly AccountsContract accounts;
    private readonly IElectedSeats? seats;
    private readonly int latestRules;
    private readonly List<IGovernedContract> governed;
    private readonly Dictionary<string, GovernedAction> targets = new(StringComparer.Ordinal);

    private Table<TextKey, ConfigurationRow> configuration = null!;
    private Table<TextKey, TokenUnitsRow> supply = null!;
    private Table<TextKey, SceneRow> scenes = null!;
    private Table<TextKey, ParameterRow> parameters = null!;
    private Table<TextKey, RulesRow> rules = null!;
    private Table<AccountKey, TokenRow> tokens = null!;
    private Table<LockKey, TokenUnitsRow> locks = null!;
    private Table<ProposalId, ProposalRow> proposals = null!;
    private Table<ProposalId, BallotRow> ballots = null!;
    private Table<VoteKey, VoteRow> votes = null!;
    private Table<SceneAccountKey, DelegationRow> delegations = null!;
    private Table<SceneAccountKey, CountRow> delegates = null!;

    /// <summary>The rules for one ledger.</summary>
    /// <param name="accounts">The accounts.</param>
    /// <param name="seats">Where elected validators sit; null where nobody is elected.</param>
    /// <param name="latestRules">The newest version of the rules that this software knows.</param>
    /// <param name="governed">Contracts that let governance run some of their actions.</param>
    internal GovernanceContract(
        AccountsContract accounts,
        IElectedSeats? seats,
        int latestRules,
        params IEnumerable<IGovernedContract> governed)
    {
        this.accounts = accounts;
        this.seats = seats;
        this.latestRules = latestRules;
        this.governed = [];
        Govern(this);
        foreach (var contract in governed)
            Govern(contract);
    }

    /// <inheritdoc/>
    public override string Name => ContractName;

    /// <summary>Opens another contract's actions to governance; before the ledger begins.</summary>
    public void Govern(IGovernedContract contract)
    {
        governed.Add(contract);
        foreach (var action in contract.GovernedActions)
            if (!targets.TryAdd(action.Name, action))
                throw new InvalidOperationException($"The governed action {action.Name} is declared twice.");
    }

    /// <summary>All actions that are open to governance, by name.</summary>
    public IReadOnlyList<GovernedAction> Targets =>
        [.. targets.Values.OrderBy(action => action.Name, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public override void Register(ContractRegistration registration)
    {
        configuration = registration.Table<TextKey, ConfigurationRow>("configuration");
        supply = registration.Table<TextKey, TokenUnitsRow>("supply");
        scenes = registration.Table<TextKey, SceneRow>("scenes", ordered: true);
        parameters = registration.Table<TextKey, ParameterRow>("parameters");
        rules = registration.Table<TextKey, RulesRow>("rules");
        tokens = registration.Table<AccountKey, TokenRow>("tokens", ordered: true);
        locks = registration.Table<LockKey, TokenUnitsRow>("locks", ordered: true);
        proposals = registration.Table<ProposalId, ProposalRow>("proposals", ordered: true);
        ballots = registration.Table<ProposalId, BallotRow>("ballots");
        votes = registration.Table<VoteKey, VoteRow>("votes", ordered: true);
        delegations = registration.Table<SceneAccountKey, DelegationRow>("delegations");
        delegates = registration.Table<SceneAccountKey, CountRow>("delegates");
        RegisterTokens(registration);
        RegisterProposals(registration);
        RegisterVotes(registration);
        RegisterMembers(registration);
        RegisterTargets(registration);
        RegisterEmergency(registration);
        RegisterReclaim(registration);
        RegisterElection(registration);
    }

    /// <inheritdoc/>
    public override void Initialise(ExecutionContext context, JsonElement section)
    {
        GovernanceGenesis genesis;
        try
        {
            genesis = section.Deserialize(GovernanceJson.Instance.GovernanceGenesis)
                ?? throw new GenesisException("The section governance is null.");
        }
        catch (JsonException fault)
        {
            throw new GenesisException($"The section governance has not the right form: {fault.Message}");
        }
        if (genesis.Founders.Count is 0 or > MaximumCommittee || IsTwice(genesis.Founders))
            throw new GenesisException("The section governance names no founders, too many, or one twice.");
        if ((genesis.Supply is null) != (genesis.Distribution is null))
            throw new GenesisException("The section governance gives supply and distribution together or not at all.");
        configuration.Set(Single, new ConfigurationRow([.. genesis.Founders], [], 0));
        foreach (var scene in genesis.Scenes)
            Accept(scenes.Contains(new(scene.Scene)) ? GovernanceRefusals.MalformedRequest : PutScene(scene), $"scene {scene.Scene}");
        if (genesis.Committee is { } committee)
            Accept(PutCommittee(committee), "committee");
        PutOwnParameters(genesis.Parameters);
        Accept(context.Call(inner => accounts.OpenContractAccount(inner, TreasuryPurpose, out _)), "treasury");
        if (genesis.Supply is { } units)
            Accept(Distribute(context, units, genesis.Distribution!), "distribution");
    }

    /// <summary>The community's account, which only a passed proposal spends from.</summary>
    public static AccountId Treasury { get; } = AccountId.OfContract(ContractName, TreasuryPurpose);

    /// <summary>True if the token exists.</summary>
    public bool IsInitialised => supply.Contains(Single);

    /// <summary>All units that exist.</summary>
    public UInt128 Supply => supply.TryGet(Single, out var row) ? row.Units : 0;

    /// <summary>The account's units, locked ones too.</summary>
    public UInt128 TotalOf(AccountId account) => tokens.TryGet(new(account), out var row) ? row.Total : 0;

    /// <summary>What open proposals, votes and elections of a scene hold of the account's units.</summary>
    public UInt128 LockedOf(AccountId account, string scene) => OpenLocks(account, scene).Units;

    /// <summary>The account's power in a scene: its units less those that are locked there.</summary>
    public UInt128 AvailableOf(AccountId account, string scene)
    {
        var (total, locked) = (TotalOf(account), LockedOf(account, scene));
        Invariant.Require(locked <= total, "no more is locked in a scene than the account has");
        return total - locked;
    }

    /// <summary>What the account can give away: its units less the most that a scene holds.</summary>
    public UInt128 TransferableOf(AccountId account)
    {
        UInt128 most = 0;
        foreach (var (_, units) in OpenLocksByScene(account))
            most = UInt128.Max(most, units);
        var total = TotalOf(account);
        Invariant.Require(most <= total, "no more is locked in a scene than the account has");
        return total - most;
    }

    /// <summary>A scene.</summary>
    public bool TryGetScene(string scene, [NotNullWhen(true)] out SceneRow? row) => scenes.TryGet(new(scene), out row);

    /// <summary>All scenes in the order of their names.</summary>
    public IReadOnlyList<KeyValuePair<string, SceneRow>> Scenes =>
        [.. scenes.From(Single, MaximumScenes).Select(pair => KeyValuePair.Create(pair.Key.Text, pair.Value))];

    /// <summary>What was proposed and how it stands.</summary>
    public bool TryGetProposal(
        ProposalId proposal,
        [NotNullWhen(true)] out ProposalRow? row,
        [NotNullWhen(true)] out BallotRow? ballot)
    {
        ballot = null;
        return proposals.TryGet(proposal, out row) && ballots.TryGet(proposal, out ballot);
    }

    /// <summary>Proposals in the order of their ids.</summary>
    /// <param name="from">The smallest id wanted.</param>
    /// <param name="limit">The most that are wanted.</param>
    public IReadOnlyList<ProposalId> ProposalsFrom(ProposalId from, int limit) =>
        [.. proposals.From(from, limit).Select(pair => pair.Key)];

    /// <summary>The entry of an owner in a vote that has not been cleared.</summary>
    public bool TryGetVote(ProposalId proposal, AccountId owner, out VoteRow row) =>
        votes.TryGet(new(proposal, owner), out row);

    /// <summary>The entries of a vote that have not been cleared, in the order of their owners.</summary>
    /// <param name="proposal">The proposal.</param>
    /// <param name="from">The smallest owner wanted.</param>
    /// <param name="limit">The most that are wanted.</param>
    public IReadOnlyList<KeyValuePair<AccountId, VoteRow>> VotesOf(ProposalId proposal, AccountId from, int limit) =>
    [
        .. votes.From(new(proposal, from), limit).TakeWhile(pair => pair.Key.Proposal == proposal)
            .Select(pair => KeyValuePair.Create(pair.Key.Owner, pair.Value)),
    ];

    /// <summary>How many lock records are stored, closed ones too.</summary>
    public int LockCount => locks.Count;

    /// <summary>Who votes for the account in a scene, if somebody does.</summary>
    public bool TryGetDelegation(AccountId owner, string scene, out DelegationRow row) =>
        delegations.TryGet(new(owner, scene), out row);

    private static void Accept(Refusal? refusal, string place)
    {
        if (refusal is not null)
            throw new GenesisException($"The section governance, {place}: {refusal}.");
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 32
        && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_');

    private static bool IsTwice(IReadOnlyList<AccountId> list) => list.ToHashSet().Count != list.Count;

    private static Refusal NoPermission(UInt128 needed, UInt128 available) =>
        GovernanceRefusals.NoGovernancePermission.With(("needed", Text.Of(needed)), ("available", Text.Of(available)));
}
