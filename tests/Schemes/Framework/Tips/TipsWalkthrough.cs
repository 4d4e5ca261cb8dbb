using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Tests.Tips;

internal sealed class TipsWalkthrough : Walkthrough
{
    private static readonly AccountsJson Json = AccountsJson.Instance;

    public override IReadOnlyList<string> Participants => ["operator", "guest", "waiter", "stranger", "desk"];

    public override void Tell(WalkScript script)
    {
        script.Step("operator", "ledger", "opens the accounts of guest and waiter", OpenAsync);
        script.Step("operator", "ledger", "gives the guest ten", GiveAsync);
        script.Step("guest", "ledger", "gives the waiter three", TipAsync);
        script.Step("guest", "desk", "leaves a signed note", LeaveNoteAsync);
        script.Step("waiter", "ledger", "finds the receipt in order and time gone by", CheckAsync);

        script.Refuse("the guest gives more than is left", "insufficient_funds", async context =>
            WalkObservation.Of(await context.Party("guest").SubmitAsync("accounts.transfer", Transfer(context, 8), Json.TransferMessage)));
        script.Refuse("the guest gives nothing", "zero_amount", async context =>
            WalkObservation.Of(await context.Party("guest").SubmitAsync("accounts.transfer", Transfer(context, 0), Json.TransferMessage)));
        script.Refuse("a stranger leaves a note", "unknown_guest", async context => WalkObservation.Of(await WriteAsync(context, "stranger")));
    }

    private static async Task OpenAsync(WalkContext context)
    {
        (await context.Party("guest").OpenAccountAsync(context.Operator, context.Cancellation)).Required();
        (await context.Party("waiter").OpenAccountAsync(context.Operator, context.Cancellation)).Required();
    }

    private static async Task GiveAsync(WalkContext context)
    {
        var money = new DefineAssetMessage("TIP", "Tips", 2, 1_000, Transferable: true, Shieldable: false);
        (await context.Operator.SubmitAsync("accounts.define_asset", money, Json.DefineAssetMessage)).Required();
        (await context.Operator.SubmitAsync("accounts.mint", new MintMessage(context.Party("guest").Account, Amount(context, 10)), Json.MintMessage)).Required();
    }

    private static async Task TipAsync(WalkContext context) =>
        (await context.Party("guest").SubmitAsync("accounts.transfer", Transfer(context, 3), Json.TransferMessage)).Required();

    private static async Task LeaveNoteAsync(WalkContext context)
    {
        var answer = (await WriteAsync(context, "guest")).Value;
        WalkContext.Require(answer is { Text: "thank you", Notes: 1 }, "the desk to have one note");
    }

    private static async Task CheckAsync(WalkContext context)
    {
        var waiter = context.Party("waiter");
        var account = (await waiter.Node.GetAccountAsync(waiter.Account)).Value;
        WalkContext.Require(account.Balances.Values.Single() == 3, "the waiter to hold three");
        var before = context.Clock.Now;
        await context.AdvanceAsync(TimeSpan.FromHours(3));
        WalkContext.Require(context.Clock.Now - before >= TimeSpan.FromHours(3), "three hours to have gone by");
    }

    private static async Task<NodeResult<Greeting>> WriteAsync(WalkContext context, string party)
    {
        using var http = context.Party(party).CreateSignedHttp(
            context.RoleAddress("desk"), signature => signature with { Components = [.. signature.Components] });
        http.DefaultRequestHeaders.TryAddWithoutValidation(NodeClient.ReaderKeyField, ReaderKey(context.Party(party)));
        return await new RoleClient(http).PostAsync("notes", new Note("thank you"), TipsJson.Instance.Note, TipsJson.Instance.Greeting);
    }

    private static string ReaderKey(Party party) => Cryptography.Base64Url.Encode(
        System.Text.Encoding.ASCII.GetBytes(Cryptography.Jose.Jwk.Serialize(party.SigningKey.PublicKey)));

    private static Amount Amount(WalkContext context, uint units) => new(Asset.IdOf(context.Operator.Account, "TIP"), units);

    private static TransferMessage Transfer(WalkContext context, uint units) => new(context.Party("waiter").Account, Amount(context, units));
}
