using System.Formats.Asn1;

namespace Counterfoil.Cryptography.X509;

/// <summary>The extensions that are processed. <b>Source:</b> RFC 5280 section 4.2.1.</summary>
internal static class CertificateExtensions
{
    private const int MaximumExtensions = 32;
    private const int MaximumNames = 256;
    private const string SubjectKeyIdentifier = "2.5.29.14";
    private const string KeyUsage = "2.5.29.15";
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string BasicConstraints = "2.5.29.19";
    private const string AuthorityKeyIdentifier = "2.5.29.35";
    private const string ExtendedKeyUsage = "2.5.29.37";

    private static readonly Asn1Tag KeyIdentifierTag = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag DnsNameTag = new(TagClass.ContextSpecific, 2);

    /// <summary>
    /// The content with its extensions; null if one is there twice or in contradiction to another.
    /// </summary>
    internal static CertificateContent? Read(CertificateContent content, AsnReader extensions)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var identifier = extension.ReadObjectIdentifier();
            var isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && ReadCritical(extension);
            var value = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER);
            extension.ThrowIfNotEmpty();
            if (!seen.Add(identifier) || seen.Count > MaximumExtensions)
                return null;
            content = Apply(content, identifier, isCritical, value);
        }
        // Section 4.2.1.9: a path length only of authorities that sign certificates.
        var signsCertificates = content.KeyUsages.HasFlag(KeyUsages.KeyCertSign);
        var hasStrayLength = content.PathLength is not null && !(content.IsAuthority && signsCertificates);
        return hasStrayLength || (signsCertificates && !content.IsAuthority) ? null : content;
    }

    private static CertificateContent Apply(CertificateContent content, string identifier, bool isCritical, AsnReader value)
    {
        switch (identifier)
        {
            case BasicConstraints:
                var constraints = value.ReadSequence();
                var isAuthority = constraints.HasData && constraints.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean)
                    && ReadTrue(constraints);
                int? pathLength = constraints.HasData ? ReadPathLength(constraints) : null;
                constraints.ThrowIfNotEmpty();
                content = content with { IsAuthority = isAuthority, PathLength = pathLength };
                break;
            case KeyUsage:
                content = content with { KeyUsages = value.ReadNamedBitListValue<KeyUsages>() };
                if (content.KeyUsages == KeyUsages.None)
                    throw new AsnContentException("A key usage has at least one bit.");
                break;
            case ExtendedKeyUsage:
                content = content with { ExtendedKeyUsages = ReadUsages(value.ReadSequence()) };
                break;
            case SubjectKeyIdentifier:
                content = content with { SubjectKeyIdentifier = value.ReadOctetString() };
                break;
            case AuthorityKeyIdentifier:
                var authority = value.ReadSequence();
                if (authority.HasData && authority.PeekTag().HasSameClassAndValue(KeyIdentifierTag))
                    content = content with { AuthorityKeyIdentifier = authority.ReadOctetString(KeyIdentifierTag) };
                while (authority.HasData)
                    authority.ReadEncodedValue();
                break;
            case SubjectAlternativeName:
                content = content with { DnsNames = ReadNames(value.ReadSequence()) };
                break;
            default:
                if (isCritical)
                    content = content with { HasUnknownCriticalExtension = true };
                return content;
        }
        value.ThrowIfNotEmpty();
        return content;
    }

    // DER writes a default value never: the critical flag and the authority flag are there only if true.
    private static bool ReadTrue(AsnReader reader) =>
        reader.ReadBoolean() ? true : throw new AsnContentException("DER leaves a default value out.");

    private static bool ReadCritical(AsnReader reader) => ReadTrue(reader);

    private static int ReadPathLength(AsnReader reader) =>
        reader.TryReadInt32(out var length) && length >= 0 ? length : throw new AsnContentException("A path length is not negative.");

    private static List<string> ReadUsages(AsnReader reader)
    {
        var usages = new List<string>();
        do
            usages.Add(reader.ReadObjectIdentifier());
        while (reader.HasData && usages.Count < MaximumNames);
        reader.ThrowIfNotEmpty();
        return usages;
    }

    private static List<string> ReadNames(AsnReader reader)
    {
        var names = new List<string>();
        for (var count = 0; reader.HasData; count++)
        {
            if (count == MaximumNames)
                throw new AsnContentException("Too many names.");
            if (reader.PeekTag().HasSameClassAndValue(DnsNameTag))
                names.Add(reader.ReadCharacterString(UniversalTagNumber.IA5String, DnsNameTag));
            else
                reader.ReadEncodedValue();
        }
        return names;
    }
}
