using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Conformance;

namespace Counterfoil.Schemes.Tests.Tips;

/// <summary>The suite itself, shown on a scheme that keeps its promises.</summary>
public sealed class TipsConformanceTests(WalkedScheme<Tips> walked) : SchemeConformance<Tips>(walked)
{
    protected override string Folder => Path.Combine("tests", "Schemes", "Framework", "Tips");

    protected override IReadOnlyList<MessageSample> Messages =>
    [
        MessageSample.Of(new Note("thank you"), TipsJson.Instance.Note),
        MessageSample.Of(
            new TransferMessage(AccountId.OfContract("tips", "jar"), new Amount(Digest<Asset>.Of("TIP"u8), 3)), AccountsJson.Instance.TransferMessage),
    ];
}
