using Counterfoil.Ledger;

namespace Counterfoil.Contracts;

/// <summary>
/// Who acts in a call of a kernel contract: in an inner call the calling contract, else the account
/// that issued the transaction. What one of them registers, issues or anchors is kept under its id,
/// so that ids need to be unique for one party only.
/// </summary>
public static class Authority
{
    /// <summary>
    /// The id that stands for a contract itself where an account is asked for: issuer, registrar,
    /// author, redeemer.
    /// </summary>
    /// <param name="contract">The contract's name.</param>
    public static AccountId OfContract(string contract) => AccountId.OfContract(contract, "");

    /// <summary>
    /// The party that acts; unset in due work of a kernel contract and in genesis.
    /// </summary>
    public static AccountId Of(ExecutionContext context) =>
        context.Caller is { } contract ? OfContract(contract) : context.Issuer;

    /// <summary>
    /// True if the party's authority stands under the call: its signature, or it is the calling
    /// contract itself.
    /// </summary>
    public static bool IsHeldBy(ExecutionContext context, AccountId party) =>
        context.IsSignedBy(party) || (context.Caller is { } contract && party == OfContract(contract));
}
