using Counterfoil.Client;
using Counterfoil.Cryptography.Custody;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Counterfoil.Schemes;

/// <summary>
/// A part that an organisation plays (issuer, trading server, clearing engine): endpoints under <c>/schemes/{slug}/{role}/</c> on a host name of its
/// own, <c>{role}.localhost</c> by default, with keys of its own. Roles talk to the node and to each other over HTTP only, so that splitting
/// them over machines is configuration. An object belongs to one node.
/// </summary>
public abstract class SchemeRole
{
    /// <summary>Lower-case letters, digits and hyphens, unique on a node: the host name, the folder, the account's name.</summary>
    public abstract string Name { get; }

    /// <summary>The name for people.</summary>
    public abstract string Title { get; }

    /// <summary>
    /// Adds the endpoints. The builder is at <c>/schemes/{slug}/{role}</c> already and matches this role's host name only; every endpoint
    /// says its policy (<see cref="PolicyExtensions.WithPolicy{TBuilder}"/>).
    /// </summary>
    public abstract void Map(IEndpointRouteBuilder routes, RoleContext context);

    /// <summary>Work in the background, begun once the node answers, until cancelled; none by default.</summary>
    public virtual Task RunAsync(RoleContext context, CancellationToken cancellation) => Task.CompletedTask;
}

/// <summary>What a role is given to work with.</summary>
public sealed record RoleContext
{
    /// <summary>The scheme that the role belongs to.</summary>
    public required SchemeCard Scheme { get; init; }

    /// <summary>The role as a party: name, key store, account, HTTP clients. The host made its key <c>sign</c> and opened its account.</summary>
    public required Party Party { get; init; }

    /// <summary>The node's address.</summary>
    public required Uri Node { get; init; }

    /// <summary>The clock that the node goes by; a sandbox's is advanced by its walkthrough.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>A folder of the role's own, mode 0700.</summary>
    public required string Folder { get; init; }

    /// <summary>The connection line of a database of the role's own (see <see cref="Vault.Storage.ConnectionLine"/>).</summary>
    public required string Database { get; init; }

    /// <summary>Makes the role's loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>The role's keys.</summary>
    public IKeyStore Keys => Party.Keys;

    /// <summary>The address of another role: its base path <c>/schemes/{slug}/{role}/</c>.</summary>
    public Uri RoleAddress(string role) => SchemeAddress.Of(Node, Scheme, role);
}

/// <summary>Where roles answer.</summary>
public static class SchemeAddress
{
    /// <summary>The base address of a role of a scheme on a node, with a slash at its end.</summary>
    public static Uri Of(Uri node, SchemeCard scheme, string role) =>
        new(LoopbackHttp.RoleAddress(node, role), $"schemes/{scheme.Slug}/{role}/");
}
