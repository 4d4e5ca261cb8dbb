using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>
/// The story of a community: the token, a change of the block size that delegates help to pass, a payment that fails and is set
/// again, a pause in an emergency, an election of validators, a vote of members with one voice each; then every line of E2's "Must refuse". Of 1,000,000 tokens the proposer has 550,000, the
/// holder 300,000, the delegate 100,000 and the operator, who founded the ledger, 50,000.
/// </summary>
public sealed partial class CommunityWalkthrough : Walkthrough
{
    private const string OperatorName = "operator";
    private const string ProposerName = "proposer";
    private const string HolderName = "holder";
    private const string DelegateName = "delegate";
    private const string NewcomerName = "newcomer";
    private const string AuditorName = "auditor";
    private const string LedgerName = "ledger";

    private static readonly string[] Members = [ProposerName, HolderName, DelegateName, NewcomerName, AuditorName];
    private static readonly GovernanceJson Json = GovernanceJson.Instance;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Participants => [.. Members, OperatorName, Association.RoleName, "node2", "node3", "node4", Newcomer];

    /// <inheritdoc/>
    public override void Tell(WalkScript script)
    {
        TellStory(script);
        TellElection(script);
        TellMembers(script);
        TellRefusals(script);
    }

    private static ProposalId NewId() => new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(16)));

    private static string ParameterRow(string name) => RowName.Of("governance.parameters", new TextKey(name)).Key;

    /// <summary>The terms of a proposal; whatever is left out is as the scene asks for.</summary>
    private sealed record Terms(string Scene, string Act, string Arg)
    {
        private const int TitleLength = 200;

        public ProposalId Id { get; init; } = NewId();

        public IReadOnlyList<RowName> Reads { get; init; } = [];

        public int? Percent { get; init; }

        /// <summary>How long after now voting ends; the scene's window and a minute for sending where left out.</summary>
        public TimeSpan? VoteFor { get; init; }

        /// <summary>How long after the end of voting it takes effect; the scene's delay where left out.</summary>
        public TimeSpan? Delay { get; init; }

        public static Terms Parameter(string name, long value) =>
            new(SceneNames.Parameter, "governance.set_parameter", $$"""{"name":"{{name}}","value":{{value}}}""")
            {
                Reads = [new RowName("governance.parameters", ParameterRow(name))],
            };

        public static Terms Resolution() => new(SceneNames.OrdinaryProposal, "governance.resolve", "{}");

        private SceneMessage SceneRow => GovernanceDefaults.Scenes.Single(scene => scene.Scene == Scene);

        public ProposeMessage At(Timestamp now, out byte[] text)
        {
            text = Encoding.UTF8.GetBytes($"What {Act} would change, and why.");
            var stop = now + (VoteFor ?? TimeSpan.FromSeconds(SceneRow.VoteWindow + 60));
            var time = stop + (Delay ?? TimeSpan.FromSeconds(SceneRow.Delay));
            using var arg = JsonDocument.Parse(Arg);
            var title = $"{Act} {Arg}";
            return new ProposeMessage(
                Id, Scene, title.Length <= TitleLength ? title : title[..TitleLength], Digest<Attachment>.Of(text), new ProposalArgs(Percent ?? SceneRow.PassPercent, stop.UnixSeconds),
                new ProposalTrigger(time.UnixSeconds, Act, arg.RootElement.Clone(), Reads));
        }
    }

    private static async Task<SubmissionAnswer> TryProposeAsync(WalkContext context, string by, Terms terms)
    {
        var message = terms.At(context.Clock.Now, out var text);
        return await context.Party(by).SubmitAsync(
            "governance.propose", message, Json.ProposeMessage, [new AttachmentContent(message.TextDigest, text, [])], context.Cancellation)
            .ConfigureAwait(false);
    }

    private static async Task<ProposalId> ProposeAsync(WalkContext context, string by, Terms terms)
    {
        (await TryProposeAsync(context, by, terms).ConfigureAwait(false)).Required();
        return terms.Id;
    }

    private static Task<SubmissionAnswer> TryVoteAsync(
        WalkContext context, string by, ProposalId id, string option, ulong? amount, params IReadOnlyList<(string Owner, int Units)> others) =>
        SendAsync(
            context, by, "vote",
            new VoteMessage(
                id, option, amount,
                others.Count == 0 ? null : [.. others.Select(other => new DelegatedVote(context.Party(other.Owner).Account, (UInt128)other.Units))]),
            Json.VoteMessage);

    private static async Task VoteAsync(
        WalkContext context, string by, ProposalId id, ulong? amount, params IReadOnlyList<(string Owner, int Units)> others) =>
        (await TryVoteAsync(context, by, id, "yes", amount, others).ConfigureAwait(false)).Required();

    private static Task<SubmissionAnswer> SendAsync<TMessage>(
        WalkContext context, string by, string action, TMessage message, System.Text.Json.Serialization.Metadata.JsonTypeInfo<TMessage> format)
        where TMessage : class =>
        (by == OperatorName ? context.Operator : context.Party(by)).SubmitAsync(
            $"governance.{action}", message, format, cancellation: context.Cancellation);

    private static async Task<ProposalView> ViewAsync(WalkContext context, ProposalId id) => new(
        (await context.Operator.Node.GetProposalAsync(id.ToString(), context.Cancellation).ConfigureAwait(false)).Value.Root);

    /// <summary>Lets time go by to the end of voting and waits for the certified result.</summary>
    private static async Task<Outcome> CountAsync(WalkContext context, ProposalId id)
    {
        var stop = Timestamp.FromSeconds((await ViewAsync(context, id).ConfigureAwait(false)).Stop);
        await context.MoveAsync(stop).ConfigureAwait(false);
        return await DueReceipts.WaitAsync(context, DueReceipts.IdOf("count", stop, id)).ConfigureAwait(false);
    }

    /// <summary>Lets time go by to the trigger and waits for what became of it.</summary>
    private static async Task<Outcome> ExecuteAsync(WalkContext context, ProposalId id)
    {
        var due = Timestamp.FromSeconds((await ViewAsync(context, id).ConfigureAwait(false)).TriggerTime);
        if (due > context.Clock.Now)
            await context.MoveAsync(due).ConfigureAwait(false);
        return await DueReceipts.WaitAsync(context, DueReceipts.IdOf("execute", due, id)).ConfigureAwait(false);
    }

    /// <summary>The proposer and the holder vote yes with so much; it is counted and passes.</summary>
    private static async Task PassAsync(WalkContext context, ProposalId id, ulong proposer = 500_000, ulong holder = 290_000)
    {
        await VoteAsync(context, ProposerName, id, proposer).ConfigureAwait(false);
        await VoteAsync(context, HolderName, id, holder).ConfigureAwait(false);
        var counted = await CountAsync(context, id).ConfigureAwait(false);
        WalkContext.Require(Event(counted, "governance.counted")["result"] == "passed", "the proposal to pass");
    }

    private static LedgerEvent Event(Outcome outcome, string type) =>
        outcome.Events.FirstOrDefault(happened => happened.Type == type) ?? throw new WalkFailedException($"the ledger tells {type}");

    /// <summary>A proposal as the node shows it to people.</summary>
    private sealed class ProposalView(JsonElement root)
    {
        public string State => root.GetProperty("state").GetString()!;

        public long Stop => root.GetProperty("stop_vote_time").GetInt64();

        public long TriggerTime => root.GetProperty("trigger").GetProperty("time").GetInt64();

        public string Yes => root.GetProperty("tally").GetProperty("yes").GetString()!;
    }
}
