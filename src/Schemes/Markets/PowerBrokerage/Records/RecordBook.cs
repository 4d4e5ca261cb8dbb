using System.Collections.Concurrent;
using Counterfoil.Contracts;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>One version of a record in the hands of a party to it. Not a record type: those print themselves.</summary>
public sealed class BookEntry
{
    /// <summary>The id under which the brokerage contract anchors.</summary>
    public static readonly AccountId BrokerageAuthor = Authority.OfContract("brokerage");

    /// <summary>The record.</summary>
    public required Digest<VaultRecord> Rid { get; init; }

    /// <summary>The kind of record.</summary>
    public required string Rtype { get; init; }

    /// <summary>The version, from 1.</summary>
    public required long Ver { get; init; }

    /// <summary>The digest of the original; unset where the party was told the id only.</summary>
    public Digest<RecordOriginal> Digest { get; init; }

    /// <summary>The signed original <c>S</c>; empty where the party was told the id only.</summary>
    public ReadOnlyMemory<byte> Signed { get; init; }

    /// <summary>Under whose id it is anchored: the brokerage contract unless told.</summary>
    public AccountId Author { get; init; } = BrokerageAuthor;

    /// <summary>The transaction that anchored it; unset where it was not told: it is then looked up in the block.</summary>
    public Digest<Transaction> Transaction { get; init; }

    /// <summary>An earlier transaction with signatures of this version (a contract's offer); unset for none.</summary>
    public Digest<Transaction> OfferTransaction { get; init; }

    /// <summary>The salt that opens the readers' list of the ciphertext, 32 bytes; empty for a party that is no recipient of it.</summary>
    public ReadOnlyMemory<byte> Salt { get; init; }

    /// <summary>True if the ciphertext is encrypted to the party.</summary>
    public bool IsRecipient => !Salt.IsEmpty;

    /// <summary>The entry of a version that the party holds.</summary>
    /// <param name="signed">The signed original.</param>
    /// <param name="salt">The salt of the readers' list; empty for a party that is no recipient.</param>
    /// <param name="transaction">The transaction that anchored it.</param>
    public static BookEntry Of(SignedRecord signed, ReadOnlyMemory<byte> salt, Digest<Transaction> transaction = default)
    {
        ArgumentNullException.ThrowIfNull(signed);
        var original = signed.Original;
        return new BookEntry
        {
            Rid = original.Rid, Rtype = original.Rtype, Ver = original.Ver, Digest = original.Digest, Signed = signed.Bytes, Salt = salt, Transaction = transaction,
        };
    }
}

/// <summary>The records of one party: their ids, salts, originals and where they are anchored. Secret as a whole. Safe for concurrent use.</summary>
/// <param name="owner">The party's account.</param>
public sealed class RecordBook(AccountId owner)
{
    private readonly ConcurrentDictionary<Digest<VaultRecord>, SortedList<long, BookEntry>> records = new();

    /// <summary>The party's account.</summary>
    public AccountId Owner => owner;

    /// <summary>How many records it knows.</summary>
    public int Count => records.Count;

    /// <summary>The records, in order of their ids.</summary>
    public IReadOnlyList<Digest<VaultRecord>> Rids => [.. records.Keys.Order()];

    /// <summary>The last version that the book knows of each record, in order of their ids.</summary>
    public IReadOnlyList<BookEntry> Current => [.. Rids.Select(rid => Find(rid)!)];

    /// <summary>Enters a version, or replaces what is known of it.</summary>
    public void Add(BookEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var versions = records.GetOrAdd(entry.Rid, _ => []);
        lock (versions)
            versions[entry.Ver] = entry;
    }

    /// <summary>Enters a version that the party holds.</summary>
    public void Add(SignedRecord signed, ReadOnlyMemory<byte> salt, Digest<Transaction> transaction = default) =>
        Add(BookEntry.Of(signed, salt, transaction));

    /// <summary>A version of a record; the last one that the book knows by default; null for none.</summary>
    public BookEntry? Find(Digest<VaultRecord> rid, long? ver = null)
    {
        if (!records.TryGetValue(rid, out var versions))
            return null;
        lock (versions)
            return ver is { } number ? versions.GetValueOrDefault(number) : versions.Values[^1];
    }

    /// <summary>All versions that the book knows of a record, the oldest first.</summary>
    public IReadOnlyList<BookEntry> Versions(Digest<VaultRecord> rid)
    {
        if (!records.TryGetValue(rid, out var versions))
            return [];
        lock (versions)
            return [.. versions.Values];
    }
}
