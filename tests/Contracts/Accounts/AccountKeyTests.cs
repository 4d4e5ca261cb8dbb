using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Tests.Accounts;

public class AccountKeyTests
{
    private readonly AccountsWorld world = new();

    private string Add(ISigningKey key, string? possession = null) =>
        $$"""{"key":{{JsonSerializer.Serialize(key.PublicKey)}},"possession":"{{possession ?? KeyPossession.Prove(world.Bench.Net, world.Alice.Id, key)}}"}""";

    private static string Remove(ISigningKey key) => $$"""{"kid":"{{key.PublicKey.Thumbprint}}"}""";

    [Fact]
    public void AddKey_WithPossession_LetsTheNewKeySign()
    {
        using var second = TestAccount.KeyOf("alice's phone");
        Assert.Equal("accepted", world.Bench.Run("accounts.add_key", Add(second), world.Alice).Code);
        Assert.Equal("key_exists", world.Bench.Run("accounts.add_key", Add(second), world.Alice).Code);
        Assert.True(world.Accounts.TryGetActiveKey(world.Alice.Id, second.PublicKey.Thumbprint, out var key));
        Assert.Equal(second.PublicKey, key);
        world.Alice.Key = second;
        Assert.Equal("accepted", world.Pay(world.Alice, world.Bob.Id, 1).Code);
    }

    [Fact]
    public void AddKey_WithoutItsOwnProof_IsRefused()
    {
        using var second = TestAccount.KeyOf("alice's phone");
        string[] proofs =
        [
            "", "a.b.c",
            KeyPossession.Prove(world.Bench.Net, world.Bob.Id, second),
            KeyPossession.Prove(Digest<Counterfoil.Ledger.Transactions.Net>.Of("other"u8), world.Alice.Id, second),
            KeyPossession.Prove(world.Bench.Net, world.Alice.Id, world.Bob.Key),
            KeyPossession.Prove(world.Bench.Net, world.Alice.Id, second)[..^4] + "AAAA",
        ];
        foreach (var proof in proofs)
            Assert.Equal("possession_unproven", world.Bench.Run("accounts.add_key", Add(second, proof), world.Alice).Code);
    }

    [Fact]
    public void AddKey_OffTheCurve_IsRefusedAsMalformed()
    {
        var bytes = world.Bob.Key.PublicKey.ToArray();
        bytes[63] ^= 1;
        var argument = $$"""{"key":{{JsonSerializer.Serialize(new PublicKey(bytes))}},"possession":"x"}""";
        Assert.Equal("malformed_key", world.Bench.Run("accounts.add_key", argument, world.Alice).Code);
    }

    [Fact]
    public void AddKey_BeyondTheMaximum_IsRefused()
    {
        for (var number = 1; number < AccountsContract.MaximumKeys; number++)
        {
            using var key = TestAccount.KeyOf($"key {number}");
            Assert.Equal("accepted", world.Bench.Run("accounts.add_key", Add(key), world.Alice).Code);
        }
        using var last = TestAccount.KeyOf("one too many");
        Assert.Equal("too_many_keys", world.Bench.Run("accounts.add_key", Add(last), world.Alice).Code);
    }

