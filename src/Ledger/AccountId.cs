using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Ledger;

/// <summary>
/// An account's id: the RFC 7638 thumbprint of its first key, for ever, whatever keys it uses later. Written as 43 characters of
/// base64url. <c>default</c> is "no account". Ordered by its bytes.
/// </summary>
[JsonConverter(typeof(AccountIdJsonConverter))]
public readonly struct AccountId : IEquatable<AccountId>, IComparable<AccountId>
{
    private readonly Digest<PublicKey> thumbprint;

    /// <summary>The account whose first key has this thumbprint.</summary>
    public AccountId(Digest<PublicKey> thumbprint) => this.thumbprint = thumbprint;

    /// <summary>The account that this key opens.</summary>
    public static AccountId Of(PublicKey firstKey) => new(firstKey.Thumbprint);

    /// <summary>
    /// A keyless account that a contract owns (escrow, treasury): no key hashes to it, since its id is a hash with a label of its own.
    /// </summary>
    public static AccountId OfContract(string contract, string purpose) =>
        new(Digest<PublicKey>.Of("cf-contract-account\0"u8, System.Text.Encoding.UTF8.GetBytes(contract + "\0" + purpose)));

    /// <summary>The thumbprint of the account's first key.</summary>
    public Digest<PublicKey> Thumbprint => thumbprint;

    /// <summary>True for <c>default</c>.</summary>
    public bool IsUnset => thumbprint.IsUnset;

    /// <summary>Parses 43 characters of canonical base64url.</summary>
    /// <returns>False for anything else.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out AccountId account)
    {
        account = default;
        if (text is not { Length: 43 } || !Base64Url.TryDecode(text, out var bytes))
            return false;
        account = new AccountId(new Digest<PublicKey>(bytes));
        return !account.IsUnset;
    }

    /// <summary>Parses 43 characters of canonical base64url.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public static AccountId Parse(string text) =>
        TryParse(text, out var account) ? account : throw new FormatException("An account id is 43 characters of base64url.");

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination) => thumbprint.CopyTo(destination);

    /// <inheritdoc/>
    public bool Equals(AccountId other) => thumbprint == other.thumbprint;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AccountId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => thumbprint.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(AccountId other) => thumbprint.CompareTo(other.thumbprint);

    /// <summary>The 43 characters; empty for no account.</summary>
    public override string ToString() => IsUnset ? "" : Base64Url.Encode(thumbprint.ToArray());

    /// <summary>True if they are the same account.</summary>
    public static bool operator ==(AccountId left, AccountId right) => left.Equals(right);

    /// <summary>True if they are different accounts.</summary>
    public static bool operator !=(AccountId left, AccountId right) => !left.Equals(right);
}

/// <summary>Account ids on the wire: 43 characters of base64url.</summary>
public sealed class AccountIdJsonConverter : JsonConverter<AccountId>
{
    /// <inheritdoc/>
    public override AccountId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        AccountId.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out var account)
            ? account
            : throw new JsonException("An account id is 43 characters of base64url.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, AccountId value, JsonSerializerOptions options)
    {
        if (value.IsUnset)
            throw new JsonException("An unset account is not written.");
        writer.WriteStringValue(value.ToString());
    }
}
