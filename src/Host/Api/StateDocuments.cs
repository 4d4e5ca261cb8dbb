using System.Text.Json;

namespace Counterfoil.Host.Api;

/// <summary>An account with its keys and balances.</summary>
internal sealed record AccountDocument(
    string Account, string Standing, IReadOnlyList<AccountKeyDocument> Keys, IReadOnlyList<BalanceDocument> Balances);

/// <summary>An active key; <c>from</c> is the height since which it is one.</summary>
internal sealed record AccountKeyDocument(string Kid, JsonElement Jwk, long? From);

/// <summary>A balance in the asset's smallest units.</summary>
internal sealed record BalanceDocument(string Asset, string Code, int Decimals, string Units);

/// <summary>
/// One version of an anchored record; <c>ciphertext</c> is left out where none is named. Times are
/// milliseconds.
/// </summary>
internal sealed record AnchorDocument(
    string Author, string Rid, long Version, string Digest, string? Ciphertext, long? CiphertextBytes,
    IReadOnlyList<AnchorSignerDocument> Signers, long Height, long Time);

/// <summary>Who signed a version.</summary>
internal sealed record AnchorSignerDocument(string Account, string Kid);

/// <summary>A right as it stands at the last block's time.</summary>
internal sealed record RightDocument(
    string Issuer, string Id, string State, string? Holder, string? Commitment, string? Redeemer, bool Transferable,
    long Uses, long UsesMade, string? Asset, string? Limit, string? UnitsUsed, long ReuseWindowSeconds,
    long? NotBefore, long? Expires, long? LastUsed, string? Terms, long Height);

/// <summary>An item of the registry.</summary>
internal sealed record ItemDocument(
    string Registrar, string Id, string Kind, string Owner, string? Document, bool RuledByContract, bool Retired, long Height);

/// <summary>The certificates of an organisation.</summary>
internal sealed record CertificateListDocument(string Account, IReadOnlyList<CertificateDocument> Certificates);

/// <summary>A registered certificate; <c>thumbprint</c> is SHA-256 of the DER.</summary>
internal sealed record CertificateDocument(
    string Purpose, string Thumbprint, JsonElement Jwk, long NotBefore, long NotAfter, bool Active, bool Revoked, string Registrar);

/// <summary>
/// Transactions that an account issued, the latest first; ask again with <c>before</c> = <c>next</c>.
/// </summary>
internal sealed record HistoryDocument(string Account, IReadOnlyList<HistoryEntryDocument> Transactions, string? Next);

/// <summary>A transaction in a history.</summary>
internal sealed record HistoryEntryDocument(string Id, long Height, int Index, string Act, string Status, string? Code, long Time);

/// <summary>A scheme in the catalogue.</summary>
internal sealed record SchemeDocument(
    string Id, string Slug, string Name, string Family, IReadOnlyList<string> Publications, string Status, string Summary,
    IReadOnlyList<RoleDocument> Roles);

/// <summary>A role that this node plays.</summary>
internal sealed record RoleDocument(string Name, string Title, string Account, string Address);
