using System.CommandLine;

namespace Counterfoil.Host.Cli;

/// <summary>Options that several commands have, made anew for each.</summary>
internal static class CommonOptions
{
    public const string JsonName = "--json";

    /// <summary>Where a node is asked unless the caller says otherwise.</summary>
    public const string DefaultUrl = "http://127.0.0.1:7700";

    public static Option<bool> Json() =>
        new(JsonName) { Description = "Write JSON and nothing else to standard output", Recursive = true };

    public static Option<DirectoryInfo?> Home(string description = "The node's folder (default: ~/.counterfoil)") =>
        new("--home") { Description = description, HelpName = "DIR" };

    public static Option<Uri?> Node() => new("--node")
    {
        Description = $"The node's address (default: {DefaultUrl})",
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
                return uri;
            result.AddError($"{result.Tokens[0].Value} is not an address such as {DefaultUrl}.");
            return null;
        },
    };

    /// <summary>The folder that was named, or the default one.</summary>
    public static string HomeOrDefault(DirectoryInfo? home) =>
        home?.FullName ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".counterfoil");
}
