using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;

namespace Counterfoil.Cryptography.Custody;

/// <summary>The certificate of a key, in DER, beside the key's file. It is public; what makes it the key's is the key's own signature.</summary>
internal static class TlsCertificateFile
{
    private const string Ending = ".crt";

    internal static bool Exists(string folder, string name) => File.Exists(PathOf(folder, name));

    internal static void Save(string folder, string name, OrganisationCertificate certificate, bool flush) =>
        OwnerOnlyFiles.Replace(PathOf(folder, name), certificate.Der.Span, flush);

    /// <summary>The certificate of that name, or null where there is none.</summary>
    internal static OrganisationCertificate? Load(string folder, string name)
    {
        var der = OwnerOnlyFiles.Read(PathOf(folder, name), OrganisationCertificate.MaximumBytes);
        if (der is null)
            return null;
        return OrganisationCertificate.TryParse(der, out var certificate) && IsSignedByItself(certificate)
            ? certificate
            : throw KeyFile.Damaged(name);
    }

    private static bool IsSignedByItself(OrganisationCertificate certificate) =>
        certificate.PublicKey is { } key && certificate.Content.Signature is { } signature
        && Es256.Verify(key, certificate.Content.Signed.Span, signature);

    private static string PathOf(string folder, string name) => Path.Combine(folder, name + Ending);
}
