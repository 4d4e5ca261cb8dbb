namespace Counterfoil.Tools;

/// <summary>
/// Checks a stored ledger again from its files alone, with a reader of its own: it shares the cryptographic
/// primitives with the ledger and nothing else. Reads block by block and changes nothing; keeps in memory 16
/// bytes a transaction, the keys and balances of all accounts, and one segment of the log. docs/storage.md
/// says what is checked and what cannot be.
/// </summary>
public static class Fsck
{
    /// <summary>The most findings that are told.</summary>
    public const int MaximumFindings = 200;

    /// <summary>
    /// Checks the ledger of a folder. The ledger should not be running: what it writes meanwhile looks like a
    /// torn tail.
    /// </summary>
    /// <param name="ledgerFolder">The folder with the log of blocks.</param>
    /// <param name="genesis">The exact bytes of the genesis document.</param>
    /// <param name="progress">Told the height of each block that was read; null for none.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static FsckReport Run(
        string ledgerFolder, byte[] genesis, IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(ledgerFolder);
        ArgumentNullException.ThrowIfNull(genesis);
        var findings = new Findings();
        if (StoredGenesis.Read(genesis) is not { } document)
        {
            findings.Add(FindingCode.GenesisMalformed, 0, "");
            return Nothing("", findings);
        }
        if (!Directory.Exists(ledgerFolder))
        {
            findings.Add(FindingCode.LogMissing, 0, "");
            return Nothing(document.Net.ToString(), findings);
        }
        if (File.Exists(Path.Combine(ledgerFolder, "chain-base")))
        {
            findings.Add(FindingCode.BeganElsewhere, 0, "");
            return Nothing(document.Net.ToString(), findings);
        }
        return new Pass(ledgerFolder, document, findings).Run(progress, cancellation);
    }

    private static FsckReport Nothing(string net, Findings findings) => new()
    {
        Net = net,
        Height = 0,
        Block = "",
        Transactions = 0,
        DueWork = 0,
        SignaturesVerified = 0,
        SignaturesUnattributed = 0,
        ProofsVerified = 0,
        SnapshotsConfirmed = 0,
        ValidatorChanges = 0,
        AccountsFollowedTo = 0,
        RulesFollowedTo = 0,
        Findings = findings.All,
    };

    /// <summary>One pass over a ledger's files.</summary>
    private sealed class Pass
    {
        private readonly Findings findings;
        private readonly LogReader log;
        private readonly AccountsModel accounts = new(new KeyModel(), new AssetModel());
        private readonly HeaderChecker headers;
        private readonly ValidatorModel validators;
        private readonly CertificateChecker certificates;
        private readonly LeafChecker leaves;
        private readonly SnapshotChecker snapshots;
        private readonly AdmissionChecker admission;
        private readonly StoredGenesis genesis;
        private Hash? snapshotRoot;
        private int snapshotsConfirmed;

        public Pass(string folder, StoredGenesis genesis, Findings findings)
        {
            this.findings = findings;
            this.genesis = genesis;
            var replay = new ReplayModel();
            log = new LogReader(folder, "blocks", findings);
            headers = new HeaderChecker(genesis, findings);
            validators = new ValidatorModel(genesis, findings);
            certificates = new CertificateChecker(genesis, findings);
            leaves = new LeafChecker(genesis, accounts, replay, findings);
            snapshots = new SnapshotChecker(folder, accounts, replay, findings);
            admission = new AdmissionChecker(folder, genesis, findings);
        }

        public FsckReport Run(IProgress<long>? progress, CancellationToken cancellation)
        {
            if (genesis.Accounts is { } section && !accounts.Begin(section))
                findings.Add(FindingCode.GenesisMalformed, 0, "It is the section of accounts.");
            foreach (var record in log.Records())
            {
                cancellation.ThrowIfCancellationRequested();
                CheckBlock(record.Span);
                if (findings.IsFull)
                    break;
                progress?.Report(headers.Height);
            }
            if (!accounts.IsLost && accounts.Assets.FindUnbalanced() is { } asset)
                findings.Add(FindingCode.SupplyContradicted, headers.Height, $"It is asset {asset}.");
            if (log.IsWhole)
                foreach (var height in snapshots.Heights.Where(height => height > headers.Height))
                    findings.Add(FindingCode.SnapshotAhead, height, "");
            admission.Check();
            return Report();
        }

        private void CheckBlock(ReadOnlySpan<byte> record)
        {
            if (StoredBlock.Read(record) is not { } block)
            {
                findings.Add(FindingCode.BlockMalformed, headers.Height + 1, "");
                headers.Skip();
                validators.Skip();
                return;
            }
            if (StoredHeader.Read(block.Header) is not { } header)
            {
                findings.Add(FindingCode.HeaderMalformed, headers.Height + 1, "");
                headers.Skip();
                validators.Skip();
                return;
            }
            var id = Hash.Of(block.Header);
            var present = validators.Check(block, header);
            headers.Check(block, header, id, present, leaves.AreRulesKnown);
            if (present is not null)
                certificates.Check(block.Certificate, header, id, present);
            if (snapshotRoot is { } root
                && findings.Require(
                    root == header.CheckpointRoot, FindingCode.SnapshotRoot, header.Height - 1))
                snapshotsConfirmed++;
            leaves.Check(block, header);
            snapshotRoot = snapshots.Heights.Contains(header.Height)
                ? snapshots.Check(header.Height, header.Randomness) : null;
        }

        private FsckReport Report() => new()
        {
            Net = genesis.Net.ToString(),
            Height = headers.Height,
            Block = headers.Block?.ToString() ?? "",
            Transactions = leaves.Transactions,
            DueWork = leaves.DueWork,
            SignaturesVerified = leaves.SignaturesVerified + certificates.SignaturesVerified,
            SignaturesUnattributed = leaves.SignaturesUnattributed,
            ProofsVerified = headers.ProofsVerified,
            SnapshotsConfirmed = snapshotsConfirmed,
            ValidatorChanges = validators.Changes,
            AccountsFollowedTo = leaves.FollowedTo,
            RulesFollowedTo = leaves.RulesFollowedTo,
            Findings = findings.All,
        };
    }
}