    [Fact]
    public void RemoveKey_OfTheLast_IsRefused()
    {
        Assert.Equal("last_key", world.Bench.Run("accounts.remove_key", Remove(world.Alice.Key), world.Alice).Code);
        using var second = TestAccount.KeyOf("alice's phone");
        Assert.Equal("key_inactive", world.Bench.Run("accounts.remove_key", Remove(second), world.Alice).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.add_key", Add(second), world.Alice).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.remove_key", Remove(world.Alice.Key), world.Alice).Code);
        Assert.Equal("key_inactive", world.Pay(world.Alice, world.Bob.Id, 1).Code);
        world.Alice.Key = second;
        Assert.Equal("last_key", world.Bench.Run("accounts.remove_key", Remove(second), world.Alice).Code);
    }

    [Fact]
    public void RotateKey_ThenAsOfAHeight_TellsWhichKeyHeld()
    {
        var first = world.Alice.Key;
        var second = TestAccount.KeyOf("alice's phone");
        string Rotate(ISigningKey old, ISigningKey key) => $$"""{"kid":"{{old.PublicKey.Thumbprint}}",""" + Add(key)[1..];
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("key_inactive", world.Bench.Run("accounts.rotate_key", Rotate(second, second), world.Alice).Code);
        Assert.Equal("key_exists", world.Bench.Run("accounts.rotate_key", Rotate(first, first), world.Alice).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.rotate_key", Rotate(first, second), world.Alice).Code);
        var height = world.Bench.Height;
        Assert.True(world.Accounts.TryGetKeyAt(world.Alice.Id, first.PublicKey.Thumbprint, height - 1, out _));
        Assert.False(world.Accounts.TryGetKeyAt(world.Alice.Id, first.PublicKey.Thumbprint, height, out _));
        Assert.False(world.Accounts.TryGetKeyAt(world.Alice.Id, second.PublicKey.Thumbprint, height - 1, out _));
        Assert.True(world.Accounts.TryGetKeyAt(world.Alice.Id, second.PublicKey.Thumbprint, height, out var key));
        Assert.Equal(second.PublicKey, key);
        Assert.Equal("key_inactive", world.Pay(world.Alice, world.Bob.Id, 1).Code);
    }

    [Fact]
    public void Open_WithASponsor_CountsOnItsQuota()
    {
        var carol = new TestAccount("carol");
        Assert.Equal("unknown_account", world.Bench.Run("accounts.open", "{}", carol).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.open", "{}", world.Bank, carol, new TestAccount("dan")).Code);
        Assert.Equal(AccountStanding.Open, world.Accounts.StandingOf(carol.Id));
        Assert.True(world.Accounts.TryGetAccount(world.Bank.Id, out var bank));
        Assert.Equal(2, bank.Sponsored);
        Assert.Equal("sponsor_quota_exceeded", world.Bench.Run("accounts.open", "{}", world.Bank, new TestAccount("erin"), new TestAccount("finn")).Code);
        // Neither of the two: a refusal leaves nothing.
        Assert.Equal(AccountStanding.Unknown, world.Accounts.StandingOf(new TestAccount("erin").Id));
    }

    [Fact]
    public void Open_OfAnotherKeyOrTwice_IsRefused()
    {
        var carol = new TestAccount("carol");
        Assert.Equal("malformed_key", world.InProbe(context => world.Accounts.Open(context, carol.Id, world.Bob.Key.PublicKey, world.Bob.Id), world.Bob).Code);
        Assert.Equal("account_exists", world.InProbe(context => world.Accounts.Open(context, world.Alice.Id, world.Alice.Key.PublicKey, world.Bob.Id), world.Bob).Code);
    }

    [Fact]
    public void Sponsor_ForAddressedAccounts_LetsThemOpenThemselves()
    {
        var carol = new TestAccount("carol");
        string List(params IEnumerable<AccountId> accounts) => $$"""{"accounts":[{{string.Join(",", accounts.Select(account => $"\"{account}\""))}}]}""";
        Assert.Equal("malformed_list", world.Bench.Run("accounts.sponsor", List(), world.Bank).Code);
        Assert.Equal("malformed_list", world.Bench.Run("accounts.sponsor", List(carol.Id, carol.Id), world.Bank).Code);
        var many = Enumerable.Range(0, 1001).Select(number => new AccountId(Digest<PublicKey>.Of(BitConverter.GetBytes(number)))).ToArray();
        Assert.Equal("malformed_list", world.Bench.Run("accounts.sponsor", List(many), world.Bank).Code);
        Assert.Equal("sponsor_quota_exceeded", world.Bench.Run("accounts.sponsor", List(many[..1000]), world.Bank).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.sponsor", List(carol.Id, world.Alice.Id), world.Bank).Code);
        Assert.True(world.Accounts.TryGetAccount(world.Bank.Id, out var bank));
        Assert.Equal(1, bank.Sponsored);
        Assert.Equal("accepted", world.Bench.Run("accounts.open", "{}", carol).Code);
        Assert.Equal(AccountStanding.Open, world.Accounts.StandingOf(carol.Id));
    }
}
