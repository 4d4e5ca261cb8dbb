using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>
/// What an engine shows the opening wrapper, so that a closed session's bids are opened to it.
/// </summary>
public sealed class OpeningRequest
{
    /// <summary>The receipt of the accepted <c>brokerage.session.open</c>.</summary>
    public required Receipt SessionOpen { get; init; }

    /// <summary>The receipt of the finished gate timer of that session.</summary>
    public required Receipt Closing { get; init; }

    /// <summary>
    /// The engine's encryption key, whose thumbprint the session named as <c>engine_kid</c>.
    /// </summary>
    public required PublicKey EngineKey { get; init; }

    /// <summary>Exactly the bids that were live at the gate, in any order.</summary>
    public required IReadOnlyList<SealedBid> Bids { get; init; }
}

/// <summary>A live bid with its ciphertext.</summary>
/// <param name="Rid">The record.</param>
/// <param name="Ver">The version that was live at the gate.</param>
/// <param name="Digest">The anchored digest of the original.</param>
/// <param name="CtDigest">The anchored digest of the ciphertext.</param>
/// <param name="Ciphertext">
/// The ciphertext <c>C</c>, from a vault: at most <see cref="RecordEnvelope.MaximumBytes"/>.
/// </param>
public sealed record SealedBid(
    Digest<VaultRecord> Rid, long Ver, Digest<RecordOriginal> Digest, Digest<VaultDocument> CtDigest,
    ReadOnlyMemory<byte> Ciphertext);

/// <summary>What the wrapper answered: the content keys, or why everything stays sealed.</summary>
public sealed class OpeningAnswer
{
    internal OpeningAnswer(OpeningRefusal? refusal, IReadOnlyList<OpenedBid> bids)
    {
        Refusal = refusal;
        Bids = bids;
    }

    /// <summary>Null where the session was opened.</summary>
    public OpeningRefusal? Refusal { get; }

    /// <summary>One for each bid of the request, in its order; none where it was refused.</summary>
    public IReadOnlyList<OpenedBid> Bids { get; }
}

/// <summary>Why nothing is opened.</summary>
/// <param name="Code">Always <see cref="Sealed"/>.</param>
/// <param name="Check">The first check that failed: one of <see cref="SealedCheck"/>.</param>
public sealed record OpeningRefusal(string Code, string Check)
{
    /// <summary>The only code.</summary>
    public const string Sealed = "sealed";
}

/// <summary>
/// What the wrapper checks before it opens, in this order; the fact <c>check</c> of a refusal.
/// </summary>
public static class SealedCheck
{
    /// <summary>The receipt of <c>session.open</c> does not prove anything on this ledger.</summary>
    public const string OpeningReceipt = "opening_receipt";

    /// <summary>The receipt of the closing does not prove anything on this ledger.</summary>
    public const string ClosingReceipt = "closing_receipt";

    /// <summary>A receipt is of another ledger than the one that the wrapper was started for.</summary>
    public const string Net = "net";

    /// <summary>
    /// The first receipt is not of an accepted <c>session.open</c> with the members that are needed.
    /// </summary>
    public const string SessionOpen = "session_open";

    /// <summary>The second receipt is not of the finished gate of that session.</summary>
    public const string Gate = "gate";

    /// <summary>The block that closed the session is earlier than its gate.</summary>
    public const string GateTime = "gate_time";

    /// <summary>The wrapper's own clock is before the gate.</summary>
    public const string Clock = "clock";

    /// <summary>The session was not opened with the key that this wrapper made for it.</summary>
    public const string SessionKey = "session_key";

    /// <summary>The engine's key is not the one that the session named.</summary>
    public const string EngineKey = "engine_kid";

    /// <summary>The bids do not make the root that the gate fixed.</summary>
    public const string InputRoot = "input_root";

    /// <summary>A ciphertext is not the anchored one.</summary>
    public const string Ciphertext = "ct_digest";
}

/// <summary>One bid as the wrapper answers it.</summary>
/// <param name="Rid">The record.</param>
/// <param name="Ver">Its version.</param>
/// <param name="ContentKey">
/// The content key as compact JWE (<c>typ</c> <see cref="ContentKeyEnvelope.Type"/>) to the engine; null
/// where the ciphertext has no part that the session key opens, or names another record: the engine rejects
/// that bid as <c>envelope_mismatch</c>.
/// </param>
public sealed record OpenedBid(Digest<VaultRecord> Rid, long Ver, string? ContentKey = null)
{
    /// <summary>
    /// The content key, by the engine's key; null if there is none or it is not meant for this bid. The
    /// caller disposes it.
    /// </summary>
    public SymmetricKey? Unwrap(IAgreementKey engineKey) =>
        ContentKey is null ? null : ContentKeyEnvelope.Open(ContentKey, Rid, Ver, engineKey);
}
