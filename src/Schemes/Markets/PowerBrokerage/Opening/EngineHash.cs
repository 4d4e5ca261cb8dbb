using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>
/// Which engine cleared: SHA-256 over a first line that names the shared frameworks and their versions, and
/// a line <c>file name, space, SHA-256 of the file</c> for the assembly that holds the engine and for all
/// that it references, transitively, outside the shared frameworks, in ordinal order, each line ended by
/// <c>\n</c>. What an assembly references is read from its metadata, not from what happens to be loaded, so
/// two processes that ran different code paths say the same. Native libraries are not in the list: the
/// engine is integers only and calls none. <b>Source:</b> D1 step 5.
/// </summary>
public sealed class EngineHash
{
    private EngineHash(IReadOnlyList<string> lines)
    {
        Lines = lines;
        Text = string.Concat(lines.Select(line => line + "\n"));
        Digest = Digest<EngineHash>.Of(Encoding.UTF8.GetBytes(Text));
    }

    /// <summary>The digest.</summary>
    public Digest<EngineHash> Digest { get; }

    /// <summary>
    /// The first line and the files' lines, without line ends: what an auditor compares with files of its
    /// own.
    /// </summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The exact text that is hashed.</summary>
    public string Text { get; }

    /// <summary>The hash of the engine in an assembly, of the files that this process runs.</summary>
    /// <exception cref="InvalidOperationException">
    /// A file is not to be found: the assembly was loaded from memory, or is part of a single file.
    /// </exception>
    public static EngineHash Of(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return Of(assembly.Location, FrameworkFolder, PlatformAssemblies());
    }

    /// <summary>
    /// The same of a file; its references are looked for beside it, before those of this process.
    /// </summary>
    /// <param name="path">The assembly that holds the engine.</param>
    public static EngineHash OfFile(string path) =>
        Of(path, FrameworkFolder, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase));

    // …/shared/Microsoft.NETCore.App/10.0.1/System.Private.CoreLib.dll
    private static string FrameworkFolder =>
        Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(object).Assembly.Location)))
        ?? throw new InvalidOperationException("The shared framework is not in a folder of its own.");

    private static EngineHash Of(string path, string frameworks, Dictionary<string, string> known)
    {
        if (path.Length == 0)
            throw new InvalidOperationException("The engine's assembly is no file of its own.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var versions = new SortedSet<string>(StringComparer.Ordinal) { VersionOf(typeof(object).Assembly.Location) };
        var waiting = new Stack<string>([Path.GetFullPath(path)]);
        while (waiting.TryPop(out var file))
        {
            if (file.StartsWith(frameworks + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                versions.Add(VersionOf(file));
                continue;
            }
            var content = File.ReadAllBytes(file);
            if (!files.TryAdd(Path.GetFileName(file), Convert.ToHexStringLower(SHA256.HashData(content))))
                continue;
            foreach (var name in References(content))
                waiting.Push(Locate(name, folder, frameworks, known));
        }
        return new EngineHash([string.Join(", ", versions), .. files.Select(file => $"{file.Key} {file.Value}")]);
    }

    // The name and version of a shared framework are its folders' names.
    private static string VersionOf(string file)
    {
        var version = Path.GetDirectoryName(file)!;
        return $"{Path.GetFileName(Path.GetDirectoryName(version))} {Path.GetFileName(version)}";
    }

    private static List<string> References(byte[] content)
    {
        using var image = new PEReader(new MemoryStream(content));
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(
            handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    private static string Locate(string name, string folder, string frameworks, Dictionary<string, string> known)
    {
        if (known.TryGetValue(name, out var path))
            return path;
        var beside = Path.Combine(folder, $"{name}.dll");
        if (File.Exists(beside))
            return beside;
        foreach (var (other, file) in PlatformAssemblies())
            if (string.Equals(other, name, StringComparison.OrdinalIgnoreCase)
                && file.StartsWith(frameworks + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                return file;
        throw new InvalidOperationException(
            $"The engine references {name}, which is neither beside it nor in a shared framework.");
    }

    // What the host decided to load for each name: of two versions, the one that runs.
    private static Dictionary<string, string> PlatformAssemblies()
    {
        var list = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "";
        var paths = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var path in list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            paths.TryAdd(Path.GetFileNameWithoutExtension(path), path);
        return paths;
    }
}
