using System.Text.Json;
using Counterfoil.Host.Api;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Counterfoil.Host.Composition;

/// <summary>
/// The web application of a node: Kestrel with what the interface needs and nothing that reads an
/// environment.
/// </summary>
internal static class NodeWeb
{
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(10);

    public static WebApplication Build(NodeOptions options, ListeningSockets sockets)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "counterfoil", ContentRootPath = options.Home });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, sockets));
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = sockets.Give);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownPatience);
        // Several nodes live in one process: signals are the command's business.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoSignals>());
        builder.Services.ConfigureHttpJsonOptions(json => Configure(json.SerializerOptions));
        builder.Logging.SetMinimumLevel(options.LogLevel)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
        if (options.Log is { } log)
            builder.Logging.AddProvider(log);
        OpenApiDescription.AddTo(builder.Services);
        return builder.Build();
    }

    /// <summary>
    /// Puts the guards around all endpoints: host name and rate before routing, policy after it.
    /// </summary>
    public static void UseGuards(WebApplication app, RequestGuard requests, PolicyGuard policies)
    {
        app.Use(next => context => requests.HandleAsync(context, next));
        app.UseRouting();
        app.Use(next => context => policies.HandleAsync(context, next));
    }

    private static void Configure(KestrelServerOptions kestrel, ListeningSockets sockets)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.MaxRequestBodySize = TransactionEndpoints.MaximumBodyBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestLineSize = 4 * 1024;
        kestrel.Limits.MaxConcurrentConnections = 10_000;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        foreach (var endPoint in sockets.EndPoints)
            kestrel.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private static void Configure(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
        json.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
        json.TypeInfoResolverChain.Insert(0, ApiJson.Instance);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
