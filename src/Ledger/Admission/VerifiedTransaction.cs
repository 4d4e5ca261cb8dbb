using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// A transaction whose signatures and stateless checks have passed: the only thing that the pool and the executor take.
/// </summary>
internal sealed class VerifiedTransaction
{
    public required Transaction Transaction { get; init; }

    public required ActionDefinition Definition { get; init; }

    /// <summary>The typed argument.</summary>
    public required object Message { get; init; }

    /// <summary>Who signed, with which key; the keys are looked up again in execution.</summary>
    public required IReadOnlyList<VerifiedSigner> Signers { get; init; }

    /// <summary>What it will spend, for the pool.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];
}

/// <summary>One signer of a verified transaction.</summary>
/// <param name="Account">The account.</param>
/// <param name="KeyId">The key's thumbprint.</param>
/// <param name="Key">The key that verified.</param>
/// <param name="OpeningKey">The same key where it opens the account, else unset.</param>
internal sealed record VerifiedSigner(AccountId Account, Digest<PublicKey> KeyId, PublicKey Key, PublicKey OpeningKey);
