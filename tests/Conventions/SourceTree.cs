using System.Reflection;
using Counterfoil.Testing;

namespace Counterfoil.Conventions.Tests;

/// <summary>The project's own sources and assemblies, as the conventions look at them.</summary>
internal static class SourceTree
{
    /// <summary>The kernel: everything below Schemes.</summary>
    public static readonly IReadOnlyList<string> KernelFolders = ["Cryptography", "Ledger", "Contracts", "Vault", "Client"];

    /// <summary>The assemblies of the families that are referenced by the host.</summary>
    public static IReadOnlyList<Assembly> FamilyAssemblies { get; } =
    [
        .. Directory.GetFiles(AppContext.BaseDirectory, "Counterfoil.Schemes.*.dll").Where(path => !path.EndsWith(".Tests.dll", StringComparison.Ordinal))
            .Select(Assembly.LoadFrom),
    ];

    /// <summary>The C# files below a folder of the project, without what the build makes.</summary>
    public static IReadOnlyList<string> Files(params ReadOnlySpan<string> folder)
    {
        var path = Path.Combine([Shared.Root, .. folder]);
        return Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories).Where(file => !IsBuilt(file))] : [];
    }

    /// <summary>
    /// The folders of the schemes that are built: src/Schemes/{Family}/{Scheme} with a file of the scheme's
    /// name.
    /// </summary>
    public static IReadOnlyList<(string Family, string Scheme, string Path)> SchemeFolders { get; } =
    [
        .. Directory.EnumerateDirectories(Path.Combine(Shared.Root, "src", "Schemes")).Where(family => Path.GetFileName(family) != "Framework")
            .SelectMany(Directory.EnumerateDirectories)
            .Where(scheme => File.Exists(Path.Combine(scheme, Path.GetFileName(scheme) + ".cs")))
            .Select(scheme => (Path.GetFileName(Path.GetDirectoryName(scheme))!, Path.GetFileName(scheme), scheme)),
    ];

    public static string Relative(string path) => Path.GetRelativePath(Shared.Root, path);

    private static bool IsBuilt(string path) =>
        path.Contains("/obj/", StringComparison.Ordinal) || path.Contains("/bin/", StringComparison.Ordinal);
}
