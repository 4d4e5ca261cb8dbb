using System.CommandLine;
using Counterfoil.Client;

namespace Counterfoil.Host.Cli;

/// <summary><c>status</c>: how a running node stands.</summary>
internal sealed class StatusCommand : CliCommand
{
    private readonly Option<Uri?> node = CommonOptions.Node();

    public StatusCommand()
        : base("status", "Say how a running node stands") => Options.Add(node);

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var address = parsed.GetValue(node) ?? new Uri(CommonOptions.DefaultUrl);
        using var client = new NodeClient(address);
        var status = await client.GetStatusAsync(cancellation).ConfigureAwait(false);
        if (terminal.IsJson)
        {
            terminal.WriteJson(new
            {
                ok = true,
                address = address.ToString(),
                net = status.Net.ToString(),
                name = status.Name,
                height = status.Height,
                block = status.Block.IsUnset ? null : status.Block.ToString(),
                time = status.Time.UnixMilliseconds,
                clock = status.Clock.UnixMilliseconds,
                sandbox = status.IsSandbox,
                rules = status.Rules,
                version = status.Version,
                pool = status.Pool,
            });
            return Succeeded;
        }
        terminal.WritePairs(
            ("node", address.ToString()),
            ("ledger", status.Name + (status.IsSandbox ? " (sandbox)" : "")),
            ("net", status.Net.ToString()),
            ("height", Terminal.Number(status.Height)),
            ("last block", status.Height == 0 ? "none yet" : $"{status.Time} UTC"),
            ("clock", $"{status.Clock} UTC"),
            ("waiting", $"{Terminal.Number(status.Pool)} transactions"),
            ("rules", status.Rules.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("version", status.Version));
        return Succeeded;
    }
}
