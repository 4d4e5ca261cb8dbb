using System.Runtime.InteropServices;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// The few numbers of PKCS#11 that this store uses. <b>Source:</b> OASIS PKCS#11 Cryptographic Token
/// Interface Base Specification 2.40, pkcs11t.h.
/// </summary>
internal static class Pkcs11
{
    internal const nuint Ok = 0x0;
    internal const nuint PinIncorrect = 0xA0;
    internal const nuint PinInvalid = 0xA1;
    internal const nuint PinLengthRange = 0xA2;
    internal const nuint UserAlreadyLoggedIn = 0x100;
    internal const nuint AlreadyInitialized = 0x191;

    internal const nuint OsLockingOk = 0x2;
    internal const nuint RwSession = 0x2;
    internal const nuint SerialSession = 0x4;
    internal const nuint SecurityOfficer = 0;
    internal const nuint User = 1;

    internal const nuint UserPinInitialized = 0x8;
    internal const nuint TokenInitialized = 0x400;

    internal const nuint PublicKeyObject = 2;
    internal const nuint PrivateKeyObject = 3;
    internal const nuint SecretKeyObject = 4;
    internal const nuint EcKey = 3;
    internal const nuint GenericSecret = 0x10;

    internal const nuint AttributeClass = 0x0;
    internal const nuint AttributeToken = 0x1;
    internal const nuint AttributePrivate = 0x2;
    internal const nuint AttributeLabel = 0x3;
    internal const nuint AttributeValue = 0x11;
    internal const nuint AttributeKeyType = 0x100;
    internal const nuint AttributeId = 0x102;
    internal const nuint AttributeSensitive = 0x103;
    internal const nuint AttributeSign = 0x108;
    internal const nuint AttributeVerify = 0x10A;
    internal const nuint AttributeDerive = 0x10C;
    internal const nuint AttributeValueLength = 0x161;
    internal const nuint AttributeExtractable = 0x162;
    internal const nuint AttributeEcParameters = 0x180;
    internal const nuint AttributeEcPoint = 0x181;

    internal const nuint GenerateEcKeyPair = 0x1040;
    internal const nuint Ecdsa = 0x1041;
    internal const nuint Ecdh1Derive = 0x1050;
    internal const nuint NoKeyDerivationFunction = 1;

    /// <summary>The DER object identifier of P-256.</summary>
    internal static ReadOnlySpan<byte> P256 => [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeAttribute
{
    internal nuint Type;
    internal byte* Value;
    internal nuint Length;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMechanism
{
    internal nuint Type;
    internal void* Parameter;
    internal nuint ParameterLength;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeEcdhParameters
{
    internal nuint KeyDerivationFunction;
    internal nuint SharedDataLength;
    internal byte* SharedData;
    internal nuint PublicDataLength;
    internal byte* PublicData;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeInitializeArguments
{
    internal nint CreateMutex, DestroyMutex, LockMutex, UnlockMutex;
    internal nuint Flags;
    internal void* Reserved;
}

/// <summary>One attribute of a template, held in managed memory until a call.</summary>
internal readonly record struct TokenAttribute(nuint Type, byte[] Value)
{
    internal static TokenAttribute Of(nuint type, bool value) => new(type, [value ? (byte)1 : (byte)0]);

    internal static TokenAttribute Of(nuint type, nuint value) => new(type, BitConverter.GetBytes((ulong)value));

    internal static TokenAttribute Of(nuint type, ReadOnlySpan<byte> value) => new(type, value.ToArray());
}
