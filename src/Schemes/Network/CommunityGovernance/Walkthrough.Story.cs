using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

public sealed partial class CommunityWalkthrough
{
    private const long NewBlockSize = 1_024;

    private ProposalId blockSize;
    private ProposalId firstPayment;
    private ProposalId secondPayment;

    private void TellStory(WalkScript script)
    {
        script.Step(OperatorName, LedgerName, "opens the accounts of the members", OpenAccountsAsync);
        script.Step(OperatorName, LedgerName, "creates the token, once and for all, and gives most of it away", InitialiseAsync);
        script.Step(HolderName, LedgerName, "lets the delegate vote in questions of parameters for a year", DelegateAsync);
        script.Step(ProposerName, LedgerName, "proposes another block size, which is dry-run, and locks a deposit", ProposeBlockSizeAsync);
        script.Step(ProposerName, LedgerName, "votes, and so does the delegate with the holder's tokens", VoteForBlockSizeAsync);
        script.Step(HolderName, LedgerName, "votes after all: the own vote takes the tokens back", TakeBackAsync);
        script.Step(OperatorName, LedgerName, "lets the voting time go by: counted by the ledger itself, against all tokens", CountBlockSizeAsync);
        script.Step(AuditorName, LedgerName, "counts again from the blocks alone", RecountAsync);
        script.Step(OperatorName, LedgerName, "lets the delay go by: the block size is changed, without an administrator", ExecuteBlockSizeAsync);
        script.Step(OperatorName, LedgerName, "gives the community's account 100 units of money", FundAsync);
        script.Step(ProposerName, LedgerName, "proposes two payments of all of it, and both pass", ProposePaymentsAsync);
        script.Step(OperatorName, LedgerName, "sees the first paid and the second fail, which leaves nothing but its failure", FailPaymentAsync);
        script.Step(NewcomerName, LedgerName, "sets the second again once there is money: it is paid after the delay", RequeueAsync);
        script.Step(ProposerName, LedgerName, "has a committee for emergencies agreed on", AgreeOnCommitteeAsync);
        script.Step(HolderName, LedgerName, "pauses the accounts with the proposer, two of three; time ends the pause", PauseAsync);
    }

