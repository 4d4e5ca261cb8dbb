using Counterfoil.Contracts.Accounts;
using Counterfoil.Host.Roles;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Walking;
using Counterfoil.Testing;

namespace Counterfoil.Schemes.Tests;

/// <summary>A walk that hides a broken promise would be worth nothing: each kind of one shows.</summary>
public sealed class WalkerTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Scripted scheme = new();
    private SchemeWalk walk = null!;

    public async Task InitializeAsync() => walk = await SchemeWalk.OpenAsync([scheme], folder.Path);

    public async Task DisposeAsync() => await walk.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Refusal_WithAnotherCode_IsNotOk()
    {
        var result = await WalkAsync(script => script.Refuse("unknown action", "over_limit", Unknown));

        Assert.False(result.Ok);
        Assert.Equal(("unknown_action", true, false), (result.Refusals[0].Got, result.Refusals[0].StateUnchanged, result.Refusals[0].Ok));
    }

    [Fact]
    public async Task Refusal_OfWhatIsAccepted_IsNotOkAndTheStateDiffers()
    {
        var result = await WalkAsync(script => script.Refuse("an asset", "over_limit", DefineAsync));

        Assert.Equal((null, false, false), (result.Refusals[0].Got, result.Refusals[0].StateUnchanged, result.Refusals[0].Ok));
    }

    [Fact]
    public async Task Refusal_WithTheCodeButAChangedState_IsNotOk()
    {
        var result = await WalkAsync(script => script.Refuse("both", "unknown_action", async context =>
        {
            await DefineAsync(context);
            return await Unknown(context);
        }));

        Assert.Equal(("unknown_action", false, false), (result.Refusals[0].Got, result.Refusals[0].StateUnchanged, result.Refusals[0].Ok));
        Assert.Contains("state changed", Assert.Single(result.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_WithAnAcceptedEffect_IsOkAndNamesIt()
    {
        var result = await WalkAsync(script => script.Refuse("both", "unknown_action", async context =>
        {
            await DefineAsync(context);
            return (await Unknown(context)) with { Effects = ["an asset was defined"] };
        }));

        Assert.True(result.Ok);
        Assert.Equal(["an asset was defined"], result.Refusals[0].Effects);
        Assert.False(result.Refusals[0].StateUnchanged);
    }

    [Fact]
    public async Task Refusal_StateChangedInItsPreparation_IsOk()
    {
        var result = await WalkAsync(script => script.Refuse("prepared", "unknown_action", Unknown, async context => (await Submit(context)).Required()));

        Assert.True(result.Ok);
        Assert.True(result.Refusals[0].StateUnchanged);
    }

    [Fact]
    public async Task Step_ThatFails_EndsTheStoryAndAllRefusals()
    {
        var later = false;
        var result = await WalkAsync(script =>
        {
            script.Step("guest", "ledger", "fails", _ => throw new WalkFailedException("a thing"));
            script.Step("guest", "ledger", "never runs", _ =>
            {
                later = true;
                return Task.CompletedTask;
            });
            script.Refuse("never tried", "unknown_action", Unknown);
        });

        Assert.False(result.Ok || later);
        Assert.Equal([false, false], result.Steps.Select(step => step.Ok));
        Assert.Equal((null, false), (result.Refusals[0].Got, result.Refusals[0].Ok));
        Assert.Equal("fails: Expected: a thing.", Assert.Single(result.Failures));
    }

    [Fact]
    public async Task Step_RefusedByTheNode_FailsWithTheCode()
    {
        var result = await WalkAsync(script => script.Step("guest", "ledger", "pays nobody", async context => (await UnknownAnswer(context)).Required()));

        Assert.False(result.Ok);
        Assert.Contains("unknown_action", Assert.Single(result.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Step_OfAnUnknownParticipant_IsAMistakeOfTheWalkthrough() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => WalkAsync(script => script.Step("nobody", "ledger", "acts", _ => Task.CompletedTask)));

    [Fact]
    public async Task Messages_OfAWalk_AreOpenedAndKeepNoKey()
    {
        var result = await WalkAsync(script => script.Step("guest", "ledger", "names money", async context => (await Submit(context)).Required()));

        var message = Assert.Single(result.Messages, message => message.Path == "/transactions");
        Assert.Equal(("operator", "ledger", "POST", "1", 200), (message.From, message.To, message.Method, message.Step, message.Status));
        Assert.Equal("accounts.define_asset", message.Request!.Decoded![0]!["payload"]!["act"]!.GetValue<string>());
        Assert.Equal("cf+jws", message.Request.Decoded[0]!["header"]!["typ"]!.GetValue<string>());
        Assert.Equal("final", message.Response!.Decoded![0]!["status"]!.GetValue<string>());
        Assert.Contains("\"n\":1", RecordedMessage.ToJson([message with { N = 1 }]), StringComparison.Ordinal);
    }

    private Task<WalkResult> WalkAsync(Action<WalkScript> tell)
    {
        scheme.Told = tell;
        return walk.WalkAsync(scheme);
    }

    private static async Task<WalkObservation> Unknown(WalkContext context) => WalkObservation.Of(await UnknownAnswer(context));

    private static Task<Client.SubmissionAnswer> UnknownAnswer(WalkContext context) => context.Operator.SubmitAsync("nothing.known", "{}");

    private static async Task<WalkObservation> DefineAsync(WalkContext context) => WalkObservation.Of(await Submit(context));

    private static Task<Client.SubmissionAnswer> Submit(WalkContext context) => context.Operator.SubmitAsync(
        "accounts.define_asset", new DefineAssetMessage("TIP", "Tips", 2, 1_000, Transferable: true, Shieldable: false), AccountsJson.Instance.DefineAssetMessage);

    private sealed class Scripted : IScheme
    {
        public Action<WalkScript> Told { get; set; } = _ => { };

        public SchemeCard Card => Catalogue.Of("C9");

        public IReadOnlyList<RefusalCode> Refusals => [];

        public IReadOnlyList<SchemeRole> Roles => [];

        public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) => [];

        public Walkthrough CreateWalkthrough() => new ScriptedWalkthrough(Told);
    }

    private sealed class ScriptedWalkthrough(Action<WalkScript> tell) : Walkthrough
    {
        public override IReadOnlyList<string> Participants => ["guest"];

        public override void Tell(WalkScript script) => tell(script);
    }
}
