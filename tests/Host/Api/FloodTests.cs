using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Counterfoil.Host.Api;
using Counterfoil.Host.Tests.Composition;

namespace Counterfoil.Host.Tests.Api;

/// <summary>
/// Ten times as much garbage as good traffic: it is refused by its source's rate before it is parsed, and costs the good nothing.
/// <b>Source:</b> kernel.md section 7.
/// </summary>
public sealed class FloodTests
{
    private const int Good = 40;
    private const int GarbageForEachGood = 10;
    private const int Burst = 220;

    [Fact]
    public async Task Garbage_OfTenTimesTheTraffic_IsLimitedBeforeParsingAndNoPaymentIsLost()
    {
        await using var test = await TestNode.StartAsync(options => options with
        {
            // Hardly anything comes back while the test runs: counts, not times.
            RateLimits = new RateLimits { ConnectionPerSecond = 1, ConnectionBurst = Burst, AddressPerSecond = 1, AddressBurst = Burst },
        });
        using var attacker = From(test, IPAddress.Parse("127.0.0.2"));
        var before = test.Node.Ledger.Counters.SignaturesChecked;
        int limited = 0, refused = 0;
        for (var payment = 0; payment < Good; payment++)
        {
            // Under the payer's own kid: whoever claims it must not use up what the payer may send.
            for (var each = 0; each < GarbageForEachGood; each++)
            {
                switch (await PostAsync(attacker, Spoil(test.Alice.Transfer(test.Bob, test.Alice.Account))))
                {
                    case "rate_limited":
                        limited++;
                        break;
                    case "bad_signature":
                        refused++;
                        break;
                }
            }
            var answer = (await test.SubmitAllAsync(test.Alice.Transfer(test.Bob, test.Alice.Account)))[0];
            Assert.Equal("accepted", answer.GetProperty("outcome").GetProperty("status").GetString());
        }

        Assert.Equal(Good * GarbageForEachGood, limited + refused);
        // A token for the request and ten for the signature that failed; what trickles in at a token a second pays for a few more.
        Assert.InRange(refused, Burst / 11, Burst / 11 + 20);
        using var metrics = await test.GetAsync("/metrics");
        var counted = (await metrics.Content.ReadAsStringAsync()).Split('\n').Single(line => line.StartsWith("counterfoil_requests_limited_total ", StringComparison.Ordinal));
        Assert.True(long.Parse(counted.Split(' ')[1], CultureInfo.InvariantCulture) >= limited, counted);
        Assert.Equal(Good + refused, test.Node.Ledger.Counters.SignaturesChecked - before);
    }

    private static async Task<string?> PostAsync(HttpClient http, string transaction)
    {
        using var content = new StringContent(transaction, Encoding.ASCII, "application/jose");
        try
        {
            using var response = await http.PostAsync(new Uri("/transactions", UriKind.Relative), content);
            using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            return problem.RootElement.GetProperty("code").GetString();
        }
        catch (HttpRequestException)
        {
            // What is over the rate is not read: the connection may break before the answer is here.
            return "rate_limited";
        }
    }

    private static HttpClient From(TestNode test, IPAddress source) => new(
        new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(source, 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
    {
        BaseAddress = test.Node.Address,
        DefaultRequestHeaders = { ConnectionClose = true },
    };

    private static string Spoil(string transaction)
    {
        // The first character of the signature is a whole 6 bits of r.
        var at = transaction.LastIndexOf('.') + 1;
        return $"{transaction[..at]}{(transaction[at] == 'A' ? 'B' : 'A')}{transaction[(at + 1)..]}";
    }
}
