using System.CommandLine;
using System.Text.Json;

namespace Counterfoil.Host.Cli.Bench;

/// <summary><c>bench-client</c>: the client's process of a measurement; it is told what to do on standard input.</summary>
internal sealed class BenchClientCommand : CliCommand
{
    public BenchClientCommand()
        : base("bench-client", "Send transfers as the plan on standard input says") => Hidden = true;

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var line = await Console.In.ReadLineAsync(cancellation).ConfigureAwait(false)
            ?? throw new CliException("usage", "The plan is missing.");
        var plan = JsonSerializer.Deserialize<ClientPlan>(line, CliJson.Options) ?? throw new CliException("usage", "The plan is null.");
        using var load = new ClientLoad(plan);
        load.Presign();
        await load.ConnectAsync(cancellation).ConfigureAwait(false);
        terminal.WriteJson(new ClientReady(plan.Presigned));
        if (await Console.In.ReadLineAsync(cancellation).ConfigureAwait(false) is null)
            return Failed;
        terminal.WriteJson(await load.RunAsync(cancellation).ConfigureAwait(false));
        return Succeeded;
    }
}
