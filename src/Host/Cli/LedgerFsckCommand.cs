using System.CommandLine;
using System.Diagnostics;
using Counterfoil.Tools;

namespace Counterfoil.Host.Cli;

/// <summary><c>ledger fsck</c>: checks a stored ledger by a reader that shares nothing with the node but the cryptographic primitives.</summary>
internal sealed class LedgerFsckCommand : CliCommand
{
    private readonly Option<DirectoryInfo?> home = CommonOptions.Home();

    public LedgerFsckCommand()
        : base("fsck", "Check a stored ledger by a second, independent reader; the node should be stopped") => Options.Add(home);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var folder = CommonOptions.HomeOrDefault(parsed.GetValue(home));
        var (genesis, _) = StoredLedger.Find(folder);
        var watch = Stopwatch.StartNew();
        var report = Fsck.Run(Path.Combine(folder, "ledger"), genesis.Bytes, new ProgressLine(terminal), cancellation);
        terminal.EndProgress();
        var seconds = Math.Round(watch.Elapsed.TotalSeconds, 3);
        if (terminal.IsJson)
        {
            terminal.WriteJson(new
            {
                ok = report.Ok,
                net = report.Net,
                height = report.Height,
                block = report.Block,
                transactions = report.Transactions,
                due_work = report.DueWork,
                signatures_verified = report.SignaturesVerified,
                signatures_unattributed = report.SignaturesUnattributed,
                proofs_verified = report.ProofsVerified,
                snapshots_confirmed = report.SnapshotsConfirmed,
                validator_changes = report.ValidatorChanges,
                accounts_followed_to = report.AccountsFollowedTo,
                rules_followed_to = report.RulesFollowedTo,
                findings = report.Findings,
                seconds,
            });
        }
        else
        {
            terminal.WritePairs(
                ("blocks", Terminal.Number(report.Height)),
                ("last block", report.Block),
                ("transactions", Terminal.Number(report.Transactions)),
                ("due work", Terminal.Number(report.DueWork)),
                ("signatures verified", Terminal.Number(report.SignaturesVerified)),
                ("of unknown keys", Terminal.Number(report.SignaturesUnattributed)),
                ("VRF proofs verified", Terminal.Number(report.ProofsVerified)),
                ("snapshots confirmed", Terminal.Number(report.SnapshotsConfirmed)),
                ("accounts followed to", $"block {Terminal.Number(report.AccountsFollowedTo)}"));
            terminal.WriteLine(report.Ok ? $"Nothing is wrong. {Terminal.Number(seconds, 1)} s" : $"{report.Findings.Count} things are wrong.");
        }
        foreach (var finding in report.Findings)
            terminal.WriteNote($"counterfoil: Block {finding.Height}: {finding.Sentence.ReplaceLineEndings(" ")} ({finding.Code})");
        return Task.FromResult(report.Ok ? Succeeded : Failed);
    }

    private sealed class ProgressLine(Terminal terminal) : IProgress<long>
    {
        private long shownAt;

        public void Report(long value)
        {
            if (Environment.TickCount64 - shownAt < 100)
                return;
            shownAt = Environment.TickCount64;
            terminal.ShowProgress($"Checking block {Terminal.Number(value)}");
        }
    }
}
