using System.Formats.Asn1;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.X509;

/// <summary>
/// The certificate's grammar, RFC 5280 appendix A.1, by DER. Throws <see cref="AsnContentException"/> or
/// gives null.
/// </summary>
internal static class CertificateParser
{
    private const string OrganizationName = "2.5.4.10";
    private const int MaximumSerialBytes = 20;
    private const int LastYearOfUtcTime = 2049;
    private const int Version3 = 2;

    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3, isConstructed: true);

    internal static CertificateContent? Parse(byte[] der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var certificate = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var signed = certificate.ReadEncodedValue();
        var outerAlgorithm = certificate.ReadEncodedValue();
        var signature = certificate.ReadBitString(out var unusedBits);
        certificate.ThrowIfNotEmpty();

        var body = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        var versionReader = body.ReadSequence(VersionTag);
        if (!versionReader.TryReadInt32(out var version) || version != Version3)
            return null;
        versionReader.ThrowIfNotEmpty();
        var serial = body.ReadIntegerBytes();
        var innerAlgorithm = body.ReadEncodedValue();
        var issuer = body.ReadEncodedValue();
        var validity = body.ReadSequence();
        var notBefore = ReadTime(validity);
        var notAfter = ReadTime(validity);
        validity.ThrowIfNotEmpty();
        var subject = body.ReadEncodedValue();
        var subjectKey = body.ReadSequence();
        if (!body.HasData)
            return null;
        var extensions = body.ReadSequence(ExtensionsTag);
        body.ThrowIfNotEmpty();

        if (unusedBits != 0 || serial.Length > MaximumSerialBytes || serial.Span[0] >= 0x80 || serial.Span is [0]
            || !innerAlgorithm.Span.SequenceEqual(outerAlgorithm.Span) || ReadName(issuer, out _) == 0)
            return null;
        ReadName(subject, out var organisation);
        var algorithm = ReadAlgorithm(outerAlgorithm);
        var content = new CertificateContent
        {
            Signed = signed,
            SignatureAlgorithm = algorithm,
            Signature = algorithm == Algorithms.EcdsaWithSha256 ? ReadSignature(signature) : null,
            SerialNumber = serial,
            Issuer = issuer,
            Subject = subject,
            Organisation = organisation,
            NotBefore = notBefore,
            NotAfter = notAfter,
            PublicKey = ReadKey(subjectKey),
        };
        var result = CertificateExtensions.Read(content, extensions.ReadSequence());
        extensions.ThrowIfNotEmpty();
        return result;
    }

    private static byte[]? ReadSignature(byte[] encoded)
    {
        var signature = new byte[Es256.SignatureSize];
        return EcdsaDer.TryDecode(encoded, signature) ? signature : null;
    }

    internal static DateTimeOffset ReadTime(AsnReader reader)
    {
        if (reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime))
            return reader.ReadUtcTime(LastYearOfUtcTime);
        var time = reader.ReadGeneralizedTime();
        // RFC 5280 section 4.1.2.5.2: no fractions, and UTCTime wherever it can be.
        return time.Year > LastYearOfUtcTime && time.Ticks % TimeSpan.TicksPerSecond == 0
            ? time
            : throw new AsnContentException("This time is not in the form of a certificate.");
    }

    internal static string ReadAlgorithm(ReadOnlyMemory<byte> encoded)
    {
        var reader = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        var identifier = reader.ReadObjectIdentifier();
        // RFC 5758 section 3.2: ECDSA has no parameters, not even NULL.
        if (identifier == Algorithms.EcdsaWithSha256)
            reader.ThrowIfNotEmpty();
        return identifier;
    }

    /// <summary>The number of relative names; the organisation if there is exactly one.</summary>
    private static int ReadName(ReadOnlyMemory<byte> encoded, out string? organisation)
    {
        organisation = null;
        var count = 0;
        var found = 0;
        var name = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        while (name.HasData)
        {
            count++;
            var relative = name.ReadSetOf();
            while (relative.HasData)
            {
                var attribute = relative.ReadSequence();
                var type = attribute.ReadObjectIdentifier();
                var tag = attribute.PeekTag();
                if (type == OrganizationName && tag.TagClass == TagClass.Universal
                    && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString)
                {
                    found++;
                    organisation = attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue);
                }
                else
                    attribute.ReadEncodedValue();
                attribute.ThrowIfNotEmpty();
            }
        }
        if (found != 1)
            organisation = null;
        return count;
    }

    private static PublicKey? ReadKey(AsnReader reader)
    {
        var algorithm = reader.ReadSequence();
        var point = reader.ReadBitString(out var unusedBits);
        reader.ThrowIfNotEmpty();
        if (algorithm.ReadObjectIdentifier() != Algorithms.EcPublicKey)
            return null;
        // Explicit curve parameters are no object identifier: RFC 5480 section 2.1.1 forbids them.
        if (!algorithm.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier)
            || algorithm.ReadObjectIdentifier() != Algorithms.CurveP256)
            return null;
        algorithm.ThrowIfNotEmpty();
        if (unusedBits != 0 || point.Length != 1 + Keys.PublicKey.Size || point[0] != 4)
            return null;
        var key = new PublicKey(point.AsSpan(1));
        return Es256.IsOnCurve(key) ? key : null;
    }
}
