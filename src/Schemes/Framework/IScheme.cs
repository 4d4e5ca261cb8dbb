using System.Text.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes;

/// <summary>
/// A business protocol that is built: its card, its contracts, its roles and its walkthrough. An object belongs to one node; composing it is all that
/// a host does to have the scheme.
/// </summary>
public interface IScheme
{
    /// <summary>
    /// What it is, always the same object: <c>Catalogue.Of("D1")</c> for one of the 46 that are specified, else a card of its own.
    /// </summary>
    SchemeCard Card { get; }

    /// <summary>The codes that the scheme promises to refuse with; its walkthrough shows each of them.</summary>
    IReadOnlyList<RefusalCode> Refusals { get; }

    /// <summary>The roles that an organisation runs; their names are unique on a node, since each is a host name.</summary>
    IReadOnlyList<SchemeRole> Roles { get; }

    /// <summary>The scheme's own contracts, none if the kernel's are enough. Called once for each ledger.</summary>
    /// <param name="kernel">The kernel's contracts of that ledger: <c>kernel.Get&lt;AnchorsContract&gt;()</c>.</param>
    IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel);

    /// <summary>The sections that the genesis document of a new ledger gets for the scheme's contracts, by contract name; none by default.</summary>
    IReadOnlyDictionary<string, JsonElement> GenesisSections => new Dictionary<string, JsonElement>();

    /// <summary>The published standards that its messages follow, for <c>docs/schemes.md</c>; none by default.</summary>
    IReadOnlyList<string> Standards => [];

    /// <summary>The independent programs that check it in tests, for <c>docs/schemes.md</c>; none by default.</summary>
    IReadOnlyList<string> Peers => [];

    /// <summary>True if people use it in a browser.</summary>
    bool HasBrowserPage => false;

    /// <summary>How many validators it is walked on; one by default.</summary>
    int Validators => 1;

    /// <summary>How many newcomers it is walked on beside them: nodes that nobody is connected with until the members admit them; none by default.</summary>
    int Followers => 0;

    /// <summary>A fresh walkthrough; it keeps the state of one walk.</summary>
    Walkthrough CreateWalkthrough();
}

/// <summary>Finds the contracts that a scheme needs among those of a ledger.</summary>
public static class ContractLookup
{
    /// <summary>The only contract of this type.</summary>
    /// <exception cref="InvalidOperationException">There is none: the host composed the ledger without it.</exception>
    public static TContract Get<TContract>(this IEnumerable<Contract> contracts)
        where TContract : Contract =>
        contracts.OfType<TContract>().SingleOrDefault()
            ?? throw new InvalidOperationException($"The ledger is composed without {typeof(TContract).Name}.");
}
