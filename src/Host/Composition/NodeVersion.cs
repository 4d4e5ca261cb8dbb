using System.Reflection;

namespace Counterfoil.Host.Composition;

/// <summary>The version of this program.</summary>
public static class NodeVersion
{
    /// <summary>As in the project's settings, e.g. <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(NodeVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
