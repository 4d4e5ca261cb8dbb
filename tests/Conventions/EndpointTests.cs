using Counterfoil.Host.Composition;
using Counterfoil.Schemes;
using Counterfoil.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Conventions.Tests;

/// <summary>Every endpoint of a node that plays all schemes says who may call it.</summary>
public sealed class EndpointTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Endpoints_OfANodeWithAllSchemes_EachHaveExactlyOnePolicy(bool sandbox)
    {
        using var folder = new TemporaryFolder();
        await using var node = await CounterfoilNode.StartAsync(new NodeOptions
        {
            Home = folder.File("home"),
            Sandbox = sandbox,
            Schemes = SchemeDiscovery.CreateAll(SourceTree.FamilyAssemblies),
        });
        var routes = node.Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.True(routes.Count >= 20, $"Only {routes.Count} endpoints were found.");
        Assert.Empty(routes.Where(HasNoPolicy).Select(Describe));
        Assert.Equal(sandbox, routes.Any(route => route.Metadata.GetMetadata<EndpointPolicy>()!.Policy == Policy.SandboxOnly));
        Assert.Empty(routes.Where(route => route.RoutePattern.RawText!.StartsWith("/schemes/{", StringComparison.Ordinal)).Select(Describe));
    }

    [Fact]
    public async Task Endpoint_WithoutAPolicy_IsFoundAndStaysClosed()
    {
        using var folder = new TemporaryFolder();
        await using var node = await CounterfoilNode.StartAsync(new NodeOptions { Home = folder.File("home"), Schemes = [new CanaryScheme()] });
        var open = Assert.Single(node.Endpoints.OfType<RouteEndpoint>(), HasNoPolicy);
        Assert.Contains("canary", Describe(open), StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = node.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/schemes/power-brokerage/canary/open");
        request.Headers.Host = $"canary.localhost:{node.Address.Port}";
        using var response = await http.SendAsync(request);
        Assert.Equal(403, (int)response.StatusCode);
        Assert.Contains("\"code\":\"no_policy\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // On another host name the role does not exist.
        using var elsewhere = await http.GetAsync(new Uri("/schemes/power-brokerage/canary/public", UriKind.Relative));
        Assert.Equal(404, (int)elsewhere.StatusCode);
    }

    private static bool HasNoPolicy(RouteEndpoint route) =>
        route.Metadata.OfType<EndpointPolicy>().Select(metadata => metadata.Policy).Distinct().ToList() is not [not Policy.Unset];

    private static string Describe(RouteEndpoint route) => $"{route.DisplayName} {route.RoutePattern.RawText}";

    private sealed class CanaryRole : SchemeRole
    {
        public override string Name => "canary";

        public override string Title => "A role that forgot a policy";

        public override void Map(IEndpointRouteBuilder routes, RoleContext context)
        {
            routes.MapGet("/open", () => "nobody may read this");
            routes.MapGet("/public", () => "anybody may read this").WithPolicy(Policy.Public);
        }
    }

    private sealed class CanaryScheme : IScheme
    {
        public SchemeCard Card => Catalogue.Of("D1");

        public IReadOnlyList<Ledger.RefusalCode> Refusals => [];

        public IReadOnlyList<SchemeRole> Roles { get; } = [new CanaryRole()];

        public IReadOnlyList<Ledger.Execution.Contract> CreateContracts(IReadOnlyList<Ledger.Execution.Contract> kernel) => [];

        public Schemes.Walking.Walkthrough CreateWalkthrough() => throw new NotSupportedException("The canary is not walked.");
    }
}
