using System.Text.Json.Nodes;
using Counterfoil.Host.Composition;
using Counterfoil.Schemes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Counterfoil.Host.Api;

/// <summary>The OpenAPI document, made from the endpoints themselves and served at <c>/openapi.json</c>.</summary>
internal static class OpenApiDescription
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddOpenApi(options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Counterfoil",
                    Version = NodeVersion.Text,
                    Description = "A ledger on which rights to transact are issued and spent once. Errors are RFC 9457 problem details with a stable code.",
                };
                // The address of the moment says nothing about the interface.
                document.Servers = [new OpenApiServer { Url = "/" }];
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, context, _) =>
            {
                Complete(operation, context);
                return Task.CompletedTask;
            });
        });
    }

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOpenApi("/openapi.json").WithPolicy(Policy.Public);

    /// <summary>Adds what hand-written handlers do not tell by their parameters: the path's parts and the policy.</summary>
    private static void Complete(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var path = context.Description.RelativePath ?? "";
        operation.OperationId ??= $"{context.Description.HttpMethod?.ToLowerInvariant()}_{string.Join('_', path.Split('/', '{', '}', '-').Where(part => part.Length > 0))}";
        foreach (var part in path.Split('/'))
        {
            if (part is not ['{', .. var name, '}'] || operation.Parameters?.Any(parameter => parameter.Name == name) == true)
                continue;
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Path,
                Required = true,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
        var policy = context.Description.ActionDescriptor.EndpointMetadata.OfType<EndpointPolicy>().LastOrDefault()?.Policy ?? Policy.Unset;
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        operation.Extensions["x-policy"] = new JsonNodeExtension(JsonValue.Create(Name(policy)));
    }

    private static string Name(Policy policy) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(policy.ToString());
}
