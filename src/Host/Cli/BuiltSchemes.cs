using System.Reflection;
using Counterfoil.Host.Composition;
using Counterfoil.Schemes;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;
using Counterfoil.Schemes.Network.CommunityGovernance;

namespace Counterfoil.Host.Cli;

/// <summary>The schemes that this program has; fresh objects, since each belongs to one node.</summary>
internal static class BuiltSchemes
{
    // One assembly a family.
    private static readonly Assembly[] Families = [typeof(MarketDay).Assembly, typeof(CommunityGovernanceScheme).Assembly];

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
        return SchemeOfSomeRoles.Of(schemes, roles);
    }
}
