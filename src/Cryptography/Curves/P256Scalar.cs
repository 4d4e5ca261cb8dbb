using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Counterfoil.Cryptography.Curves;

/// <summary>
/// A secret integer from 1 to n−1, the order of P-256: a private key or a nonce. It lies in libcrypto's memory, marked for constant-time
/// arithmetic, and is cleared on <see cref="Dispose"/>. Safe for concurrent use. <b>Source:</b> SP 800-56A section 5.6.1.2, BN_set_flags(3).
/// </summary>
public sealed unsafe class P256Scalar : IDisposable
{
    private readonly NumberHandle handle;

    private static ReadOnlySpan<byte> OrderLessTwo =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
    ];

    private P256Scalar(ReadOnlySpan<byte> secret)
    {
        handle = new NumberHandle();
        LibCrypto.BigNumberSetFlags(handle.DangerousGetHandle(), LibCrypto.FlagConstantTime);
        P256Workspace.LoadNumber(handle.DangerousGetHandle(), secret);
    }

    /// <summary>The scalar of 32 bytes, big-endian. The caller clears its copy.</summary>
    /// <exception cref="CryptographicException">The bytes are not 32, or outside 1 to n−1.</exception>
    public static P256Scalar Import(ReadOnlySpan<byte> secret) =>
        P256.IsSecret(secret)
            ? new P256Scalar(secret)
            : throw new CryptographicException("A P-256 secret has 32 bytes and lies between 1 and n−1.");

    /// <summary>A new random scalar, uniform from 1 to n−1. <b>Source:</b> FIPS 186-5 appendix A.2.2 (rejection sampling).</summary>
    public static P256Scalar Create()
    {
        Span<byte> secret = stackalloc byte[P256.ScalarSize];
        try
        {
            do
                RandomNumberGenerator.Fill(secret);
            while (!P256.IsSecret(secret));
            return new P256Scalar(secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Writes (this + factor · other) mod n, 32 bytes, where the factor is public: the answer of a Schnorr-type proof.</summary>
    public void AddProduct(ReadOnlySpan<byte> factor, P256Scalar other, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(factor.Length, P256.ScalarSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, P256.ScalarSize);
        var workspace = P256Workspace.Current;
        using var addend = Acquire();
        using var secret = other.Acquire();
        using var product = new NumberHandle();
        var result = product.DangerousGetHandle();
        LibCrypto.BigNumberSetFlags(result, LibCrypto.FlagConstantTime);
        // The public factor goes into Montgomery form, so that the secret passes through one fixed-width multiplication only.
        P256Workspace.LoadNumber(workspace.FirstNumber, factor);
        P256Workspace.Require(
            LibCrypto.BigNumberToMontgomery(workspace.SecondNumber, workspace.FirstNumber, workspace.Montgomery, workspace.Context));
        P256Workspace.Require(
            LibCrypto.BigNumberMultiply(result, workspace.SecondNumber, secret.Number, workspace.Montgomery, workspace.Context));
        P256Workspace.Require(LibCrypto.BigNumberAdd(result, result, addend.Number, workspace.Order));
        Write(result, destination);
    }

    /// <summary>
    /// Writes (addend + factor · other) / this mod n, 32 bytes, where addend and factor are public and below n: the s of an ECDSA signature
    /// whose nonce this is. <b>Source:</b> FIPS 186-5 section 6.4.1.
    /// </summary>
    internal void Divide(ReadOnlySpan<byte> addend, ReadOnlySpan<byte> factor, P256Scalar other, Span<byte> destination)
    {
        var workspace = P256Workspace.Current;
        using var divisor = Acquire();
        using var secret = other.Acquire();
        using NumberHandle dividend = new(), inverse = new();
        nint sum = dividend.DangerousGetHandle(), power = inverse.DangerousGetHandle();
        LibCrypto.BigNumberSetFlags(sum, LibCrypto.FlagConstantTime);
        LibCrypto.BigNumberSetFlags(power, LibCrypto.FlagConstantTime);
        P256Workspace.LoadNumber(workspace.FirstNumber, factor);
        P256Workspace.Require(
            LibCrypto.BigNumberToMontgomery(workspace.SecondNumber, workspace.FirstNumber, workspace.Montgomery, workspace.Context));
        P256Workspace.Require(
            LibCrypto.BigNumberMultiply(sum, workspace.SecondNumber, secret.Number, workspace.Montgomery, workspace.Context));
        P256Workspace.LoadNumber(workspace.FirstNumber, addend);
        P256Workspace.Require(LibCrypto.BigNumberAdd(sum, sum, workspace.FirstNumber, workspace.Order));
        // The order is prime, so the inverse is the power n − 2 (Fermat), whose exponent is public and whose steps are fixed.
        P256Workspace.LoadNumber(workspace.FirstNumber, OrderLessTwo);
        P256Workspace.Require(LibCrypto.BigNumberPower(
            power, divisor.Number, workspace.FirstNumber, workspace.Order, workspace.Context, workspace.Montgomery));
        P256Workspace.Require(LibCrypto.BigNumberToMontgomery(power, power, workspace.Montgomery, workspace.Context));
        P256Workspace.Require(LibCrypto.BigNumberMultiply(sum, sum, power, workspace.Montgomery, workspace.Context));
        Write(sum, destination);
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose() => handle.Dispose();

    /// <summary>Writes the 32 bytes of the secret, which the caller clears.</summary>
    internal void Export(Span<byte> destination)
    {
        using var use = Acquire();
        Write(use.Number, destination);
    }

    /// <summary>Keeps the number alive until the use is disposed.</summary>
    internal Use Acquire() => new(handle);

    private static void Write(nint number, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
            P256Workspace.Require(LibCrypto.BigNumberEncode(number, bytes, P256.ScalarSize) == P256.ScalarSize ? 1 : 0);
    }

    /// <summary>A use of the number by one call.</summary>
    internal readonly ref struct Use : IDisposable
    {
        private readonly NumberHandle handle;

        internal Use(NumberHandle handle)
        {
            var added = false;
            handle.DangerousAddRef(ref added);
            this.handle = handle;
        }

        internal nint Number => handle.DangerousGetHandle();

        public void Dispose() => handle.DangerousRelease();
    }

    /// <summary>A BIGNUM that is cleared when it is freed.</summary>
    internal sealed class NumberHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        internal NumberHandle()
            : base(ownsHandle: true)
        {
            SetHandle(LibCrypto.BigNumberSecureNew());
            if (IsInvalid)
                throw P256Workspace.Failure();
        }

        protected override bool ReleaseHandle()
        {
            LibCrypto.BigNumberClearFree(handle);
            return true;
        }
    }
}
