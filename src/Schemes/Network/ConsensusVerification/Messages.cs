using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>
/// The terms of a payment as the walkthrough sends it, an <c>accounts.transfer</c>; whatever is left out is in order. The scheme has no message of its own:
/// what it verifies is any transaction.
/// </summary>
internal sealed record PaymentTerms
{
    /// <summary>The party that pays and signs.</summary>
    public string By { get; init; } = "client";

    /// <summary>How much, in smallest units.</summary>
    public UInt128 Units { get; init; } = 3;

    /// <summary>The ledger; the walked one by default.</summary>
    public Digest<Net>? Net { get; init; }

    /// <summary>How long after now it is dated.</summary>
    public TimeSpan IssuedAfter { get; init; }

    /// <summary>How long it may execute.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Who must sign besides.</summary>
    public IReadOnlyList<AccountId>? CoSigners { get; init; }

    /// <summary>Its <c>jti</c>; random by default.</summary>
    public string? Jti { get; init; }
}
