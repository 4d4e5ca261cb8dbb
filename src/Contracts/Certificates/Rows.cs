using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Certificates;

/// <summary>
/// What an organisation's certificate is registered for. The numbers are those of the tables'
/// bytes.
/// </summary>
public enum CertificatePurpose
{
    /// <summary>Signs documents; <c>sign</c> on the wire.</summary>
    Sign = 1,

    /// <summary>Is encrypted to; <c>encrypt</c> on the wire.</summary>
    Encrypt = 2,

    /// <summary>TLS on either side; <c>tls</c> on the wire.</summary>
    Tls = 3,
}

/// <summary>Names a registration: account 32, purpose 1.</summary>
/// <param name="Account">The organisation's account.</param>
/// <param name="Purpose">What for.</param>
public readonly record struct CertificateKey(AccountId Account,
    CertificatePurpose Purpose) : IStateKey<CertificateKey>
{
    /// <inheritdoc/>
    public int CompareTo(CertificateKey other)
    {
        var order = Account.CompareTo(other.Account);
        return order != 0 ? order : Purpose.CompareTo(other.Purpose);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Account);
        writer.Byte((byte)Purpose);
    }

    /// <inheritdoc/>
    public static CertificateKey Read(ref StateReader reader) =>
        new(reader.Account(), (CertificatePurpose)reader.Byte());
}

/// <summary>
/// A registered certificate, history table <c>certificates.certificates</c>, key:
/// <see cref="CertificateKey"/>. A renewal takes the place of the one before, which stays readable
/// as of its heights. Bytes: thumbprint 32, key 64, not before 8, not after 8 (milliseconds),
/// revoked 1, registrar 32.
/// </summary>
/// <param name="Thumbprint">SHA-256 of the DER.</param>
/// <param name="Key">The certified key.</param>
/// <param name="NotBefore">The first moment of validity.</param>
/// <param name="NotAfter">The last second of validity.</param>
/// <param name="IsRevoked">True once it is revoked, until another takes its place.</param>
/// <param name="Registrar">Who vouched for it.</param>
public sealed record CertificateRow(
    Digest<OrganisationCertificate> Thumbprint, PublicKey Key, Timestamp NotBefore, Timestamp NotAfter,
        bool IsRevoked, AccountId Registrar)
    : IStateRow<CertificateRow>
{
    /// <summary>True if it is not revoked and the time is within its validity.</summary>
    public bool IsActiveAt(Timestamp time) =>
        !IsRevoked && time >= NotBefore && time.UnixSeconds <= NotAfter.UnixSeconds;

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Digest(Thumbprint);
        writer.PublicKey(Key);
        writer.Time(NotBefore);
        writer.Time(NotAfter);
        writer.Bool(IsRevoked);
        writer.Account(Registrar);
    }

    /// <inheritdoc/>
    public static CertificateRow Read(ref StateReader reader) =>
        new(reader.Digest<OrganisationCertificate>(), reader.PublicKey(), reader.Time(), reader.Time(),
            reader.Bool(), reader.Account());
}

/// <summary>
/// Where a certificate or its key was registered: table <c>certificates.thumbprints</c> under
/// SHA-256 of the DER, table <c>certificates.keys</c> under the key's thumbprint. Bytes:
/// <see cref="CertificateKey"/>.
/// </summary>
/// <param name="Certificate">The registration.</param>
public readonly record struct RegistrationRow(CertificateKey Certificate) : IStateRow<RegistrationRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => Certificate.Write(ref writer);

    /// <inheritdoc/>
    public static RegistrationRow Read(ref StateReader reader) =>
        new(CertificateKey.Read(ref reader));
}
