using System.Globalization;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Tools;

/// <summary>
/// Finds out whose keys signed a transaction, and verifies the signatures of a block on all processors.
/// </summary>
internal sealed class SignatureChecker(KeyModel keys, Findings findings)
{
    private readonly List<(PublicKey Key, StoredSignature Signature, int Index)> waiting = [];

    public long Verified { get; private set; }

    public long Unattributed { get; private set; }

    /// <summary>
    /// Takes a transaction's signatures up and says what the ledger must have answered because of its keys.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="height">Its block.</param>
    /// <param name="index">Its place there.</param>
    /// <param name="opens">The accounts that it opens if it is accepted.</param>
    /// <returns>Null where the keys are in order, else the refusal's code.</returns>
    public string? Take(
        StoredTransaction transaction, long height, int index, List<(Hash Account, PublicKey Key)> opens)
    {
        var signers = new StoredSignature?[transaction.By.Count];
        foreach (var signature in transaction.Signatures)
        {
            var key = signature.OpeningKey;
            var place = Enumerable.Range(0, signers.Length).FirstOrDefault(by => signers[by] is null
                && IsOf(signature, transaction.By[by]), -1);
            if (place < 0 || key.IsUnset && !keys.TryGet(signature.KeyId, out key))
            {
                Unattributed++;
                findings.Add(FindingCode.SignatureUnattributed, height, WhereOf(index));
                continue;
            }
            signers[place] = signature;
            waiting.Add((key, signature, index));
        }
        string? refusal = null;
        for (var by = 0; by < signers.Length; by++)
        {
            if (signers[by] is not { } signature)
                continue;
            var account = transaction.By[by];
            if (signature.OpeningKey.IsUnset || keys.IsOpen(account))
                refusal ??= keys.IsActive(account, signature.KeyId) ? null : "key_inactive";
            else
                opens.Add((account, signature.OpeningKey));
        }
        return refusal;
    }

    /// <summary>Verifies what was taken up.</summary>
    public void VerifyAll(long height)
    {
        var isValid = new bool[waiting.Count];
        Parallel.For(0, waiting.Count, at =>
        {
            var (key, signature, _) = waiting[at];
            isValid[at] = Es256.Verify(key, signature.SigningInput, signature.Value);
        });
        for (var at = 0; at < isValid.Length; at++)
            findings.Require(isValid[at], FindingCode.SignatureInvalid, height, WhereOf(waiting[at].Index));
        Verified += waiting.Count;
        waiting.Clear();
    }

    private bool IsOf(StoredSignature signature, Hash account) => signature.OpeningKey.IsUnset
        ? keys.WasOf(account, signature.KeyId)
        : KeyModel.IdOf(signature.OpeningKey) == account && signature.KeyId == account;

    public static string WhereOf(int index) => $"It is leaf {index.ToString(CultureInfo.InvariantCulture)}.";
}
