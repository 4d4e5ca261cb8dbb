using System.Globalization;
using System.Text;
using Counterfoil.Host.Composition;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>How the node stands: for people, probes and Prometheus.</summary>
internal sealed class StatusEndpoints(
    Ledger.Ledger ledger, PeerNetwork? peers, ITransactionIndex index, TimeProvider clock, ApiCounters counters, RateLimiter limiter, Func<string?>? findFault = null)
{
    private const string FaultCode = "storage_unavailable";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/status", StatusAsync).WithPolicy(Policy.Public)
            .Describe(StatusAsync, "Node", "How the node stands").Produces<StatusDocument>(StatusCodes.Status200OK, "application/json");
        routes.MapGet("/genesis", GenesisAsync).WithPolicy(Policy.Public)
            .Describe(GenesisAsync, "Node", "The exact bytes of the genesis document, whose SHA-256 is net").Produces<System.Text.Json.JsonElement>(StatusCodes.Status200OK, "application/json");
        routes.MapGet("/health", HealthAsync).WithPolicy(Policy.Public)
            .Describe(HealthAsync, "Node", "200 if the node can take transactions, 503 if not")
            .Produces<HealthDocument>(StatusCodes.Status200OK, "application/json").Produces<HealthDocument>(StatusCodes.Status503ServiceUnavailable, "application/json");
        routes.MapGet("/metrics", MetricsAsync).WithPolicy(Policy.Public)
            .Describe(MetricsAsync, "Node", "Figures since the start, in the text format of Prometheus").Produces<string>(StatusCodes.Status200OK, "text/plain");
    }

    private Task StatusAsync(HttpContext context)
    {
        var tip = ledger.Tip;
        var document = ledger.Genesis.Document;
        var figures = ledger.Counters;
        return context.AnswerAsync(new StatusDocument(
            ledger.Genesis.Net.ToString(), document.Name, tip.Height, tip.Height == 0 ? null : tip.Block.ToString(), tip.Time.UnixMilliseconds, clock.GetUtcNow().ToUnixTimeMilliseconds(),
            document.Sandbox, document.Rules, NodeVersion.Text, figures.Pool, index.Height, figures.Fault is null ? null : FaultCode,
            Consensus(), peers is null ? null : [.. peers.Connected.Select(peer => peer.ToString()).Order(StringComparer.Ordinal)]));
    }

    private ConsensusDocument Consensus()
    {
        var (standing, counts) = (ledger.Standing, ledger.Consensus);
        return new ConsensusDocument(
            standing.Validators.Validators.Count, standing.Validators.TotalWeight, standing.Validators.Quorum, standing.Self is not null && !standing.IsSigningStopped,
            standing.Round, counts.FurtherRounds, counts.BlocksBuilt, counts.BlocksDecided, counts.BlocksFollowed,
            counts.TransactionSignaturesInRound, counts.MessageSignatures, counts.Equivocations, new SortedDictionary<string, long>(counts.InvalidProposals.ToDictionary()));
    }

    private Task GenesisAsync(HttpContext context) => context.AnswerBytesAsync("application/json", ledger.Genesis.Bytes);

    private Task HealthAsync(HttpContext context)
    {
        // What exactly failed names paths; it stands in the log, not in a public answer.
        var code = ledger.Counters.Fault is not null ? FaultCode : FindFault();
        context.Response.StatusCode = code is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return context.AnswerAsync(new HealthDocument(code is null, code, ledger.Standing.Validators.Validators.Count, ledger.Tip.Height, ledger.Standing.Round, peers?.Connected.Count ?? 0));
    }

    /// <summary>What only who runs this knows; for a validator, whether the others can be reached.</summary>
    private string? FindFault() =>
        findFault is not null ? findFault() : ledger.Standing.HasQuorum(peers?.Connected ?? []) ? null : "no_quorum";

    private Task MetricsAsync(HttpContext context)
    {
        var figures = ledger.Counters;
        var text = new StringBuilder(2048);
        Write(text, "counterfoil_height", "gauge", "Height of the last certified block.", ledger.Tip.Height);
        Write(text, "counterfoil_read_model_height", "gauge", "Height up to which the read model is complete.", index.Height);
        Write(text, "counterfoil_blocks_made_total", "counter", "Blocks that this node built.", figures.BlocksMade);
        Write(text, "counterfoil_pool_transactions", "gauge", "Transactions that wait.", figures.Pool);
        Write(text, "counterfoil_signatures_checked_total", "counter", "Signatures verified at admission.", figures.SignaturesChecked);
        Write(text, "counterfoil_transactions_submitted_total", "counter", "Transactions that came in.", counters.Submitted);
        Write(text, "counterfoil_transactions_refused_total", "counter", "Transactions that reached no block.", counters.RefusedAtDoor);
        Write(text, "counterfoil_requests_limited_total", "counter", "Requests refused for their rate.", limiter.Refused);
        Write(text, "counterfoil_up", "gauge", "1 if the node can take transactions.", figures.Fault is null ? 1 : 0);
        WriteConsensus(text);
        Write(text, "process_working_set_bytes", "gauge", "Memory of the process.", Environment.WorkingSet);
        text.Append("# HELP counterfoil_http_responses_total Answers by class of status.\n# TYPE counterfoil_http_responses_total counter\n");
        for (var statusClass = 1; statusClass <= 5; statusClass++)
            text.Append(CultureInfo.InvariantCulture, $"counterfoil_http_responses_total{{class=\"{statusClass}xx\"}} {counters.Answers(statusClass)}\n");
        return context.AnswerBytesAsync("text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(text.ToString()));
    }

    private void WriteConsensus(StringBuilder text)
    {
        var (standing, counts) = (ledger.Standing, ledger.Consensus);
        Write(text, "counterfoil_validators", "gauge", "Validators of the next height.", standing.Validators.Validators.Count);
        Write(text, "counterfoil_validating", "gauge", "1 if this node is one of them and may sign.", standing.Self is not null && !standing.IsSigningStopped ? 1 : 0);
        Write(text, "counterfoil_round", "gauge", "Round of the next height.", standing.Round);
        Write(text, "counterfoil_peers_connected", "gauge", "Nodes that can be reached.", peers?.Connected.Count ?? 0);
        Write(text, "counterfoil_further_rounds_total", "counter", "Rounds after the first of a height.", counts.FurtherRounds);
        Write(text, "counterfoil_blocks_decided_total", "counter", "Blocks that became final by agreement.", counts.BlocksDecided);
        Write(text, "counterfoil_blocks_followed_total", "counter", "Blocks that were taken from others, certified.", counts.BlocksFollowed);
        Write(text, "counterfoil_transaction_signatures_in_round_total", "counter", "Signatures of transactions verified within a round; none on a warm pool.",
            counts.TransactionSignaturesInRound);
        Write(text, "counterfoil_message_signatures_total", "counter", "Signatures of proposals and votes verified.", counts.MessageSignatures);
        Write(text, "counterfoil_equivocations_total", "counter", "Contradictions of validators that were seen.", counts.Equivocations);
        WriteByName(text, "counterfoil_invalid_proposals_total", "Proposals that were not prevoted, by reason.", "reason", counts.InvalidProposals);
        WriteByName(text, "counterfoil_bodies_total", "Transactions of other nodes after the second verification here, by answer.", "answer",
            new Dictionary<string, long>(counts.BodiesRefused) { ["stored"] = counts.BodiesStored });
        WriteByName(text, "counterfoil_bodies_elsewhere_total", "Answers of other nodes about transactions of this node.", "answer",
            new Dictionary<string, long> { ["refused"] = counts.BodiesRefusedElsewhere, ["stored"] = counts.BodiesStoredElsewhere });
        Write(text, "counterfoil_bodies_resent_total", "counter", "Transactions sent again to a node that had not answered.", counts.BodiesResent);
        if (peers is not null)
            WriteByName(text, "counterfoil_peer_events_total", "What happened on connections between nodes.", "event", peers.Counters.ToDictionary());
    }

    private static void WriteByName(StringBuilder text, string name, string help, string label, IReadOnlyDictionary<string, long> values)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} counter\n");
        foreach (var (key, value) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{label}=\"{key}\"}} {value}\n");
    }

    private static void Write(StringBuilder text, string name, string type, string help, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
}
