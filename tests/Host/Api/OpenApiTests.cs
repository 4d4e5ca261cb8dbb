using System.Text.Json;
using System.Text.Json.Nodes;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Testing;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Host.Tests.Api;

public sealed class OpenApiTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private const string RewriteVariable = "COUNTERFOIL_REWRITE_GOLDEN";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static string Golden => Path.Combine(Shared.Root, "tests", "Host", "Api", "openapi.golden.json");

    [Fact]
    public async Task Document_OfTheKernel_IsTheGoldenOne()
    {
        var document = await ReadAsync();
        document["info"]!["version"] = "golden";
        var text = document.ToJsonString(Indented) + "\n";
        if (Environment.GetEnvironmentVariable(RewriteVariable) == "1")
            await File.WriteAllTextAsync(Golden, text);
        Assert.Equal(await File.ReadAllTextAsync(Golden), text);
    }

    [Fact]
    public async Task Document_OfTheKernel_DescribesEveryRouteWithItsPolicy()
    {
        var paths = (await ReadAsync())["paths"]!.AsObject();
        var routes = fixture.Test.Node.Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
            .Where(route => route != "/openapi.json").ToHashSet(StringComparer.Ordinal);
        Assert.Empty(routes.Except(paths.Select(path => path.Key)));
        foreach (var operation in paths.SelectMany(path => path.Value!.AsObject()))
        {
            Assert.NotEqual("unset", operation.Value!["x-policy"]!.GetValue<string>());
            Assert.NotEmpty(operation.Value["summary"]!.GetValue<string>());
            Assert.NotEmpty(operation.Value["responses"]!.AsObject());
        }
    }

    private async Task<JsonNode> ReadAsync() => JsonNode.Parse(await fixture.Test.Http.GetStringAsync(new Uri("/openapi.json", UriKind.Relative)))!;
}