    private static async Task OpenAccountsAsync(WalkContext context)
    {
        foreach (var name in Members)
            (await context.Party(name).OpenAccountAsync(context.Operator, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private async Task InitialiseAsync(WalkContext context)
    {
        began = context.Clock.Now;
        var shares = new[] { (ProposerName, 550_000u), (HolderName, 300_000u), (DelegateName, 100_000u) }
            .Select(share => new GovernanceShare(context.Party(share.Item1).Account, share.Item2))
            .Append(new GovernanceShare(context.Operator.Account, 50_000));
        (await SendAsync(context, OperatorName, "init", new InitMessage(1_000_000, [.. shares]), Json.InitMessage).ConfigureAwait(false)).Required();
        var account = (await context.Party(HolderName).Node.GetGovernanceAccountAsync(context.Party(HolderName).Account, context.Cancellation)
            .ConfigureAwait(false)).Value.Root;
        WalkContext.Require(account.GetProperty("transferable").GetString() == "300000", "the holder to have 300,000 free tokens");
    }

    private static async Task DelegateAsync(WalkContext context) =>
        (await SendAsync(
            context, HolderName, "delegate",
            new DelegateMessage(SceneNames.Parameter, context.Party(DelegateName).Account, (context.Clock.Now + TimeSpan.FromDays(365)).UnixSeconds),
            Json.DelegateMessage).ConfigureAwait(false)).Required();

    private async Task ProposeBlockSizeAsync(WalkContext context)
    {
        blockSize = await ProposeAsync(context, ProposerName, Terms.Parameter("maximum_block_transactions", NewBlockSize)).ConfigureAwait(false);
        var account = (await context.Operator.Node.GetGovernanceAccountAsync(context.Party(ProposerName).Account, context.Cancellation)
            .ConfigureAwait(false)).Value.Root;
        WalkContext.Require(account.GetProperty("transferable").GetString() == "549000", "the deposit of 1,000 to be locked");
    }

    private async Task VoteForBlockSizeAsync(WalkContext context)
    {
        await VoteAsync(context, ProposerName, blockSize, 400_000).ConfigureAwait(false);
        await VoteAsync(context, DelegateName, blockSize, 100_000, (HolderName, 200_000)).ConfigureAwait(false);
        WalkContext.Require((await ViewAsync(context, blockSize).ConfigureAwait(false)).Yes == "700000", "700,000 for it");
    }

    private async Task TakeBackAsync(WalkContext context)
    {
        await VoteAsync(context, HolderName, blockSize, 150_000).ConfigureAwait(false);
        WalkContext.Require((await ViewAsync(context, blockSize).ConfigureAwait(false)).Yes == "650000", "650,000 for it");
    }

    private async Task CountBlockSizeAsync(WalkContext context)
    {
        var counted = Event(await CountAsync(context, blockSize).ConfigureAwait(false), "governance.counted");
        WalkContext.Require((counted["result"], counted["yes"], counted["supply"]) == ("passed", "650000", "1000000"), "650,000 of 1,000,000 to pass");
    }

    private async Task RecountAsync(WalkContext context)
    {
        var export = await new Recount(context.Party(AuditorName).Node).RunAsync(blockSize, context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(export.Scores is ["650000", "0", "0", "0"] && export.Votes.Count == 3, "the same result from the blocks alone");
        WalkContext.Require(export.Votes.All(vote => vote.Owner == vote.Voter), "the holder's own vote in the delegate's place");
        // Nobody's tokens are locked any more.
        var account = (await context.Party(AuditorName).Node.GetGovernanceAccountAsync(context.Party(HolderName).Account, context.Cancellation)
            .ConfigureAwait(false)).Value.Root;
        WalkContext.Require(account.GetProperty("transferable").GetString() == "300000", "the holder's tokens to be free again");
    }

    private async Task ExecuteBlockSizeAsync(WalkContext context)
    {
        WalkContext.Require(await ParameterAsync(context, "maximum_block_transactions").ConfigureAwait(false) == 4_096, "the old size until then");
        var outcome = await ExecuteAsync(context, blockSize).ConfigureAwait(false);
        WalkContext.Require(outcome.Status == "done", "the proposal to be executed");
        WalkContext.Require(await ParameterAsync(context, "maximum_block_transactions").ConfigureAwait(false) == NewBlockSize, "the new size");
    }

    private static async Task<long> ParameterAsync(WalkContext context, string name) =>
        (await context.Operator.Node.GetGovernanceAsync(context.Cancellation).ConfigureAwait(false)).Value.Root
            .GetProperty("parameters").GetProperty(name).GetInt64();

    private static Digest<Asset> MoneyOf(WalkContext context) => Asset.IdOf(context.Operator.Account, "TOWN");

    private static async Task FundAsync(WalkContext context)
    {
        var money = new DefineAssetMessage("TOWN", "Money of the town", 2, 10_000, Transferable: true, Shieldable: false);
        (await context.Operator.SubmitAsync(
            "accounts.define_asset", money, AccountsJson.Instance.DefineAssetMessage, cancellation: context.Cancellation).ConfigureAwait(false)).Required();
        await MintToTreasuryAsync(context).ConfigureAwait(false);
    }

    private static async Task MintToTreasuryAsync(WalkContext context) =>
        (await context.Operator.SubmitAsync(
            "accounts.mint", new MintMessage(GovernanceContract.Treasury, new Amount(MoneyOf(context), 100)), AccountsJson.Instance.MintMessage,
            cancellation: context.Cancellation).ConfigureAwait(false)).Required();

    private static Terms Payment(WalkContext context, string to) => new(
        SceneNames.Treasury, "governance.treasury_transfer",
        JsonSerializer.Serialize(
            new TreasuryTransferMessage(context.Party(to).Account, new Amount(MoneyOf(context), 100)), Json.TreasuryTransferMessage));

    private async Task ProposePaymentsAsync(WalkContext context)
    {
        var (week, day) = (TimeSpan.FromDays(7), TimeSpan.FromDays(1));
        firstPayment = await ProposeAsync(context, ProposerName, Payment(context, NewcomerName) with { VoteFor = week + day, Delay = week + day + day })
            .ConfigureAwait(false);
        secondPayment = await ProposeAsync(context, ProposerName, Payment(context, HolderName) with { VoteFor = week + week, Delay = week })
            .ConfigureAwait(false);
        // The same tokens vote once at a time in a scene: the second vote ends later.
        await PassAsync(context, firstPayment).ConfigureAwait(false);
        await PassAsync(context, secondPayment).ConfigureAwait(false);
    }

    private async Task FailPaymentAsync(WalkContext context)
    {
        var paid = await ExecuteAsync(context, firstPayment).ConfigureAwait(false);
        WalkContext.Require(paid.Status == "done", "the first payment");
        var failed = await ExecuteAsync(context, secondPayment).ConfigureAwait(false);
        WalkContext.Require((failed.Status, failed.Code) == ("failed", "execution_failed"), "the second payment to fail");
        WalkContext.Require(
            Event(failed, "governance.execution_failed")["inner_code"] == "insufficient_funds", "the reason in the receipt");
        WalkContext.Require((await ViewAsync(context, secondPayment).ConfigureAwait(false)).State == "failed", "the proposal to say so");
        WalkContext.Require(
            await BalanceAsync(context, NewcomerName).ConfigureAwait(false) == 100 && await BalanceAsync(context, HolderName).ConfigureAwait(false) == 0,
            "one payment only");
    }

    private async Task RequeueAsync(WalkContext context)
    {
        await MintToTreasuryAsync(context).ConfigureAwait(false);
        (await SendAsync(context, NewcomerName, "requeue", new RequeueMessage(secondPayment), Json.RequeueMessage).ConfigureAwait(false)).Required();
        // The new time is that of the block plus the delay, which no client knows to the millisecond: the view tells the second.
        await context.AdvanceAsync(TimeSpan.FromDays(2) + TimeSpan.FromSeconds(2)).ConfigureAwait(false);
        for (var attempt = 0; attempt < 600 && (await ViewAsync(context, secondPayment).ConfigureAwait(false)).State != "executed"; attempt++)
            await Task.Delay(50, context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(await BalanceAsync(context, HolderName).ConfigureAwait(false) == 100, "the second payment");
    }

    private static async Task<UInt128> BalanceAsync(WalkContext context, string name) =>
        (await context.Operator.Node.GetAccountAsync(context.Party(name).Account, context.Cancellation).ConfigureAwait(false)).Value
            .Balances.Values.Aggregate((UInt128)0, (sum, units) => sum + units);

    private static async Task AgreeOnCommitteeAsync(WalkContext context)
    {
        var members = string.Join(",", new[] { ProposerName, HolderName, DelegateName }.Select(name => $"\"{context.Party(name).Account}\""));
        var id = await ProposeAsync(
            context, ProposerName,
            new Terms(SceneNames.Emergency, "governance.set_committee", $$"""{"members":[{{members}}],"threshold":2}""")
            {
                Reads = [RowName.Of("governance.configuration", new TextKey(""))],
            }).ConfigureAwait(false);
        await PassAsync(context, id).ConfigureAwait(false);
        WalkContext.Require((await ExecuteAsync(context, id).ConfigureAwait(false)).Status == "done", "the committee");
    }

    private static async Task PauseAsync(WalkContext context)
    {
        await CallPauseAsync(context, "incident 1").ConfigureAwait(false);
        var pauses = (await context.Operator.Node.GetGovernanceAsync(context.Cancellation).ConfigureAwait(false)).Value.Root.GetProperty("pauses");
        WalkContext.Require(
            pauses.GetArrayLength() == 1 && pauses[0].GetProperty("contract").GetString() == "accounts", "the accounts to be paused");
        await context.AdvanceAsync(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(2)).ConfigureAwait(false);
        (await PayAsync(context).ConfigureAwait(false)).Required();
    }

    private static async Task CallPauseAsync(WalkContext context, string incident)
    {
        foreach (var name in (string[])[HolderName, ProposerName])
            (await SendAsync(context, name, "pause", new PauseMessage("accounts", incident), Json.PauseMessage).ConfigureAwait(false)).Required();
    }

    private static Task<Client.SubmissionAnswer> PayAsync(WalkContext context) => context.Party(NewcomerName).SubmitAsync(
        "accounts.transfer", new TransferMessage(context.Party(AuditorName).Account, new Amount(MoneyOf(context), 1)),
        AccountsJson.Instance.TransferMessage, cancellation: context.Cancellation);
}
