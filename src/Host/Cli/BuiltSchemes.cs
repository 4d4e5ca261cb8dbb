using System.Reflection;
using System.Text.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Host.Cli;

/// <summary>The schemes that this program has; fresh objects, since each belongs to one node.</summary>
internal static class BuiltSchemes
{
    // One assembly a family.
    private static readonly Assembly[] Families = [typeof(MarketDay).Assembly];

    public static IReadOnlyList<IScheme> Create() => SchemeDiscovery.CreateAll(Families);

    /// <summary>The schemes with only those of their roles that run on this node; all of them for null.</summary>
    /// <exception cref="CliException"><c>unknown_role</c>.</exception>
    public static IReadOnlyList<IScheme> CreateWith(IReadOnlyList<string>? roles)
    {
        var schemes = Create();
        if (roles is null)
            return schemes;
        var known = schemes.SelectMany(scheme => scheme.Roles).Select(role => role.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var role in roles)
            if (!known.Contains(role))
                throw new CliException(
                    "unknown_role", $"No scheme has a role {role}; there are {(known.Count == 0 ? "none" : string.Join(", ", known.Order(StringComparer.Ordinal)))}.");
        return [.. schemes.Select(scheme => new SchemeOfSomeRoles(scheme, roles))];
    }

    private sealed class SchemeOfSomeRoles(IScheme inner, IReadOnlyList<string> roles) : IScheme
    {
        public SchemeCard Card => inner.Card;

        public IReadOnlyList<RefusalCode> Refusals => inner.Refusals;

        public IReadOnlyList<SchemeRole> Roles { get; } = [.. inner.Roles.Where(role => roles.Contains(role.Name))];

        public IReadOnlyDictionary<string, JsonElement> GenesisSections => inner.GenesisSections;

        public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) => inner.CreateContracts(kernel);

        public Walkthrough CreateWalkthrough() => inner.CreateWalkthrough();
    }
}
