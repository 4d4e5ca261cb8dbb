using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Vault.Records;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;

/// <summary>
/// Somebody who reads the ledger knows all of a bid's original but its body and its salt. The dictionary holds the true body of every bid, so that nothing but
/// the salt stands between him and it.
/// </summary>
public sealed class DictionaryAttackTests(ITestOutputHelper output)
{
    private const string SaltMember = "\"salt\":\"";

    private static int Bids => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1" ? 10_000 : 1_000;

    [Fact]
    public void Digests_AgainstADictionaryOfPlausibleBids_GiveNoneAway()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var key = EphemeralSigningKey.Create();
        var account = AccountId.Of(key.PublicKey);
        var market = new AccountId(Envelopes.NewId<PublicKey>());
        var session = Envelopes.NewId<AuctionSession>();
        var portfolio = Envelopes.NewId<Portfolio>();
        var dictionary = Enumerable.Range(0, 10).SelectMany(price => Enumerable.Range(1, 10).Select(quantity => Body(portfolio, 3_000 + 50 * price, 10 * quantity))).ToArray();
        var bids = Enumerable.Range(0, Bids).Select(_ =>
        {
            var body = dictionary[random.Next(dictionary.Length)];
            return (Body: body, Original: RecordMaker.Write(
                RecordTypes.Bid, Encoding.UTF8.GetBytes(body), [account], [market], new Timestamp(1_750_000_000_000), session));
        }).ToArray();
        var digests = bids.Select(bid => bid.Original.Digest.ToString()).ToHashSet(StringComparer.Ordinal);
        var unsalted = bids.Select(bid => DigestOf(Without(bid.Original, bid.Body, bid.Body))).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(bids.Length, digests.Count);

        var recovered = 0;
        var recoveredWithoutSalts = 0;
        foreach (var (body, original) in bids)
        {
            // What he could put in the salt's place: nothing, zeros, and what he knows of the record.
            var salts = new[] { new byte[RecordOriginal.SaltBytes], original.Rid.ToArray(), SHA256.HashData(original.Rid.ToArray()), session.ToArray() };
            foreach (var guess in dictionary)
            {
                var attempt = Without(original, body, guess);
                recoveredWithoutSalts += unsalted.Contains(DigestOf(attempt)) ? 1 : 0;
                recovered += digests.Contains(DigestOf(attempt)) || digests.Contains(DigestOf(guess)) ? 1 : 0;
                foreach (var salt in salts)
                    recovered += digests.Contains(DigestOf(With(original, body, guess, salt))) ? 1 : 0;
            }
            // The attack is right but for the salt: with the true one it finds the bid.
            Assert.Equal(original.Digest.ToString(), DigestOf(With(original, body, body, SaltOf(original))));
        }

        output.WriteLine($"{bids.Length} bids, {dictionary.Length} bodies: {recovered} recovered; of digests without salts, {recoveredWithoutSalts}");
        Assert.Equal(0, recovered);
        Assert.Equal(bids.Length, recoveredWithoutSalts);
        Assert.Equal(bids.Length, bids.Select(bid => Convert.ToHexString(SaltOf(bid.Original))).Distinct().Count());
    }

    [Fact]
    public void SaltOfTheReadersList_WhichServersAreTold_IsNotTheSaltOfTheOriginal()
    {
        using var key = EphemeralSigningKey.Create();
        using var agreement = EphemeralAgreementKey.Create();
        var account = AccountId.Of(key.PublicKey);
        for (var count = 0; count < 20; count++)
        {
            var original = RecordMaker.Write(RecordTypes.Bid, "{}"u8.ToArray(), [account], [], new Timestamp(1_750_000_000_000), Envelopes.NewId<AuctionSession>());
            var made = RecordMaker.Seal(SignedRecord.Sign(original, key), [agreement.PublicKey], [key.PublicKey], RecordPadding.Blocks);
            Assert.False(made.Salt.AsSpan().SequenceEqual(SaltOf(original)));
            Assert.NotEqual(original.Digest.ToString(), DigestOf(With(original, "{}", "{}", made.Salt)));
        }
    }

    private static string Body(Digest<Portfolio> portfolio, long price, long quantity) => Encoding.UTF8.GetString(
        new BidBody(portfolio, [new BidOrder(0, new CallMarketOrder(MarketSide.Sell, [new CallMarketStep(price, quantity)]))]).ToBytes());

    private static string DigestOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Without(RecordOriginal original, string body, string guess)
    {
        var text = Encoding.UTF8.GetString(original.Bytes.Span);
        var at = text.IndexOf(SaltMember, StringComparison.Ordinal);
        var end = text.IndexOf('"', at + SaltMember.Length) + 2;
        return Replace(string.Create(CultureInfo.InvariantCulture, $"{text[..at]}{text[end..]}"), body, guess);
    }

    private static string With(RecordOriginal original, string body, string guess, byte[] salt)
    {
        var text = Encoding.UTF8.GetString(original.Bytes.Span);
        var at = text.IndexOf(SaltMember, StringComparison.Ordinal) + SaltMember.Length;
        return Replace($"{text[..at]}{Base64Url.Encode(salt)}{text[text.IndexOf('"', at)..]}", body, guess);
    }

    private static string Replace(string text, string body, string guess) =>
        text.Replace($"\"body\":{body}", $"\"body\":{guess}", StringComparison.Ordinal);

    private static byte[] SaltOf(RecordOriginal original)
    {
        var text = Encoding.UTF8.GetString(original.Bytes.Span);
        var at = text.IndexOf(SaltMember, StringComparison.Ordinal) + SaltMember.Length;
        Assert.True(Base64Url.TryDecode(text.AsSpan(at, text.IndexOf('"', at) - at), out var salt));
        return salt;
    }
}
