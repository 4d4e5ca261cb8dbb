using Counterfoil.Cryptography;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>What a party found of one of its records. Anything but a match may be disputed, with <see cref="Answer"/> as evidence.</summary>
/// <param name="Rid">The record.</param>
/// <param name="Rtype">Its kind.</param>
/// <param name="Ver">The version that was checked: the one asked for, or the current one.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="ResponseDigest">SHA-256 of the server's signed answer as evidence; unset where the server was not asked.</param>
public sealed record RecordFinding(
    Digest<VaultRecord> Rid, string Rtype, long Ver, ComparisonOutcome Outcome, Digest<SignedAnswer> ResponseDigest)
{
    /// <summary>The server's signed answer; null where it was not asked.</summary>
    public SignedAnswer? Answer { get; init; }

    /// <summary>The block of the anchor; 0 where there is none.</summary>
    public long AnchoredHeight { get; init; }

    /// <summary>
    /// The checkpoint against which the current version, or its absence, was proved; 0 where the anchor is younger than the last checkpoint, so that
    /// the receipt proves it and a later sweep that nothing came after it.
    /// </summary>
    public long CheckpointHeight { get; init; }

    /// <summary>How many other nodes showed the same block at the anchor's height.</summary>
    public int Witnesses { get; init; }

    /// <summary>True if another node shows another certified block at the anchor's height: the ledger is forked, and both blocks are evidence.</summary>
    public bool IsForked { get; init; }

    /// <summary>True if all is well.</summary>
    public bool IsMatch => Outcome == ComparisonOutcome.Match;

    /// <summary>The outcome's stable code, such as <c>original_altered</c>.</summary>
    public string Code => CodeOf(Outcome);

    /// <summary>The stable code of an outcome.</summary>
    public static string CodeOf(ComparisonOutcome outcome) => outcome switch
    {
        ComparisonOutcome.Match => "match",
        ComparisonOutcome.OriginalAltered => "original_altered",
        ComparisonOutcome.OriginalMissing => "original_missing",
        ComparisonOutcome.AnchorMissing => "anchor_missing",
        ComparisonOutcome.SignatureInvalid => "signature_invalid",
        ComparisonOutcome.CiphertextMismatch => "ciphertext_mismatch",
        ComparisonOutcome.StaleVersion => "stale_version",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
