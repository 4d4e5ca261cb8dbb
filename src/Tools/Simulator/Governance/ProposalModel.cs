using System.Buffers.Binary;
using System.Text.Json;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Simulator.FullStack;

namespace Counterfoil.Simulator.Governance;

/// <summary>
/// What the blocks say must have become of every proposal: counted and executed once, in the first block of its time, with the votes that stand in blocks
/// before it. <b>Source:</b> E2, measure of done.
/// </summary>
internal sealed partial class ProposalModel(SimulatedWorld world)
{
    /// <summary>A parameter of the ledger itself.</summary>
    public const string KernelParameter = "sponsor_quota";

    // What a round with a dead or lying proposer may cost, several times over.
    private const long LongestMicroseconds = 12_000_000;

    private static readonly long BeginningMilliseconds = SimulatedClock.TimeOfDay(0).ToUnixTimeMilliseconds();

    private readonly Dictionary<ProposalId, GovernedProposal> proposals = [];
    private readonly Dictionary<string, long> parameters = new(StringComparer.Ordinal)
    {
        [KernelParameter] = new LedgerParameters().SponsorQuota,
        [OwnParameters.VoteQuota] = OwnParameters.All.Single(own => own.Name == OwnParameters.VoteQuota).Default,
    };

    private readonly List<(GovernedProposal Proposal, ProposalEvent What)> happened = [];
    private Timestamp before;

    /// <summary>All that were accepted.</summary>
    public IReadOnlyCollection<GovernedProposal> All => proposals.Values;

    public UInt128 Supply { get; private set; } = Members.Supply;

    public long Votes { get; private set; }

    public long Executed { get; private set; }

    public long Failed { get; private set; }

    /// <summary>The longest time from due to block, once nothing was in the way.</summary>
    public long LatestMicroseconds { get; private set; }

    public bool IsSettled => proposals.Values.All(proposal => proposal.IsOver);

    /// <summary>From this time of the world on nothing is in the way of a block.</summary>
    public long SoundFrom => world.Plan.HealMicroseconds + SimulatedWorld.SettlingMicroseconds;

    public static long WorldMicroseconds(Timestamp time) => (time.UnixMilliseconds - BeginningMilliseconds) * 1_000;

    /// <summary>Follows the next block.</summary>
    /// <returns>What happened in it.</returns>
    public IReadOnlyList<(GovernedProposal Proposal, ProposalEvent What)> Apply(StoredBlock block)
    {
        happened.Clear();
        var (height, time) = (block.Header.Height, new Timestamp(block.Header.Time));
        foreach (var leaf in block.Leaves)
        {
            if (!Outcome.TryParse(leaf.Outcome.ToArray(), out var outcome))
                world.Checker.Violate($"a leaf of block {height} has no outcome");
            else if (leaf.Due is { Contract: "governance" } due)
                OnDue(due, leaf.Id, outcome, height, time);
            else if (leaf.Due is null && outcome.IsSuccess && TransactionParser.Parse(leaf.Transaction, out var transaction) is null)
                OnAction(transaction!, time);
        }
        foreach (var proposal in proposals.Values)
        {
            proposal.Keep(height);
            if (proposal.IsOpen && proposal.Stop <= time)
                world.Checker.Violate($"{proposal.Id} is not counted in block {height}, whose time is past its stop");
            if (proposal.Row.State == ProposalState.Passed && proposal.Row.Due <= time && proposal.Row.Due != time)
                world.Checker.Violate($"{proposal.Id} is not executed in block {height}, whose time is past its trigger");
        }
        before = time;
        return happened;
    }

