using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.X509;

/// <summary>A revoked certificate in a list.</summary>
/// <param name="SerialNumber">Big-endian, 1 to 20 bytes.</param>
/// <param name="Reason">The reason code; 0 where the entry has none.</param>
/// <param name="Date">Since when.</param>
public sealed record RevokedCertificate(ReadOnlyMemory<byte> SerialNumber, int Reason, DateTimeOffset Date);

/// <summary>
/// A certificate revocation list read strictly from DER: version 2, complete (no delta, no indirect entries), ECDSA with SHA-256, with a number and
/// a next update. <b>Source:</b> RFC 5280 section 5. Stricter: unknown critical extensions, and entries of other issuers, are refused.
/// </summary>
public sealed class RevocationList
{
    /// <summary>The largest list in bytes.</summary>
    public const int MaximumBytes = 256 * 1024;

    private const int Version2 = 1;
    private const int MaximumSerialBytes = 20;
    private const int RemoveFromList = 8;
    private const string NumberExtension = "2.5.29.20";
    private const string ReasonExtension = "2.5.29.21";

    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 0, isConstructed: true);

    private readonly ReadOnlyMemory<byte> signed;
    private readonly byte[] signature;

    private RevocationList(ReadOnlyMemory<byte> signed, byte[] signature)
    {
        this.signed = signed;
        this.signature = signature;
    }

    /// <summary>The issuer's name in DER.</summary>
    public required ReadOnlyMemory<byte> Issuer { get; init; }

    /// <summary>The CRL number, 0 to 2^63 − 1.</summary>
    public required long Number { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset ThisUpdate { get; init; }

    /// <summary>When the next one is due.</summary>
    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>The entries in their order.</summary>
    public required IReadOnlyList<RevokedCertificate> Entries { get; init; }

    /// <summary>True if the key signed the list.</summary>
    public bool IsSignedBy(PublicKey key) => Es256.Verify(key, signed.Span, signature);

    /// <summary>Reads a list.</summary>
    /// <returns>False for anything that is not such a list in DER without trailing bytes.</returns>
    public static bool TryParse(ReadOnlySpan<byte> der, [NotNullWhen(true)] out RevocationList? list)
    {
        list = null;
        if (der.Length > MaximumBytes)
            return false;
        try
        {
            list = Parse(der.ToArray());
        }
        catch (AsnContentException)
        {
            return false;
        }
        return list is not null;
    }

    private static RevocationList? Parse(byte[] der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var whole = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var signed = whole.ReadEncodedValue();
        var outerAlgorithm = whole.ReadEncodedValue();
        var encodedSignature = whole.ReadBitString(out var unusedBits);
        whole.ThrowIfNotEmpty();

        var body = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        if (!body.TryReadInt32(out var version) || version != Version2)
            return null;
        var innerAlgorithm = body.ReadEncodedValue();
        var issuer = body.ReadEncodedValue();
        var thisUpdate = CertificateParser.ReadTime(body);
        var nextUpdate = CertificateParser.ReadTime(body);
        // Section 5.1.2.6: where nothing is revoked, the list of entries is absent.
        var entries = body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence) ? ReadEntries(body.ReadSequence()) : [];
        if (!body.HasData)
            return null;
        var number = ReadNumber(body.ReadSequence(ExtensionsTag));
        body.ThrowIfNotEmpty();

        var signature = new byte[Es256.SignatureSize];
        if (unusedBits != 0 || number < 0 || entries is null || !innerAlgorithm.Span.SequenceEqual(outerAlgorithm.Span)
            || CertificateParser.ReadAlgorithm(outerAlgorithm) != Algorithms.EcdsaWithSha256
            || !EcdsaDer.TryDecode(encodedSignature, signature))
            return null;
        return new RevocationList(signed, signature)
        {
            Issuer = issuer,
            Number = number,
            ThisUpdate = thisUpdate,
            NextUpdate = nextUpdate,
            Entries = entries,
        };
    }

    private static List<RevokedCertificate>? ReadEntries(AsnReader reader)
    {
        var entries = new List<RevokedCertificate>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            var entry = reader.ReadSequence();
            var serial = entry.ReadIntegerBytes();
            var date = CertificateParser.ReadTime(entry);
            var reason = entry.HasData ? ReadReason(entry.ReadSequence()) : 0;
            entry.ThrowIfNotEmpty();
            // removeFromCRL has a meaning in delta lists only.
            if (serial.Length > MaximumSerialBytes || serial.Span[0] >= 0x80 || reason is < 0 or RemoveFromList or > 10
                || !seen.Add(Convert.ToHexString(serial.Span)))
                return null;
            entries.Add(new RevokedCertificate(serial, reason, date));
        }
        while (reader.HasData);
        return entries;
    }

    private static int ReadReason(AsnReader extensions)
    {
        var reason = 0;
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var identifier = extension.ReadObjectIdentifier();
            var value = ReadValue(extension, out var isCritical);
            if (identifier == ReasonExtension)
            {
                reason = (int)value.ReadEnumeratedValue<ReasonCode>();
                value.ThrowIfNotEmpty();
            }
            else if (isCritical)
                return -1;
        }
        return reason;
    }

    // The number, or −1 where it is missing or a critical extension is unknown: a delta or an indirect list has one.
    private static long ReadNumber(AsnReader wrapper)
    {
        var extensions = wrapper.ReadSequence();
        wrapper.ThrowIfNotEmpty();
        var number = -1L;
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var identifier = extension.ReadObjectIdentifier();
            var value = ReadValue(extension, out var isCritical);
            if (identifier == NumberExtension)
            {
                if (number >= 0 || !value.TryReadInt64(out number))
                    return -1;
                value.ThrowIfNotEmpty();
            }
            else if (isCritical)
                return -1;
        }
        return number;
    }

    private static AsnReader ReadValue(AsnReader extension, out bool isCritical)
    {
        isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean);
        // DER leaves a default value out.
        if (isCritical && !extension.ReadBoolean())
            throw new AsnContentException("DER leaves a default value out.");
        var value = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER);
        extension.ThrowIfNotEmpty();
        return value;
    }

    private enum ReasonCode
    {
        Unspecified = 0,
    }
}
