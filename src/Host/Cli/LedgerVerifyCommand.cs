using System.CommandLine;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Cli;

/// <summary><c>ledger verify</c>: executes a stored ledger again from genesis and compares everything that it says.</summary>
internal sealed class LedgerVerifyCommand : CliCommand
{
    private readonly Option<DirectoryInfo?> home = CommonOptions.Home();

    public LedgerVerifyCommand()
        : base("verify", "Execute a stored ledger again from genesis and compare all that it says; the node may be running or stopped") => Options.Add(home);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var folder = CommonOptions.HomeOrDefault(parsed.GetValue(home));
        var (genesis, disk) = StoredLedger.Find(folder);
        var result = LedgerVerification.Run(genesis, StoredLedger.CreateContracts(genesis), disk, new ProgressLine(terminal), cancellation);
        terminal.EndProgress();
        var ok = result.Fault is null;
        if (terminal.IsJson)
            terminal.WriteJson(new VerificationDocument(
                ok, result.Height, result.Leaves, result.StateDigest.ToString(), Math.Round(result.Seconds, 3)));
        else if (ok)
            terminal.WriteLine(
                $"Verified {Terminal.Number(result.Leaves)} transactions in {Terminal.Number(result.Height)} blocks in {Terminal.Number(result.Seconds, 1)} s. "
                + $"State {result.StateDigest}");
        if (!ok)
            terminal.WriteNote($"counterfoil: The ledger does not hold after block {result.Height}: {result.Fault!.ReplaceLineEndings(" ")} (ledger_damaged)");
        return Task.FromResult(ok ? Succeeded : Failed);
    }

    private sealed record VerificationDocument(bool Ok, long Height, long Transactions, string StateDigest, double Seconds);

    private sealed class ProgressLine(Terminal terminal) : IProgress<(long Done, long Of)>
    {
        private long shownAt;

        public void Report((long Done, long Of) value)
        {
            if (Environment.TickCount64 - shownAt < 100)
                return;
            shownAt = Environment.TickCount64;
            terminal.ShowProgress($"Verifying block {Terminal.Number(value.Done)} of {Terminal.Number(value.Of)}");
        }
    }
}
