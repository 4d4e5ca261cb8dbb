using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>A key that is a digest: a transaction's id, a right's id. Ordered by its bytes; 32 bytes.</summary>
/// <param name="Digest">The digest.</param>
/// <typeparam name="T">The kind of thing that was hashed.</typeparam>
public readonly record struct DigestKey<T>(Digest<T> Digest) : IStateKey<DigestKey<T>>
{
    /// <inheritdoc/>
    public int CompareTo(DigestKey<T> other) => Digest.CompareTo(other.Digest);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.Digest(Digest);

    /// <inheritdoc/>
    public static DigestKey<T> Read(ref StateReader reader) => new(reader.Digest<T>());
}

/// <summary>A key that is an account. Ordered by its bytes; 32 bytes.</summary>
/// <param name="Account">The account.</param>
public readonly record struct AccountKey(AccountId Account) : IStateKey<AccountKey>
{
    /// <inheritdoc/>
    public int CompareTo(AccountKey other) => Account.CompareTo(other.Account);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.Account(Account);

    /// <inheritdoc/>
    public static AccountKey Read(ref StateReader reader) => new(reader.Account());
}

/// <summary>A key that is a name. Compared and ordered by its UTF-16 code units, no culture; UTF-8 with its length.</summary>
/// <param name="Text">The name; without lone surrogates.</param>
public readonly record struct TextKey(string Text) : IStateKey<TextKey>
{
    /// <inheritdoc/>
    public int CompareTo(TextKey other) => string.CompareOrdinal(Text, other.Text);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.Text(Text);

    /// <inheritdoc/>
    public static TextKey Read(ref StateReader reader) => new(reader.Text());
}
