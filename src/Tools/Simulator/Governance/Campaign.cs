using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Simulator.FullStack;

namespace Counterfoil.Simulator.Governance;

/// <summary>
/// What members send: proposals to be counted and done a few seconds later, votes on them, some in the last moment, and what must be refused; and, where nothing
/// is healed yet, faults around the times at which something is due.
/// </summary>
internal sealed class Campaign
{
    private const int LargestSmallVote = 400;
    private const int MostProposals = 12;

    private readonly SimulatedWorld world;
    private readonly Members members;
    private readonly ProposalModel model;
    private readonly int wantedWhenSound;
    private int acceptedWhenSound;
    private int proposed;
    private long lastProposalAt;

    public Campaign(SimulatedWorld world, Members members, ProposalModel model)
    {
        this.world = world;
        this.members = members;
        this.model = model;
        IsQuiet = world.Random.Chance(500);
        wantedWhenSound = world.Random.Between(1, 2);
    }

    /// <summary>Members let one vote end before they begin the next, and nothing else happens between.</summary>
    public bool IsQuiet { get; }

    /// <summary>Nothing more will be proposed.</summary>
    public bool IsOver => world.IsHealed && acceptedWhenSound >= wantedWhenSound;

    public void Begin() => world.After(300_000, Go);

    /// <summary>Answers what happened in a block.</summary>
    public void On((GovernedProposal Proposal, ProposalEvent What) happened)
    {
        var (proposal, what) = happened;
        switch (what)
        {
            case ProposalEvent.Proposed:
                if (world.Now > model.SoundFrom)
                    acceptedWhenSound++;
                StrikeAround(proposal.Stop);
                if (world.Random.Chance(100))
                {
                    var proposer = members.Others.First(member => member.Account == proposal.Proposer);
                    world.After(10_000, () => Send(proposer, "governance.cancel", new CancelMessage(proposal.Id), GovernanceJson.Instance.CancelMessage));
                    break;
                }
                foreach (var member in members.All)
                    if (world.Random.Chance(member == members.Large ? 950 : 700))
                        world.After(world.Random.Between(10, 500) * 1_000, () => Vote(member, proposal));
                if (world.Random.Chance(500))
                    VoteInTheLastMoment(proposal);
                break;
            case ProposalEvent.Passed:
                StrikeAround(proposal.Trigger);
                break;
            case ProposalEvent.Failed when world.Random.Chance(600):
                StrikeAround(world.Time + TimeSpan.FromSeconds(Members.ParameterDelaySeconds));
                world.After(world.Random.Between(10, 400) * 1_000, () =>
                    Send(world.Random.Pick(members.Others), "governance.requeue", new RequeueMessage(proposal.Id), GovernanceJson.Instance.RequeueMessage));
                break;
        }
    }

    private void Go()
    {
        if (IsOver)
            return;
        var open = model.All.Where(proposal => proposal.IsOpen).ToList();
        var mayPropose = proposed < MostProposals || world.IsHealed;
        // One that came too late for its own terms is refused: then there is another.
        if (mayPropose && (open.Count == 0 || !IsQuiet && world.Random.Chance(300)) && world.Now - lastProposalAt > 700_000)
            Propose();
        else if (!IsQuiet && open.Count > 0)
            Disturb(world.Random.Pick(open));
        world.After(world.Random.Between(100, 500) * 1_000, Go);
    }

    private void Propose()
    {
        var random = world.Random;
        lastProposalAt = world.Now;
        proposed++;
        var id = new ProposalId((UInt128)random.Next() << 64 | random.Next());
        var text = Encoding.ASCII.GetBytes($"text of {id}");
        var stop = world.Time.UnixSeconds + 1 + Members.VoteWindowSeconds + random.Between(0, 2);
        var isParameter = random.Chance(700);
        var name = random.Chance(800) ? ProposalModel.KernelParameter : OwnParameters.VoteQuota;
        var trigger = isParameter
            ? new ProposalTrigger(
                stop + Members.ParameterDelaySeconds + random.Between(0, 2),
                "governance.set_parameter",
                JsonSerializer.SerializeToElement(new SetParameterMessage(name, random.Between(500, 1_000)), GovernanceJson.Instance.SetParameterMessage),
                [RowName.Of("governance.parameters", new TextKey(name))])
            : new ProposalTrigger(
                stop + random.Between(0, 2), "governance.resolve",
                JsonSerializer.SerializeToElement(new ResolveMessage(), GovernanceJson.Instance.ResolveMessage), []);
        var digest = Digest<Attachment>.Of(text);
        var message = new ProposeMessage(
            id, isParameter ? SceneNames.Parameter : SceneNames.OrdinaryProposal, $"Proposal {proposed}", digest,
            new ProposalArgs(random.Pick<int>([51, 51, 51, 60]), stop), trigger);
        Send(
            random.Pick(members.Others), "governance.propose", message, GovernanceJson.Instance.ProposeMessage, new AttachmentContent(digest, text, []));
    }

