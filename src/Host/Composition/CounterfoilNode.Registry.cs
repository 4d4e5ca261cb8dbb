using System.Globalization;
using System.Text;
using System.Text.Json;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Composition;

/// <content>What the ledger's own registry says of the other nodes, and what it is told of them.</content>
public sealed partial class CounterfoilNode
{
    private static readonly TimeSpan ReportValidity = TimeSpan.FromSeconds(60);

    private readonly Lock joining = new();
    private IReadOnlyList<PeerAddress> configuredPeers = [];

    /// <summary>Keeps the connections as the registry of the last final state has them, after every block, and as held votes ask in an emergency.</summary>
    private void FollowRegistry(TimeProvider clock, ILogger log)
    {
        if (Peers is null)
            return;
        configuredPeers = directory.Peers;
        heldVotes = new HeldVotes(Contracts.Certificates);
        JoinRegistry(clock, log);
        WatchVotes(() => JoinRegistry(clock, log));
        Own(Ledger.Subscribe(Ledger.Tip.Height + 1, _ => JoinRegistry(clock, log)));
    }

    /// <summary>
    /// A node of the registry is admitted with the certificate that stands there, and with no other once it is put out. The configuration only adds nodes that
    /// the registry does not know, and the certificates of validators that genesis named without one. Votes that are held leave out whom they concern.
    /// </summary>
    private void JoinRegistry(TimeProvider clock, ILogger log)
    {
        lock (joining)
        {
            var now = Timestamp.From(clock.GetUtcNow());
            var (joined, closed) = Ledger.Read(() => (PeersOfRegistry(), TakeVotes(now)));
            joined.RemoveAll(peer => closed.Contains(peer.Node));
            TellClosed(closed, log);
            if (!joined.SequenceEqual(directory.Peers))
                ReplacePeers(joined);
        }
    }

    private List<PeerAddress> PeersOfRegistry()
    {
        var registry = Contracts.Certificates.Nodes;
        var peers = registry.Peers().Where(linked => !linked.Certificate.IsUnset).Select(AddressOf).OfType<PeerAddress>().ToList();
        var known = peers.Select(peer => peer.Node).ToHashSet();
        peers.AddRange(configuredPeers.Where(peer => !known.Contains(peer.Node)
            && (!registry.TryFindByAccount(peer.Node, out _, out var row) || row.Status == NodeStatus.Active && row.Certificate.IsUnset)));
        return peers;
    }

    private static PeerAddress? AddressOf(LinkedNode linked)
    {
        var colon = linked.Endpoint.LastIndexOf(':');
        return colon > 0 && int.TryParse(linked.Endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? new PeerAddress(linked.Account, linked.Endpoint[..colon].Trim('[', ']'), port, linked.Certificate)
            : null;
    }

    /// <summary>
    /// Brings the proof that a validator contradicted itself to the ledger, where it suspends the validator at once. Others do the same: the first counts.
    /// </summary>
    private async Task ReportAsync(EquivocationEvidence evidence, ISigningKey nodeKey, TimeProvider clock, ILogger log)
    {
        var message = new EquivocationMessage(evidence.Signer, Encoding.ASCII.GetString(evidence.First.Span), Encoding.ASCII.GetString(evidence.Second.Span));
        var draft = TransactionDraft.Create(
            Ledger.Genesis.Net, AccountId.Of(nodeKey.PublicKey), "certificates.report_equivocation",
            JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.EquivocationMessage), Timestamp.From(clock.GetUtcNow()), ReportValidity);
        var answer = (await Ledger.SubmitAsync([Submission.Of(TransactionSigner.Sign(draft, nodeKey))]))[0];
        LogReported(log, answer.Refusal?.Code ?? answer.Outcome!.Code ?? answer.Outcome.Status);
    }

    [LoggerMessage(14, LogLevel.Warning, "The contradiction was reported to the ledger: {Outcome}")]
    private static partial void LogReported(ILogger logger, string outcome);
}
