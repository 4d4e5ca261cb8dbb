using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Rights;
using Counterfoil.Contracts.Tests.Accounts;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Testing;

namespace Counterfoil.Contracts.Tests;

/// <summary>The contracts in a whole ledger: what the pool promises, what blocks decide, what a restart keeps.</summary>
public class SignedLedgerTests
{
    private readonly TestAccount alice = new("alice");
    private readonly TestAccount bob = new("bob");
    private readonly TestAccount bank = new("bank");

    private string Genesis() => ContractBench.GenesisOf(
        [alice, bank],
        $$"""{"issuer":"{{bank}}","code":"EUR","name":"Euro","decimals":2,"cap":"1000000","transferable":true,"shieldable":true}""",
        $$"""{"account":"{{alice}}","asset":"EUR","units":"100"}""");

    private Digest<Asset> Euro => Asset.IdOf(bank.Id, "EUR");

    [Fact]
    public async Task Transfers_BeyondTheFundsAtOnce_AreFinalUpToTheFunds()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await SignedLedger.OpenAsync(folder, Genesis());
        var orders = Enumerable.Range(0, 30).Select(_ => ledger.Sign("accounts.transfer", AccountsWorld.Transfer(bob.Id, Euro, 9), alice)).ToArray();
        var codes = await ledger.SendAsync(orders);
        Assert.Equal(11, codes.Count(code => code == "accepted"));
        Assert.Equal(19, codes.Count(code => code == "insufficient_funds"));
        Assert.Equal(["accepted"], await ledger.SendAsync(ledger.Sign("accounts.transfer", AccountsWorld.Transfer(bank.Id, Euro, 50), bob, opens: true)));
        Assert.Equal((1, 49), ((int)ledger.Kernel.Accounts.BalanceOf(alice.Id, Euro).Units, (int)ledger.Kernel.Accounts.BalanceOf(bob.Id, Euro).Units));
    }

    [Fact]
    public async Task Right_RedeemedByManyAtOnceThenAfterARestart_IsRedeemedOnce()
    {
        using var folder = new TemporaryFolder();
        var right = Digest<Right>.Of("ticket"u8);
        var argument = $$"""{"issuer":"{{bank}}","right":"{{right}}"}""";
        Digest<Counterfoil.Ledger.State.LedgerState> root;
        await using (var ledger = await SignedLedger.OpenAsync(folder, Genesis()))
        {
            Assert.Equal(["accepted"], await ledger.SendAsync(ledger.Sign("rights.issue", $$"""{"right":"{{right}}","holder":"{{alice}}"}""", bank)));
            var orders = Enumerable.Range(0, 400).Select(_ => ledger.Sign("rights.redeem", argument, alice)).ToArray();
            var codes = (await Task.WhenAll(orders.Chunk(100).Select(chunk => Task.Run(() => ledger.SendAsync(chunk))))).SelectMany(part => part).ToArray();
            Assert.Equal(1, codes.Count(code => code == "accepted"));
            Assert.Equal(399, codes.Count(code => code == "already_redeemed"));
            root = ledger.Root();
        }
        await using var again = await SignedLedger.OpenAsync(folder, Genesis());
        Assert.Equal(root, again.Root());
        Assert.Equal(["already_redeemed"], await again.SendAsync(again.Sign("rights.redeem", argument, alice)));
    }
}