    private void Vote(SimulatedClient member, GovernedProposal proposal)
    {
        var random = world.Random;
        var isLarge = member == members.Large;
        // At the border of 51 %, and with all there is.
        var units = isLarge ? random.Pick<int>([50_999, 51_000, 56_000, Members.LargeShare]) : random.Between(1, LargestSmallVote);
        var option = random.Pick<string>(isLarge ? ["yes", "yes", "yes", "yes", "no", "abstain"] : ["yes", "no", "abstain", "spam"]);
        Send(member, "governance.vote", new VoteMessage(proposal.Id, option, (UInt128)units), GovernanceJson.Instance.VoteMessage);
    }

    private void VoteInTheLastMoment(GovernedProposal proposal)
    {
        foreach (var _ in Enumerable.Range(0, world.Random.Between(1, 3)))
            At(proposal.Stop, -400, 200, () => Vote(world.Random.Pick([.. members.All]), proposal));
    }

    // What is refused, or moves units that no lock holds.
    private void Disturb(GovernedProposal proposal)
    {
        var (random, json) = (world.Random, GovernanceJson.Instance);
        var member = random.Pick(members.Others);
        switch (random.Below(8))
        {
            case 0:
                Send(member, "governance.count", new DueOnlyMessage(proposal.Id), json.DueOnlyMessage);
                break;
            case 1:
                Send(member, "governance.execute", new DueOnlyMessage(random.Pick([.. model.All]).Id), json.DueOnlyMessage);
                break;
            case 2:
                Send(member, "governance.cancel", new CancelMessage(proposal.Id), json.CancelMessage);
                break;
            case 3:
                Send(member, "governance.requeue", new RequeueMessage(random.Pick([.. model.All]).Id), json.RequeueMessage);
                break;
            case 4:
                Send(
                    members.Large, "governance.transfer", new GovernanceTransferMessage(member.Account, (UInt128)random.Pick<int>([1, 50, 30_000])),
                    json.GovernanceTransferMessage);
                break;
            case 5:
                Vote(random.Pick([.. members.All]), random.Pick([.. model.All]));
                break;
            default:
                Vote(random.Pick([.. members.All]), proposal);
                break;
        }
    }

    private void StrikeAround(Timestamp due)
    {
        foreach (var _ in Enumerable.Range(0, world.Random.Pick<int>([0, 1, 2, 3])))
            At(due, -400, 500, Strike);
    }

    private void At(Timestamp due, int fromMilliseconds, int toMilliseconds, Action action) => world.After(
        Math.Max(0, ProposalModel.WorldMicroseconds(due) - world.Now + world.Random.Between(fromMilliseconds, toMilliseconds) * 1_000), action);

    private void Strike()
    {
        if (world.IsHealed || !world.Plan.HasStops)
            return;
        var random = world.Random;
        var node = random.Pick(world.Nodes);
        switch (random.Below(8))
        {
            case 0:
                node.Restart();
                break;
            case 1:
                // Everybody at once, each somewhere else.
                foreach (var each in world.Nodes)
                    if (each.IsUp)
                        each.LosePowerAfter(1 + random.Below(60));
                break;
            case 2 when world.Nodes.Count > 1:
                world.Links.Part([.. world.Nodes.Select(_ => random.Chance(500))], random.Chance(500));
                world.After(random.Between(100, 1_500) * 1_000, world.Links.Join);
                break;
            case 3 when node.IsUp:
                world.Count(WorldFault.Crash);
                node.Crash();
                break;
            default:
                if (node.IsUp)
                    node.LosePowerAfter(1 + random.Below(random.Pick<int>([4, 30, 120])));
                break;
        }
    }

    private void Send<T>(SimulatedClient member, string action, T message, JsonTypeInfo<T> form, params IReadOnlyList<AttachmentContent> attachments)
    {
        var answer = world.Workload.Send(members.Sign(member, action, JsonSerializer.SerializeToUtf8Bytes(message, form)), attachments);
        if (world.Trace.IsWritten)
            world.Trace.Write(world.Now, $"member {member.Number} sends {action}: {answer?.Refusal?.Code ?? (answer is null ? "no answer" : "taken")}");
    }
}
