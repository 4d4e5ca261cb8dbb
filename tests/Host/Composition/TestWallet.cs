using System.Text;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>An account with one key that signs whatever a test asks for, right or wrong.</summary>
internal sealed class TestWallet : IDisposable
{
    private int next;

    public EphemeralSigningKey Key { get; } = EphemeralSigningKey.Create();

    public AccountId Account => AccountId.Of(Key.PublicKey);

    public CounterfoilNode Node { get; set; } = null!;

    public static string Euro(AccountId issuer) => Asset.IdOf(issuer, "EUR").ToString();

    /// <summary>A transfer of one cent that is valid now.</summary>
    public string Transfer(TestWallet to, AccountId assetIssuer, long units = 1) =>
        Sign("accounts.transfer", $$"""{"to":"{{to.Account}}","amount":{"asset":"{{Euro(assetIssuer)}}","units":"{{units}}"} }""");

    public string Sign(string action, string argument) => SignPayload(Payload(action, argument));

    public string SignPayload(string payload) => Jws.SignCompact("cf+jws", Encoding.UTF8.GetBytes(payload), Key);

    public string Payload(string action, string argument, string? net = null, long issuedAfterSeconds = 0, long validSeconds = 60, string? jti = null)
    {
        var now = (Node.Clock?.GetUtcNow() ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds() + issuedAfterSeconds;
        return $$"""
            {"net":"{{net ?? Node.Ledger.Genesis.Net.ToString()}}","iss":"{{Account}}","jti":"{{jti ?? $"t{Interlocked.Increment(ref next)}"}}","iat":{{now}},"exp":{{now + validSeconds}},"act":"{{action}}","arg":{{argument}}}
            """;
    }

    public void Dispose() => Key.Dispose();
}