    private void OnDue(DueLeaf due, Digest<Transaction> leaf, Outcome outcome, long height, Timestamp time)
    {
        var id = new ProposalId(BinaryPrimitives.ReadUInt128BigEndian(due.Id.Span));
        if (!proposals.TryGetValue(id, out var proposal))
        {
            world.Checker.Violate($"governance.{due.Timer} of {id}, which nobody proposed");
            return;
        }
        if (leaf != ReceiptId(due.Timer, due.Due, id))
            world.Checker.Violate($"the leaf of governance.{due.Timer} of {id} has another id than it must");
        RequireOnTime(due, id, time);
        switch (due.Timer)
        {
            case "count":
                Count(proposal, due, outcome, height);
                break;
            case "execute":
                Execute(proposal, due, outcome, time);
                break;
            case "clear":
                if (proposal.CountedAt == 0 || proposal.ClearedAt > 0)
                    world.Checker.Violate($"{id} is cleared at a wrong time");
                proposal.ClearedAt = height;
                break;
            case "requeue_end":
                break;
            default:
                world.Checker.Violate($"governance.{due.Timer} is nothing that members do here");
                break;
        }
    }

    // A requeue in the block before makes it due at that block's very time, when a scene has no delay; here each has.
    private void RequireOnTime(DueLeaf due, ProposalId id, Timestamp time)
    {
        if (due.Due > time || due.Due <= before)
            world.Checker.Violate($"governance.{due.Timer} of {id} was due at {due.Due} and is in the block of {time} after that of {before}");
        var sound = Math.Max(WorldMicroseconds(due.Due), SoundFrom);
        var late = world.Now - sound;
        if (late > LongestMicroseconds)
            world.Checker.Violate($"governance.{due.Timer} of {id} came {late / 1_000} ms late");
        LatestMicroseconds = Math.Max(LatestMicroseconds, late);
    }

    private void Count(GovernedProposal proposal, DueLeaf due, Outcome outcome, long height)
    {
        if (!proposal.IsOpen || proposal.CountedAt > 0 || due.Due != proposal.Stop || !outcome.IsSuccess)
            world.Checker.Violate($"{proposal.Id} is counted again, at a wrong time or with a failure");
        var row = proposal.Recount();
        var against = row.No + row.Spam;
        proposal.HasPassed = row.Yes * 100 >= (UInt128)proposal.Percent * Supply && row.Cast * 100 >= Members.QuorumPercent * Supply && row.Yes > against;
        var said = outcome.Events.Single(happened => happened.Type == "governance.counted");
        if (said["result"] != (proposal.HasPassed ? "passed" : "rejected")
            || (said["yes"], said["no"], said["abstain"], said["spam"]) != ($"{row.Yes}", $"{row.No}", $"{row.Abstain}", $"{row.Spam}")
            || said["supply"] != $"{Supply}")
            world.Checker.Violate($"{proposal.Id} is counted as {said["result"]} with {said["yes"]} yes, and a recount has {row.Yes} of {Supply}");
        proposal.Row = row with { State = proposal.HasPassed ? ProposalState.Passed : ProposalState.Rejected };
        if (!proposal.HasPassed && row.Spam * 3 > row.Cast)
            Supply -= Members.Deposit;
        proposal.CountedAt = height;
        if (proposal.Votes.Count == 0)
            proposal.ClearedAt = height;
        if (proposal.HasPassed)
            happened.Add((proposal, ProposalEvent.Passed));
    }

    private void Execute(GovernedProposal proposal, DueLeaf due, Outcome outcome, Timestamp time)
    {
        if (proposal.Row.State != ProposalState.Passed || due.Due != proposal.Row.Due)
            world.Checker.Violate($"{proposal.Id} is executed again, or at a wrong time");
        proposal.Executions++;
        var holds = proposal.Parameter is not { } name || parameters[name] == proposal.Precondition;
        if (outcome.IsSuccess != holds || !holds && outcome.Code != "execution_failed")
            world.Checker.Violate($"{proposal.Id} is {outcome.Status} {outcome.Code} when executed");
        if (holds)
        {
            if (proposal.Parameter is { } parameter)
                parameters[parameter] = proposal.Value;
            proposal.Row = proposal.Row with { State = ProposalState.Executed, FailureCode = "" };
            Executed++;
            return;
        }
        proposal.Row = proposal.Row with { State = ProposalState.Failed, FailureCode = "precondition_failed", FailedAt = time };
        Failed++;
        happened.Add((proposal, ProposalEvent.Failed));
    }

