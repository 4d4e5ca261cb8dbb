using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Admission;

/// <summary>The key of an admission server, with the proof that its server wants it in the node's account.</summary>
/// <param name="Key">The public key.</param>
/// <param name="Possession">See <see cref="KeyPossession"/>.</param>
public sealed record AdmissionKey(PublicKey Key, string Possession)
{
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(60);

    /// <summary>Adds the key to the node's account, unless it is in it already.</summary>
    internal static async Task ActivateAsync(
        Ledger.Ledger ledger, AccountsContract accounts, AccountId node, ISigningKey nodeKey, AdmissionKey added, TimeProvider clock, CancellationToken cancellation)
    {
        if (ledger.Read(() => accounts.TryGetActiveKey(node, added.Key.Thumbprint, out _)))
            return;
        var argument = JsonSerializer.SerializeToUtf8Bytes(new AddKeyMessage(added.Key, added.Possession), AccountsJson.Instance.AddKeyMessage);
        var draft = TransactionDraft.Create(ledger.Genesis.Net, node, "accounts.add_key", argument, Timestamp.From(clock.GetUtcNow()), Validity);
        var result = (await ledger.SubmitAsync([Submission.Of(TransactionSigner.Sign(draft, nodeKey))], cancellation))[0];
        if ((result.Refusal?.Code ?? result.Outcome?.Code) is { } code)
            throw new NodeStartException("admission_key_refused", $"The key {added.Key} of an admission server cannot join the node's account: {code}.");
    }
}
