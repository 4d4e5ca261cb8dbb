using System.Reflection;

namespace Counterfoil.Schemes;

/// <summary>
/// Finds the schemes of the families' assemblies, so that a new scheme touches no list: it is built by being there.
/// </summary>
public static class SchemeDiscovery
{
    /// <summary>Makes one object of every scheme in the assemblies, in the catalogue's order.</summary>
    /// <exception cref="InvalidOperationException">A scheme has no public constructor without parameters, or a card is not the catalogue's.</exception>
    public static IReadOnlyList<IScheme> CreateAll(params IReadOnlyList<Assembly> families)
    {
        var schemes = families.Distinct().SelectMany(family => family.GetExportedTypes())
            .Where(type => typeof(IScheme).IsAssignableFrom(type) && type is { IsClass: true, IsAbstract: false })
            .Select(Create).ToList();
        return [.. Catalogue.With(schemes).Where(entry => entry.Scheme is not null).Select(entry => entry.Scheme!)];
    }

    private static IScheme Create(Type type) =>
        type.GetConstructor(Type.EmptyTypes) is not null
            ? (IScheme)Activator.CreateInstance(type)!
            : throw new InvalidOperationException($"{type.FullName} has no public constructor without parameters.");
}
