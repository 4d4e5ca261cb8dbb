using System.Net;

namespace Counterfoil.Host.Api;

/// <summary>
/// The names under which the node answers: localhost, names below it, loopback addresses and what the
/// configuration adds. Any other Host is refused, so that a page of a foreign name that resolves to this
/// machine cannot use it (DNS rebinding).
/// </summary>
internal sealed class HostNames(IEnumerable<string> configured)
{
    private const string BelowLocalhost = ".localhost";

    private readonly HashSet<string> names = new(configured, StringComparer.OrdinalIgnoreCase) { "localhost" };

    public bool Accepts(HostString host)
    {
        if (!host.HasValue)
            return false;
        var name = host.Host;
        return names.Contains(name)
            || name.EndsWith(BelowLocalhost, StringComparison.OrdinalIgnoreCase) && name.Length > BelowLocalhost.Length
            || IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);
    }
}
