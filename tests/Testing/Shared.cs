namespace Counterfoil.Testing;

/// <summary>
/// The shared folder beside the project (published vectors and real data). Tests that need it skip with a message where it is absent.
/// </summary>
public static class Shared
{
    /// <summary>The repository's root: the folder that holds the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of a file or folder under ../shared, or null where it is absent.</summary>
    public static string? Find(string relativePath)
    {
        var path = Path.GetFullPath(Path.Combine(Root, "..", "shared", relativePath));
        return Path.Exists(path) ? path : null;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Counterfoil.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}

/// <summary>A fact that needs a path under ../shared and is skipped, saying so, where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute(string relativePath)
    {
        RelativePath = relativePath;
        if (Shared.Find(relativePath) is null)
            Skip = $"../shared/{relativePath} is not here";
    }

    public string RelativePath { get; }
}

/// <summary>A theory that needs a path under ../shared and is skipped, saying so, where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute(string relativePath)
    {
        RelativePath = relativePath;
        if (Shared.Find(relativePath) is null)
            Skip = $"../shared/{relativePath} is not here";
    }

    public string RelativePath { get; }
}
