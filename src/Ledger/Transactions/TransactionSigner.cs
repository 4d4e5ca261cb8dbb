using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Ledger.Transactions;

/// <summary>Signs transactions: compact for one signer, general JWS for several. <b>Source:</b> kernel.md section 1, RFC 7515 section 7.</summary>
public static class TransactionSigner
{
    /// <summary><c>typ</c> of a transaction.</summary>
    public const string Type = "cf+jws";

    /// <summary>Signs a draft that only its issuer signs.</summary>
    /// <param name="draft">What is signed.</param>
    /// <param name="key">An active key of the issuer.</param>
    /// <param name="opensAccount">True if the issuer's account does not exist yet and the key is its first.</param>
    /// <returns>The compact JWS, ASCII.</returns>
    /// <exception cref="ArgumentException">The draft names several signers.</exception>
    public static byte[] Sign(TransactionDraft draft, ISigningKey key, bool opensAccount = false)
    {
        if (draft.Signers.Count != 1)
            throw new ArgumentException("Several accounts sign this draft.", nameof(draft));
        return Jws.SignCompactBytes(Type, draft.Payload.Span, key, reference: Reference(opensAccount));
    }

    /// <summary>One signature of a draft that several sign; they need not meet, and need not know each other's keys.</summary>
    /// <param name="draft">What is signed.</param>
    /// <param name="key">An active key of one of the signers.</param>
    /// <param name="opensAccount">True if that signer's account does not exist yet and the key is its first.</param>
    public static JwsSignature SignPart(TransactionDraft draft, ISigningKey key, bool opensAccount = false) =>
        Jws.Sign(Type, draft.Payload.Span, key, reference: Reference(opensAccount));

    /// <summary>Puts the signatures of all signers together.</summary>
    /// <returns>The general JWS as JSON.</returns>
    /// <exception cref="ArgumentException">There is one signer only, there are not as many signatures as signers, or one is over another payload.</exception>
    public static byte[] Assemble(TransactionDraft draft, IReadOnlyList<JwsSignature> signatures)
    {
        if (draft.Signers.Count < 2 || signatures.Count != draft.Signers.Count)
            throw new ArgumentException("The general form has one signature for each of several signers.", nameof(signatures));
        return Jws.Assemble(draft.Payload.Span, signatures);
    }

    private static KeyReference Reference(bool opensAccount) => opensAccount ? KeyReference.ThumbprintAndKey : KeyReference.Thumbprint;
}
