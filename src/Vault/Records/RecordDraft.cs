using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Vault.Records;

/// <summary>What an author says in a record; <see cref="RecordOriginal.Create"/> makes the original of it. Not a record type: those print themselves.</summary>
public sealed class RecordDraft
{
    /// <summary>The record's id, 32 random bytes; the same for all versions.</summary>
    public required Digest<VaultRecord> Rid { get; init; }

    /// <summary>The kind of record, a word of the scheme: 1 to 32 of <c>a-z 0-9 _ -</c>.</summary>
    public required string Rtype { get; init; }

    /// <summary>The version, counted from 1.</summary>
    public required long Ver { get; init; }

    /// <summary>The digest of version <see cref="Ver"/> − 1; unset for the first.</summary>
    public Digest<RecordOriginal> Prev { get; init; }

    /// <summary>The market or other undertaking that the record belongs to: 1 to 64 characters.</summary>
    public required string Market { get; init; }

    /// <summary>The session within the market, 1 to 64 characters, or null.</summary>
    public string? Session { get; init; }

    /// <summary>The accounts that sign, 1 to 16, each once. An account is the thumbprint of its first key.</summary>
    public required IReadOnlyList<Digest<PublicKey>> Iss { get; init; }

    /// <summary>The accounts that the record is for, at most 64, each once.</summary>
    public required IReadOnlyList<Digest<PublicKey>> Aud { get; init; }

    /// <summary>When it was made, Unix seconds.</summary>
    public required long Iat { get; init; }

    /// <summary>The content: a JSON object, as text in UTF-8 in any order of members.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
}
