using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// An authority that writes certificates, or did: history table <c>certificates.authorities</c>, key: its account. Bytes: organisation with its length
/// 4, certificate 32, key 64, not after 8, recognised 1, height 8, decision with its length 4, list's number 8,
/// next update 8, list 32.
/// </summary>
/// <param name="Organisation">Its root certificate's organisation.</param>
/// <param name="Certificate">SHA-256 of its root certificate.</param>
/// <param name="Key">The certified key.</param>
/// <param name="NotAfter">The last second of the root's validity.</param>
/// <param name="IsRecognised">False once the members dismissed it; what it wrote stays until revoked.</param>
/// <param name="Since">The height since which it stands so.</param>
/// <param name="Decision">The request that made it so.</param>
/// <param name="ListNumber">The last list's number; −1 before the first.</param>
/// <param name="NextUpdate">When the next list is due.</param>
/// <param name="List">SHA-256 of the last list; unset before the first.</param>
public sealed record AuthorityRow(
    string Organisation,
    Digest<Attachment> Certificate,
    PublicKey Key,
    Timestamp NotAfter,
    bool IsRecognised,
    long Since,
    string Decision,
    long ListNumber,
    Timestamp NextUpdate,
    Digest<Attachment> List) : IStateRow<AuthorityRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Text(Organisation);
        writer.Digest(Certificate);
        writer.PublicKey(Key);
        writer.Time(NotAfter);
        writer.Bool(IsRecognised);
        writer.Int64(Since);
        writer.Text(Decision);
        writer.Int64(ListNumber);
        writer.Time(NextUpdate);
        writer.Digest(List);
    }

    /// <inheritdoc/>
    public static AuthorityRow Read(ref StateReader reader) =>
        new(reader.Text(), reader.Digest<Attachment>(), reader.PublicKey(), reader.Time(), reader.Bool(), reader.Int64(),
            reader.Text(), reader.Int64(), reader.Time(), reader.Digest<Attachment>());
}

/// <summary>Names a certificate of an authority: account 32, serial number in hexadecimal digits with its length 4.</summary>
/// <param name="Authority">The authority's account.</param>
/// <param name="Serial">Lower-case hexadecimal digits.</param>
public readonly record struct SerialKey(AccountId Authority, string Serial) : IStateKey<SerialKey>
{
    /// <inheritdoc/>
    public int CompareTo(SerialKey other)
    {
        var order = Authority.CompareTo(other.Authority);
        return order != 0 ? order : string.CompareOrdinal(Serial, other.Serial);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Authority);
        writer.Text(Serial);
    }

    /// <inheritdoc/>
    public static SerialKey Read(ref StateReader reader) => new(reader.Account(), reader.Text());
}

/// <summary>
/// What is known of a serial number: tables <c>certificates.serials</c> (the node that has it) and <c>certificates.revoked_serials</c> (since an
/// accepted list named it, for ever). Bytes: node with its length 4, reason 4, time 8, list's number 8.
/// </summary>
/// <param name="Node">The node, or empty in a list.</param>
/// <param name="Reason">The reason code of RFC 5280 section 5.3.1.</param>
/// <param name="Date">Since when, as the list says.</param>
/// <param name="ListNumber">The first list that named it.</param>
public sealed record SerialRow(string Node, int Reason, Timestamp Date, long ListNumber) : IStateRow<SerialRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Text(Node);
        writer.UInt32((uint)Reason);
        writer.Time(Date);
        writer.Int64(ListNumber);
    }

    /// <inheritdoc/>
    public static SerialRow Read(ref StateReader reader) =>
        new(reader.Text(), (int)reader.UInt32(), reader.Time(), reader.Int64());
}
