using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Governance;

/// <summary>
/// An action that a passed proposal may run: it belongs to exactly one scene, whose thresholds
/// decide. Its rule is called through <see cref="ExecutionContext.Call"/> with the caller
/// <c>governance</c>, and checks that itself.
/// </summary>
public sealed class GovernedAction
{
    private readonly Func<JsonElement, object?> parse;
    private readonly Func<ExecutionContext, object, Refusal?> apply;

    private GovernedAction(
        string name,
        string scene,
        Func<JsonElement, object?> parse,
        Func<ExecutionContext, object, Refusal?> apply,
        IReadOnlyList<string> additiveTables)
    {
        Name = name;
        Scene = scene;
        this.parse = parse;
        this.apply = apply;
        AdditiveTables = additiveTables;
    }

    /// <summary>The action, <c>contract.action</c>.</summary>
    public string Name { get; }

    /// <summary>The scene (see <see cref="SceneNames"/>).</summary>
    public string Scene { get; }

    /// <summary>
    /// Tables whose rows the action changes by a difference and not to a value, such as balances: a
    /// proposal need not name what it writes there, and others may change them meanwhile. Else anybody
    /// could stop a payment by sending its recipient one unit.
    /// </summary>
    public IReadOnlyList<string> AdditiveTables { get; }

    /// <summary>Describes an action.</summary>
    /// <param name="name">The action, <c>contract.action</c>.</param>
    /// <param name="scene">The scene.</param>
    /// <param name="format">The strict JSON form of its argument.</param>
    /// <param name="apply">The rule: null, or why not.</param>
    /// <param name="additiveTables">See <see cref="AdditiveTables"/>.</param>
    public static GovernedAction Of<TMessage>(
        string name,
        string scene,
        JsonTypeInfo<TMessage> format,
        Func<ExecutionContext, TMessage, Refusal?> apply,
        params IReadOnlyList<string> additiveTables)
        where TMessage : class =>
        new(
            name,
            scene,
            argument => Read(argument, format),
            (context, message) => apply(context, (TMessage)message),
            additiveTables);

    /// <summary>Runs the action in an inner call.</summary>
    /// <returns>Null, <c>malformed_argument</c>, or the rule's refusal.</returns>
    internal Refusal? Run(ExecutionContext context, JsonElement argument) =>
        parse(argument) is { } message
            ? apply(context, message)
            : TransactionRefusals.MalformedArgument;

    private static TMessage? Read<TMessage>(JsonElement argument, JsonTypeInfo<TMessage> format)
        where TMessage : class
    {
        try
        {
            return argument.Deserialize(format);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // A string with an unpaired surrogate.
            return null;
        }
    }
}

/// <summary>A contract that lets governance run some of its actions.</summary>
public interface IGovernedContract
{
    /// <summary>Its actions that are open to governance.</summary>
    IEnumerable<GovernedAction> GovernedActions { get; }

    /// <summary>
    /// Looks whether what the contract must keep to still holds; asked after every action that
    /// governance ran, of all contracts.
    /// </summary>
    /// <returns>The broken invariant's name, snake_case; null if all hold.</returns>
    string? FindBrokenInvariant(ExecutionContext context) => null;
}

/// <summary>
/// Where the validators stand that members elect; the contract that admits nodes provides it.
/// </summary>
public interface IElectedSeats
{
    /// <summary>The seats as they are now.</summary>
    IReadOnlyList<Seat> Seats { get; }

    /// <summary>Whether the candidate may stand with this node: it has an active entry of its own with three keys.</summary>
    /// <returns>Null, or why not.</returns>
    Refusal? CheckCandidate(ExecutionContext context, AccountId candidate, AccountId node);

    /// <summary>Fills the seats by an inner call of <c>governance</c>: in force two blocks later.</summary>
    /// <returns>Null, or why not.</returns>
    Refusal? Fill(ExecutionContext context, IReadOnlyList<Seat> seats);
}

/// <summary>A validator's seat.</summary>
/// <param name="Node">The account of the node.</param>
/// <param name="Weight">Its vote's weight, at least 1.</param>
public sealed record Seat(AccountId Node, long Weight);

/// <summary>The scenes that the kernel's own actions belong to; others may be added.</summary>
public static class SceneNames
{
    /// <summary>Decisions without effect on the ledger.</summary>
    public const string OrdinaryProposal = "ordinary_proposal";

    /// <summary>The kernel's parameters.</summary>
    public const string Parameter = "parameter";

    /// <summary>Rules versions and scenes.</summary>
    public const string ContractUpgrade = "contract_upgrade";

    /// <summary>Who validates.</summary>
    public const string ValidatorElection = "validator_election";

    /// <summary>What the community's account pays.</summary>
    public const string Treasury = "treasury";

    /// <summary>What follows a pause.</summary>
    public const string Emergency = "emergency";

    /// <summary>Tokens of accounts that nobody uses.</summary>
    public const string Reclaim = "reclaim";
}
