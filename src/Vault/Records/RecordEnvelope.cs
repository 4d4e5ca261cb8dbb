using System.Buffers.Binary;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Vault.Records;

/// <summary>
/// A ciphertext <c>C</c> (or <c>C2</c>) as it was read, not opened: a JWE with <c>enc: A256GCM</c>, whose protected header holds <c>rid</c>, <c>rtype</c>
/// and <c>ver</c>, and whose recipients each have <c>ECDH-ES+A256KW</c>, an ephemeral key of their own and no <c>kid</c>.
/// <b>Source:</b> RFC 7516 section 7.2; D1 "The confidential record".
/// </summary>
public sealed class RecordEnvelope
{
    /// <summary>The largest ciphertext in bytes: an attachment's maximum, 256 KiB.</summary>
    public const int MaximumBytes = 256 * 1024;

    private const int LengthBytes = sizeof(uint);
    private static readonly JweExpectation Expected = new() { MaximumBytes = MaximumBytes };

    private RecordEnvelope(JweDocument document, Digest<VaultDocument> digest, Digest<VaultRecord> rid, string rtype, long ver)
    {
        Document = document;
        CtDigest = digest;
        Rid = rid;
        Rtype = rtype;
        Ver = ver;
    }

    /// <summary>SHA-256 of the whole JWE.</summary>
    public Digest<VaultDocument> CtDigest { get; }

    /// <summary>The record's id, by the protected header.</summary>
    public Digest<VaultRecord> Rid { get; }

    /// <summary>The kind of record, by the protected header.</summary>
    public string Rtype { get; }

    /// <summary>The version, by the protected header.</summary>
    public long Ver { get; }

    /// <summary>The decoded length of the <c>ciphertext</c> member in bytes: the padded size.</summary>
    public int CiphertextLength => Document.Ciphertext.Length;

    internal JweDocument Document { get; }

    /// <summary>Reads a ciphertext without opening it. Refusal: <c>malformed</c>.</summary>
    public static RecordResult<RecordEnvelope> Parse(ReadOnlyMemory<byte> bytes)
    {
        if (!Jwe.ParseJson(bytes, Expected).TryGet(out var document) || document.Encryption != ContentEncryption.A256Gcm)
            return RecordRefusal.Malformed;
        foreach (var recipient in document.Recipients)
        {
            var header = recipient.Header;
            if (header.Algorithm != JoseAlgorithms.EcdhEsA256Kw || header.KeyId is not null
                || header.Member("apu") is not null || header.Member("apv") is not null
                || !header.IsProtected("rid") || !header.IsProtected("rtype") || !header.IsProtected("ver"))
                return RecordRefusal.Malformed;
        }
        var shared = document.Recipients[0].Header;
        return Digest<VaultRecord>.TryParse(shared.Text("rid"), out var rid)
            && shared.Text("rtype") is { } rtype && RecordOriginal.IsRtype(rtype)
            && shared.Member("ver") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var ver) && ver > 0
            ? new RecordEnvelope(document, Digest<VaultDocument>.Of(bytes.Span), rid, rtype, ver)
            : RecordRefusal.Malformed;
    }

    /// <summary>Length of <c>S</c> (4 bytes, big-endian) ‖ <c>S</c> ‖ zeros.</summary>
    internal static byte[]? Pad(ReadOnlySpan<byte> signed, RecordPadding padding)
    {
        var size = padding.SizeFor(signed.Length + LengthBytes);
        if (size < signed.Length + LengthBytes || size > DocumentVault.MaximumDocumentBytes)
            return null;
        var plain = new byte[size];
        BinaryPrimitives.WriteUInt32BigEndian(plain, (uint)signed.Length);
        signed.CopyTo(plain.AsSpan(LengthBytes));
        return plain;
    }

    /// <summary>Null if the length does not fit or the padding is not zeros.</summary>
    internal static byte[]? Unpad(ReadOnlySpan<byte> plain)
    {
        if (plain.Length < LengthBytes)
            return null;
        var length = BinaryPrimitives.ReadUInt32BigEndian(plain);
        if (length > (uint)(plain.Length - LengthBytes) || plain[(LengthBytes + (int)length)..].ContainsAnyExcept((byte)0))
            return null;
        return plain.Slice(LengthBytes, (int)length).ToArray();
    }
}

/// <summary>How far the plaintext of a ciphertext is filled up, so that its length tells nothing.</summary>
public readonly struct RecordPadding : IEquatable<RecordPadding>
{
    /// <summary>The block that records of no agreed size are filled up to, in bytes.</summary>
    public const int BlockBytes = 4096;

    private readonly int exactBytes;

    private RecordPadding(int exactBytes) => this.exactBytes = exactBytes;

    /// <summary>The next multiple of 4,096 bytes; also <c>default</c>.</summary>
    public static RecordPadding Blocks => default;

    /// <summary>Exactly this size in bytes, the same for every record of its kind (<c>bid_size</c>).</summary>
    public static RecordPadding ToSize(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new RecordPadding(bytes);
    }

    internal int SizeFor(int contentBytes) =>
        exactBytes > 0 ? exactBytes : (contentBytes + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <inheritdoc/>
    public bool Equals(RecordPadding other) => exactBytes == other.exactBytes;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RecordPadding other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => exactBytes;

    /// <summary>True if both fill up to the same size.</summary>
    public static bool operator ==(RecordPadding left, RecordPadding right) => left.Equals(right);

    /// <summary>True if they fill up to different sizes.</summary>
    public static bool operator !=(RecordPadding left, RecordPadding right) => !left.Equals(right);
}
