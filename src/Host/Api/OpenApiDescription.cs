using System.Text.Json.Nodes;
using Counterfoil.Host.Composition;
using Counterfoil.Schemes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Counterfoil.Host.Api;

/// <summary>
/// The OpenAPI document, made from the endpoints themselves and served at <c>/openapi.json</c>.
/// </summary>
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
                foreach (var schema in (document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>()).Values.OfType<OpenApiSchema>())
                    LeaveOutNulls(schema);
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

    /// <summary>
    /// Adds what hand-written handlers do not tell by their parameters: the path's parts and the policy.
    /// </summary>
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
        foreach (var query in context.Description.ActionDescriptor.EndpointMetadata.OfType<QueryNames>().SelectMany(names => names.Names))
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = query,
                In = ParameterLocation.Query,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
        // A compact JWS is text, whatever the array's items are.
        if (operation.RequestBody?.Content?.TryGetValue("application/jose", out var jose) == true)
            jose.Schema = new OpenApiSchema { Type = JsonSchemaType.String };
        var policy = context.Description.ActionDescriptor.EndpointMetadata.OfType<EndpointPolicy>().LastOrDefault()?.Policy ?? Policy.Unset;
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        operation.Extensions["x-policy"] = new JsonNodeExtension(JsonValue.Create(Name(policy)));
    }

    /// <summary>
    /// Members without a value are left out of answers, never null: so they are not required, and have one
    /// type.
    /// </summary>
    private static void LeaveOutNulls(OpenApiSchema schema)
    {
        foreach (var (name, member) in (schema.Properties ?? new Dictionary<string, IOpenApiSchema>()).ToList())
        {
            if (member is not OpenApiSchema own)
                continue;
            var isOptional = own.Type?.HasFlag(JsonSchemaType.Null) == true;
            if (isOptional)
                own.Type &= ~JsonSchemaType.Null;
            if (own.OneOf?.FirstOrDefault(choice => choice.Type == JsonSchemaType.Null) is { } nothing)
            {
                own.OneOf.Remove(nothing);
                if (own.OneOf.Count == 1)
                    schema.Properties![name] = own.OneOf[0];
                isOptional = true;
            }
            if (isOptional)
                schema.Required?.Remove(name);
        }
    }

    private static string Name(Policy policy) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(policy.ToString());
}

/// <summary>The query's members that an endpoint reads, for its description.</summary>
internal sealed record QueryNames(params IReadOnlyList<string> Names);
