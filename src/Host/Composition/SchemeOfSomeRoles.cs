using System.Text.Json;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Host.Composition;

/// <summary>A scheme with all its contracts and only those of its roles that run on this node.</summary>
internal sealed class SchemeOfSomeRoles : IScheme
{
    private readonly IScheme inner;

    private SchemeOfSomeRoles(IScheme inner, IReadOnlyList<string> roles)
    {
        this.inner = inner;
        Roles = [.. inner.Roles.Where(role => roles.Contains(role.Name))];
    }

    public SchemeCard Card => inner.Card;

    public IReadOnlyList<Ledger.RefusalCode> Refusals => inner.Refusals;

    public IReadOnlyList<SchemeRole> Roles { get; }

    public IReadOnlyDictionary<string, JsonElement> GenesisSections => inner.GenesisSections;

    public int Validators => inner.Validators;

    public int Followers => inner.Followers;

    /// <summary>The schemes with these roles alone.</summary>
    public static IReadOnlyList<IScheme> Of(IReadOnlyList<IScheme> schemes, IReadOnlyList<string> roles) =>
        [.. schemes.Select(scheme => new SchemeOfSomeRoles(scheme, roles))];

    public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) => inner.CreateContracts(kernel);

    public Walkthrough CreateWalkthrough() => inner.CreateWalkthrough();
}
