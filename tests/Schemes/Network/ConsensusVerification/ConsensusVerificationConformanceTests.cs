using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Conformance;
using Counterfoil.Schemes.Network.ConsensusVerification;

namespace Counterfoil.Schemes.Network.Tests.ConsensusVerification;

public sealed class ConsensusVerificationConformanceTests(WalkedScheme<ConsensusVerificationScheme> walked)
    : SchemeConformance<ConsensusVerificationScheme>(walked)
{
    protected override string Folder => Path.Combine("src", "Schemes", "Network", "ConsensusVerification");

    protected override IReadOnlyList<MessageSample> Messages =>
    [
        MessageSample.Of(
            new TransferMessage(AccountId.OfContract("sample", "receiver"), new Amount(Digest<Asset>.Of("PAY"u8), 3)), AccountsJson.Instance.TransferMessage),
        MessageSample.Of(new RemoveKeyMessage(Digest<PublicKey>.Of("key"u8)), AccountsJson.Instance.RemoveKeyMessage),
    ];
}