    private void OnAction(Transaction transaction, Timestamp time)
    {
        var json = GovernanceJson.Instance;
        var argument = transaction.Payload.Argument.Span;
        switch (transaction.Payload.Action)
        {
            case "governance.propose":
                Propose(transaction.Issuer, JsonSerializer.Deserialize(argument, json.ProposeMessage)!);
                break;
            case "governance.vote":
                Vote(transaction.Issuer, JsonSerializer.Deserialize(argument, json.VoteMessage)!, time);
                break;
            case "governance.cancel":
                var cancelled = proposals[JsonSerializer.Deserialize(argument, json.CancelMessage)!.Proposal];
                if (!cancelled.IsOpen || cancelled.Votes.Count > 0 || cancelled.Proposer != transaction.Issuer || time >= cancelled.Stop)
                    world.Checker.Violate($"{cancelled.Id} is cancelled");
                cancelled.Row = cancelled.Row with { State = ProposalState.Cancelled };
                break;
            case "governance.requeue":
                var requeued = proposals[JsonSerializer.Deserialize(argument, json.RequeueMessage)!.Proposal];
                if (requeued.Row.State != ProposalState.Failed || requeued.Row.IsRequeued)
                    world.Checker.Violate($"{requeued.Id} is requeued");
                var due = time + TimeSpan.FromSeconds(requeued.Parameter is null ? 0 : Members.ParameterDelaySeconds);
                requeued.Row = requeued.Row with { State = ProposalState.Passed, Due = due, IsRequeued = true };
                break;
            case "governance.count" or "governance.execute" or "governance.set_parameter":
                world.Checker.Violate($"somebody's {transaction.Payload.Action} is accepted");
                break;
        }
    }

    private void Propose(AccountId proposer, ProposeMessage message)
    {
        var parameter = message.Trigger.Act == "governance.set_parameter"
            ? message.Trigger.Arg.Deserialize(GovernanceJson.Instance.SetParameterMessage)
            : null;
        var proposal = new GovernedProposal(
            message.Proposal, proposer, message.Scene, message.Args.MinVotePercent, Timestamp.FromSeconds(message.Args.StopVoteTime),
            Timestamp.FromSeconds(message.Trigger.Time), parameter?.Name, parameter?.Value ?? 0, parameter is null ? 0 : parameters[parameter.Name])
        {
            Row = new BallotRow(
                ProposalState.Voting, 0, 0, 0, 0, Members.Deposit, 0, Timestamp.FromSeconds(message.Trigger.Time), default, IsRequeued: false, ""),
        };
        proposal.Locks.Add(LockOf(proposal, proposer, LockKind.Deposit));
        if (!proposals.TryAdd(proposal.Id, proposal))
            world.Checker.Violate($"{proposal.Id} is proposed twice");
        happened.Add((proposal, ProposalEvent.Proposed));
    }

    private void Vote(AccountId voter, VoteMessage message, Timestamp time)
    {
        var proposal = proposals[message.Proposal];
        if (!proposal.IsOpen || time >= proposal.Stop)
            world.Checker.Violate($"a vote on {proposal.Id} is taken at {time}, and it stopped at {proposal.Stop}");
        var option = Enum.Parse<VoteOption>(message.Option, ignoreCase: true);
        proposal.Votes[voter] = (option, message.Amount!.Value);
        proposal.Locks.Add(LockOf(proposal, voter, LockKind.Vote));
        Votes++;
    }

    private static LockKey LockOf(GovernedProposal proposal, AccountId account, LockKind kind)
    {
        var subject = new byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(subject.AsSpan(16), proposal.Id.Value);
        return new LockKey(account, proposal.Scene, kind, new Digest<LockSubject>(subject));
    }

    /// <summary>SHA-256("cf-due\0" ‖ governance.timer ‖ 0 ‖ due, milliseconds as 8 bytes ‖ proposal). <b>Source:</b> kernel.md section 2.</summary>
    public static Digest<Transaction> ReceiptId(string timer, Timestamp due, ProposalId proposal)
    {
        var bytes = new byte[24];
        BinaryPrimitives.WriteInt64BigEndian(bytes, due.UnixMilliseconds);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(8), proposal.Value);
        return Digest<Transaction>.Of("cf-due\0"u8, [.. System.Text.Encoding.ASCII.GetBytes($"governance.{timer}\0"), .. bytes]);
    }
}
