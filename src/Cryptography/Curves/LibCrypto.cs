using System.Runtime.InteropServices;

namespace Counterfoil.Cryptography.Curves;

/// <summary>
/// The functions of OpenSSL 3's libcrypto that we call: P-256 points, big numbers and ECDSA verification. Raw pointers:
/// whoever calls owns what he made. <b>Source:</b> OpenSSL 3.0 manual pages EC_POINT_new(3),
/// EC_POINT_add(3), EC_KEY_new(3), ECDSA_sign(3), BN_bn2bin(3), BN_set_flags(3).
/// </summary>
internal static unsafe partial class LibCrypto
{
    internal const int CurveP256 = 415; // NID_X9_62_prime256v1
    internal const int FlagConstantTime = 4; // BN_FLG_CONSTTIME

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_KEY_new_by_curve_name")]
    internal static partial nint EcKeyNew(int curve);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_KEY_free")]
    internal static partial void EcKeyFree(nint key);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_KEY_set_public_key")]
    internal static partial int EcKeySetPublicKey(nint key, nint point);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_KEY_get0_group")]
    internal static partial nint EcKeyGroup(nint key);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_POINT_new")]
    internal static partial nint EcPointNew(nint group);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_POINT_clear_free")]
    internal static partial void EcPointClearFree(nint point);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_POINT_oct2point")]
    internal static partial int EcPointDecode(nint group, nint point, byte* encoded, nuint length, nint context);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_POINT_point2oct")]
    internal static partial nuint EcPointEncode(nint group, nint point, int form, byte* destination, nuint length, nint context);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_POINT_mul")]
    internal static partial int EcPointMultiply(nint group, nint result, nint generatorScalar, nint point, nint scalar, nint context);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_POINTs_mul")]
    internal static partial int EcPointCombine(
        nint group, nint result, nint generatorScalar, nuint count, nint* points, nint* scalars, nint context);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_POINT_add")]
    internal static partial int EcPointAdd(nint group, nint result, nint left, nint right, nint context);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_POINT_is_at_infinity")]
    internal static partial int EcPointIsAtInfinity(nint group, nint point);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "ECDSA_SIG_new")]
    internal static partial nint EcdsaSignatureNew();

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "ECDSA_SIG_free")]
    internal static partial void EcdsaSignatureFree(nint signature);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "ECDSA_SIG_set0")]
    internal static partial int EcdsaSignatureSet(nint signature, nint r, nint s);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "ECDSA_do_verify")]
    internal static partial int EcdsaVerify(byte* digest, int length, nint signature, nint key);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_new")]
    internal static partial nint BigNumberNew();

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_secure_new")]
    internal static partial nint BigNumberSecureNew();

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_clear_free")]
    internal static partial void BigNumberClearFree(nint number);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_bin2bn")]
    internal static partial nint BigNumberDecode(byte* bytes, int length, nint number);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_bn2binpad")]
    internal static partial int BigNumberEncode(nint number, byte* destination, int length);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_set_flags")]
    internal static partial void BigNumberSetFlags(nint number, int flags);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_GROUP_get0_order")]
    internal static partial nint EcGroupOrder(nint group);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "EC_GROUP_get_mont_data")]
    internal static partial nint EcGroupMontgomery(nint group);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_to_montgomery")]
    internal static partial int BigNumberToMontgomery(nint result, nint number, nint montgomery, nint context);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_mod_mul_montgomery")]
    internal static partial int BigNumberMultiply(nint result, nint left, nint right, nint montgomery, nint context);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_mod_exp_mont_consttime")]
    internal static partial int BigNumberPower(nint result, nint number, nint exponent, nint modulus, nint context, nint montgomery);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_mod_add_quick")]
    internal static partial int BigNumberAdd(nint result, nint left, nint right, nint modulus);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_CTX_secure_new")]
    internal static partial nint ContextNew();

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "BN_CTX_free")]
    internal static partial void ContextFree(nint context);

    [LibraryImport(NativeLibraries.Crypto, EntryPoint = "ERR_clear_error")]
    internal static partial void ClearErrors();
}
