using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;

namespace Counterfoil.Client.Tests;

/// <summary>Whatever a node answers, the client says "refused" or "fault" and nothing else: a party's process does not fall over a bad node.</summary>
public sealed class DamagedAnswerTests : IDisposable
{
    private const int Rounds = 400;

    private readonly TestChain chain = new();
    private readonly EphemeralSigningKey key = EphemeralSigningKey.Create();

    public void Dispose()
    {
        chain.Dispose();
        key.Dispose();
    }

    public static TheoryData<string> Kinds() => ["status", "block", "bucket", "account", "submit", "events", "problem"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Answer_DamagedAtRandom_IsAFaultOrARefusalOrRead(string kind)
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var whole = Whole(kind);
        var answer = Array.Empty<byte>();
        using var node = new TestNode(_ => new Answer(kind == "problem" ? 422 : 200, kind == "events" ? "text/event-stream" : "application/json", answer));
        using var client = new NodeClient(node.Address);
        var faults = 0;
        for (var round = 0; round < Rounds; round++)
        {
            answer = round == 0 ? whole : Damage(whole, random);
            try
            {
                await AskAsync(client, kind);
            }
            catch (Exception fault) when (fault is NodeFaultException or NodeRefusedException)
            {
                Assert.False(round == 0 && fault is NodeFaultException, fault.Message);
                faults++;
            }
            catch (Exception other)
            {
                Assert.Fail($"seed {seed}, round {round}: {other.GetType().Name} at {Encoding.UTF8.GetString(answer)}");
            }
        }
        Assert.True(faults > Rounds / 10, $"seed {seed}: only {faults} answers were found damaged");
    }

    private static async Task AskAsync(NodeClient client, string kind)
    {
        switch (kind)
        {
            case "status":
                await client.GetStatusAsync();
                break;
            case "block":
                _ = (await client.GetBlockAsync(2)).Value;
                break;
            case "bucket":
                _ = (await client.GetBucketAsync("t", 1)).Value;
                break;
            case "account" or "problem":
                _ = (await client.GetAccountAsync(AccountId.OfContract("a", "b"))).Value;
                break;
            case "submit":
                await client.SubmitAsync([Submission.Of("a.b.c"u8.ToArray())]);
                break;
            default:
                await foreach (var _ in client.ReadEventsAsync())
                    continue;
                break;
        }
    }

    private byte[] Whole(string kind)
    {
        var id = new string('a', 64);
        var header = chain.Header(2, 1_000_000_001_000);
        return Encoding.UTF8.GetBytes(kind switch
        {
            "status" => chain.StatusJson(3, 1_000_000_005_000),
            "block" => chain.BlockJson(header),
            "bucket" => $$"""{"bucket":1,"entries":[{"key":"{{id}}","value":"{{id}}"}],"path":["{{id}}"],"checkpoint":{{chain.BlockJson(header)}}}""",
            "account" => $$"""{"account":"{{AccountId.Of(key.PublicKey)}}","standing":"open","keys":[{"kid":"x","jwk":{{Jwk.Serialize(key.PublicKey)}},"from":1}],"balances":[{"asset":"{{id}}","units":"5"}]}""",
            "submit" => $$$"""[{"id":"{{{id}}}","status":"final","height":7,"index":2,"outcome":{"status":"refused","code":"over_limit","facts":{"limit":"5"},"events":[]}}]""",
            "events" => $"id: 5\nevent: block\ndata: {{\"height\":5,\"id\":\"{id}\",\"time\":9}}\n\n",
            _ => JsonSerializer.Serialize(new { code = "over_limit", detail = "No.", facts = new { limit = "5" }, status = 422 }),
        });
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        var bytes = (byte[])whole.Clone();
        var at = random.Next(bytes.Length);
        switch (random.Next(6))
        {
            case 0:
                return bytes[..at];
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                return [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]];
            case 3:
                return Replace(bytes, "\"", "9", random);
            case 4:
                return Replace(bytes, ":", random.Next(2) == 0 ? ":null,\"x\":" : ":[],\"y\":", random);
            default:
                return Replace(bytes, random.Next(2) == 0 ? "5" : "2", random.Next(2) == 0 ? "99999999999999999999" : "\\ud800", random);
        }
    }

    private static byte[] Replace(byte[] bytes, string what, string by, Random random)
    {
        var places = Enumerable.Range(0, bytes.Length).Where(index => bytes[index] == what[0]).ToList();
        if (places.Count == 0)
            return bytes[..^1];
        var at = places[random.Next(places.Count)];
        return [.. bytes[..at], .. Encoding.ASCII.GetBytes(by), .. bytes[(at + 1)..]];
    }
}
