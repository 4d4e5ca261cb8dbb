using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;

namespace Counterfoil.Contracts.Tests.Rights;

public class RightsModelTests
{
    private static readonly Digest<Asset> Euro = Digest<Asset>.Of("EUR"u8);

    // The model counts only: what was accepted must never exceed what the right allows.
    [Fact]
    public void RandomActs_OnARight_NeverUseMoreThanItAllows()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var run = 0; run < 40; run++)
        {
            var world = new RightsWorld();
            var uses = (uint)random.Next(1, 6);
            var limit = (UInt128)(uint)random.Next(1, 200);
            Assert.Equal("accepted", world.Issue(message => message with
            {
                Uses = uses,
                Limit = new Amount(Euro, limit),
                Transferable = true,
                ExpiresSeconds = world.Start + random.Next(50, 200),
            }));
            TestAccount[] parties = [world.Holder, world.Other, world.Shop];
            var holder = world.Holder;
            var (made, redeemed) = (0u, (UInt128)0);
            for (var step = 0; step < 60; step++)
            {
                var by = random.Next(4) == 0 ? parties[random.Next(3)] : holder;
                var amount = new Amount(Euro, (uint)random.Next(1, 80));
                switch (random.Next(8))
                {
                    case 0:
                        var to = parties[random.Next(3)];
                        if (world.Transfer(by, message => message with { To = to.Id }) == "accepted")
                        {
                            Assert.True(by == holder, $"seed {seed}");
                            holder = to;
                        }
                        break;
                    case 1:
                        if (world.Restore(world.Issuer, $$""","amount":{"asset":"{{Euro}}","units":"{{amount.Units}}"}""") == "accepted")
                            (made, redeemed) = (checked(made - 1), checked(redeemed - amount.Units));
                        break;
                    case 2:
                        world.Rule("suspend", world.Issuer);
                        break;
                    case 3:
                        world.Rule("resume", world.Issuer);
                        break;
                    default:
                        if (world.Redeem(by, message => message with { Amount = amount }) == "accepted")
                        {
                            Assert.True(by == holder, $"seed {seed}");
                            (made, redeemed) = (made + 1, redeemed + amount.Units);
                        }
                        break;
                }
                Assert.True(made <= uses && redeemed <= limit, $"seed {seed}");
                Assert.Equal((made, redeemed), (world.Row().UsesMade, world.Row().UnitsUsed));
            }
            Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
        }
    }
}
