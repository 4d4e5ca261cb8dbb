using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;
using Microsoft.Win32.SafeHandles;

namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// One thread's libcrypto objects for ES256 verification, made once and reused. The handle is the EC_KEY; the other pointers live
/// and die with it. Its only owner is a thread-static field, so it is finalised after its thread has ended.
/// </summary>
internal sealed unsafe class Es256Verifier : SafeHandleZeroOrMinusOneIsInvalid
{
    private const byte Uncompressed = 4; // SEC 1 section 2.3.3

    private readonly nint group; // owned by the key
    private readonly nint point;
    private readonly nint signature;
    private readonly nint r, s; // owned by the signature
    private readonly nint context;

    internal Es256Verifier()
        : base(ownsHandle: true)
    {
        SetHandle(LibCrypto.EcKeyNew(LibCrypto.CurveP256));
        group = IsInvalid ? 0 : LibCrypto.EcKeyGroup(handle);
        point = group == 0 ? 0 : LibCrypto.EcPointNew(group);
        signature = LibCrypto.EcdsaSignatureNew();
        r = LibCrypto.BigNumberNew();
        s = LibCrypto.BigNumberNew();
        context = LibCrypto.ContextNew();
        if (point == 0 || signature == 0 || r == 0 || s == 0 || context == 0 || LibCrypto.EcdsaSignatureSet(signature, r, s) != 1)
            throw new CryptographicException("libcrypto could not make the objects for ES256 verification.");
    }

    /// <summary>Makes the key this object's key; false if it is not a point of the curve.</summary>
    internal bool SetKey(PublicKey key)
    {
        Span<byte> encoded = stackalloc byte[1 + PublicKey.Size];
        encoded[0] = Uncompressed;
        key.CopyTo(encoded[1..]);
        fixed (byte* bytes = encoded)
        {
            if (LibCrypto.EcPointDecode(group, point, bytes, (nuint)encoded.Length, context) == 1
                && LibCrypto.EcKeySetPublicKey(handle, point) == 1)
                return true;
        }
        // .NET's own classes read the same per-thread queue and must not find our refusals in it.
        LibCrypto.ClearErrors();
        return false;
    }

    /// <summary>Verifies 64 bytes of signature over 32 bytes of digest.</summary>
    internal bool Verify(PublicKey key, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signatureBytes)
    {
        if (!SetKey(key))
            return false;
        int result;
        fixed (byte* digestPointer = digest, signaturePointer = signatureBytes)
        {
            if (LibCrypto.BigNumberDecode(signaturePointer, 32, r) == 0 || LibCrypto.BigNumberDecode(signaturePointer + 32, 32, s) == 0)
                throw new CryptographicException("libcrypto could not read the signature's integers.");
            result = LibCrypto.EcdsaVerify(digestPointer, digest.Length, signature, handle);
        }
        if (result != 1)
            LibCrypto.ClearErrors();
        return result == 1;
    }

    protected override bool ReleaseHandle()
    {
        LibCrypto.EcdsaSignatureFree(signature);
        LibCrypto.EcPointClearFree(point);
        LibCrypto.ContextFree(context);
        LibCrypto.EcKeyFree(handle);
        return true;
    }
}
