using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// A PKCS#11 module loaded into this process: its function table and the calls that the key store makes, each
/// of which throws <see cref="KeyStoreException"/> where the module returns an error. A module is initialised
/// once, with its own locking, and never finalised, since others in the process may use it. <b>Source:</b>
/// PKCS#11 2.40, sections 5.4 to 5.14.
/// </summary>
internal sealed unsafe partial class Pkcs11Module
{
    // Positions in CK_FUNCTION_LIST.
    private const int Initialize = 0, GetSlotList = 4, GetTokenInfo = 6, OpenSessionAt = 12, CloseSessionAt = 13, LoginAt = 18,
        DestroyObjectAt = 22, GetAttributeValue = 24, FindObjectsInit = 26, FindObjectsAt = 27, FindObjectsFinal = 28,
        SignInit = 42, SignAt = 43, GenerateKeyPairAt = 59, DeriveKeyAt = 62;

    private const int TokenInfoBytes = 256; // CK_TOKEN_INFO has 208
    private const int TokenLabelBytes = 32;
    private const int MaximumSlots = 256;
    private const int FindBatch = 64;

    private static readonly ConcurrentDictionary<string, Lazy<Pkcs11Module>> Loaded = new(StringComparer.Ordinal);

    private readonly nint* functions;

    private Pkcs11Module(nint library)
    {
        var getFunctionList = (delegate* unmanaged[Cdecl]<nint*, nuint>)NativeLibrary.GetExport(library, "C_GetFunctionList");
        nint list;
        Require(getFunctionList(&list), "C_GetFunctionList");
        // CK_FUNCTION_LIST begins with a CK_VERSION of two bytes, padded to a pointer.
        functions = (nint*)list + 1;
        var arguments = new NativeInitializeArguments { Flags = Pkcs11.OsLockingOk };
        var result = ((delegate* unmanaged[Cdecl]<void*, nuint>)functions[Initialize])(&arguments);
        if (result != Pkcs11.AlreadyInitialized)
            Require(result, "C_Initialize");
    }

    internal static Pkcs11Module Load(string path) => Loaded.GetOrAdd(Path.GetFullPath(path), static full => new(() =>
        NativeLibrary.TryLoad(full, out var library)
            ? new Pkcs11Module(library)
            : throw new KeyStoreException(KeyStoreErrors.UnknownToken, $"The PKCS#11 module {full} cannot be loaded."))).Value;

    internal nuint FindSlot(string tokenLabel)
    {
        var slots = stackalloc nuint[MaximumSlots];
        nuint count = MaximumSlots;
        Require(((delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)functions[GetSlotList])(1, slots, &count), "C_GetSlotList");
        var wanted = Encoding.UTF8.GetBytes(tokenLabel.PadRight(TokenLabelBytes));
        var info = stackalloc byte[TokenInfoBytes];
        nuint? found = null;
        for (nuint index = 0; index < count; index++)
        {
            var result = ((delegate* unmanaged[Cdecl]<nuint, byte*, nuint>)functions[GetTokenInfo])(slots[index], info);
            if (result != Pkcs11.Ok || !new ReadOnlySpan<byte>(info, TokenLabelBytes).SequenceEqual(wanted))
                continue;
            if (found is not null)
                throw new KeyStoreException(KeyStoreErrors.UnknownToken, $"More than one token is labelled '{tokenLabel}'.");
            found = slots[index];
        }
        return found ?? throw new KeyStoreException(KeyStoreErrors.UnknownToken, $"There is no token '{tokenLabel}'.");
    }

    internal nuint OpenSession(nuint slot)
    {
        nuint session;
        var open = (delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, nuint>)functions[OpenSessionAt];
        Require(open(slot, Pkcs11.RwSession | Pkcs11.SerialSession, null, null, &session), "C_OpenSession");
        return session;
    }

    internal void CloseSession(nuint session) =>
        // A session that the token has already ended leaves nothing to close.
        _ = ((delegate* unmanaged[Cdecl]<nuint, nuint>)functions[CloseSessionAt])(session);

    internal void Login(nuint session, ReadOnlySpan<byte> pin, nuint user = Pkcs11.User)
    {
        fixed (byte* bytes = pin)
        {
            var login = (delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint>)functions[LoginAt];
            var result = login(session, user, bytes, (nuint)pin.Length);
            if (result is Pkcs11.PinIncorrect or Pkcs11.PinInvalid or Pkcs11.PinLengthRange)
                throw new KeyStoreException(KeyStoreErrors.WrongPassphrase, "The PIN does not open the token.");
            if (result != Pkcs11.UserAlreadyLoggedIn)
                Require(result, "C_Login");
        }
    }

    internal List<nuint> Find(nuint session, params TokenAttribute[] template)
    {
        WithTemplate(template, (attributes, count) => Require(
            ((delegate* unmanaged[Cdecl]<nuint, NativeAttribute*, nuint, nuint>)functions[FindObjectsInit])(session, attributes, count),
            "C_FindObjectsInit"));
        var found = new List<nuint>();
        try
        {
            var handles = stackalloc nuint[FindBatch];
            nuint count;
            do
            {
                var find = (delegate* unmanaged[Cdecl]<nuint, nuint*, nuint, nuint*, nuint>)functions[FindObjectsAt];
                Require(find(session, handles, FindBatch, &count), "C_FindObjects");
                for (nuint index = 0; index < count; index++)
                    found.Add(handles[index]);
            }
            while (count > 0);
        }
        finally
        {
            _ = ((delegate* unmanaged[Cdecl]<nuint, nuint>)functions[FindObjectsFinal])(session);
        }
        return found;
    }

    /// <summary>The attribute's bytes; empty if the object does not have it.</summary>
    internal byte[] Attribute(nuint session, nuint handle, nuint type)
    {
        var get = (delegate* unmanaged[Cdecl]<nuint, nuint, NativeAttribute*, nuint, nuint>)functions[GetAttributeValue];
        var attribute = new NativeAttribute { Type = type };
        if (get(session, handle, &attribute, 1) != Pkcs11.Ok || attribute.Length is 0 or > 4096)
            return [];
        var value = new byte[attribute.Length];
        fixed (byte* bytes = value)
        {
            attribute.Value = bytes;
            Require(get(session, handle, &attribute, 1), "C_GetAttributeValue");
        }
        return value;
    }

    internal void GenerateEcKeyPair(nuint session, TokenAttribute[] publicTemplate, TokenAttribute[] privateTemplate)
    {
        var mechanism = new NativeMechanism { Type = Pkcs11.GenerateEcKeyPair };
        var mechanismPointer = &mechanism;
        nuint publicKey, privateKey;
        nuint* publicPointer = &publicKey, privatePointer = &privateKey;
        WithTemplate(publicTemplate, (ofPublic, publicCount) => WithTemplate(privateTemplate, (ofPrivate, privateCount) =>
        {
            var generate = (delegate* unmanaged[Cdecl]<nuint, NativeMechanism*, NativeAttribute*, nuint, NativeAttribute*, nuint,
                nuint*, nuint*, nuint>)functions[GenerateKeyPairAt];
            Require(
                generate(
                    session, mechanismPointer, ofPublic, publicCount, ofPrivate, privateCount, publicPointer, privatePointer),
                "C_GenerateKeyPair");
        }));
    }

    /// <summary>The signature r, s over a digest.</summary>
    internal byte[] SignDigest(nuint session, nuint key, ReadOnlySpan<byte> digest)
    {
        var mechanism = new NativeMechanism { Type = Pkcs11.Ecdsa };
        Require(
            ((delegate* unmanaged[Cdecl]<nuint, NativeMechanism*, nuint, nuint>)functions[SignInit])(session, &mechanism, key),
            "C_SignInit");
        var signature = new byte[64];
        var length = (nuint)signature.Length;
        fixed (byte* digestPointer = digest, signaturePointer = signature)
        {
            var sign = (delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)functions[SignAt];
            Require(sign(session, digestPointer, (nuint)digest.Length, signaturePointer, &length), "C_Sign");
        }
        return (int)length == signature.Length
            ? signature
            : throw new KeyStoreException(KeyStoreErrors.TokenFailed, "The token's signature is not one of P-256.");
    }

    /// <summary>A session object with the x coordinate of the shared point as its value.</summary>
    internal nuint DeriveShared(nuint session, nuint key, ReadOnlySpan<byte> peerPoint, TokenAttribute[] template)
    {
        nuint derived;
        var derivedPointer = &derived;
        fixed (byte* point = peerPoint)
        {
            var parameters = new NativeEcdhParameters
            {
                KeyDerivationFunction = Pkcs11.NoKeyDerivationFunction,
                PublicDataLength = (nuint)peerPoint.Length,
                PublicData = point,
            };
            var mechanism = new NativeMechanism
            {
                Type = Pkcs11.Ecdh1Derive, Parameter = &parameters, ParameterLength = (nuint)sizeof(NativeEcdhParameters),
            };
            var mechanismPointer = &mechanism;
            WithTemplate(template, (attributes, count) =>
            {
                var derive = (delegate* unmanaged[Cdecl]<nuint, NativeMechanism*, nuint, NativeAttribute*, nuint, nuint*, nuint>)
                    functions[DeriveKeyAt];
                Require(derive(session, mechanismPointer, key, attributes, count, derivedPointer), "C_DeriveKey");
            });
        }
        return derived;
    }

    internal void DestroyObject(nuint session, nuint handle) =>
        Require(((delegate* unmanaged[Cdecl]<nuint, nuint, nuint>)functions[DestroyObjectAt])(session, handle), "C_DestroyObject");

    private delegate void TemplateCall(NativeAttribute* attributes, nuint count);

    private static void WithTemplate(TokenAttribute[] template, TemplateCall call)
    {
        var attributes = stackalloc NativeAttribute[template.Length];
        var pins = new GCHandle[template.Length];
        try
        {
            for (var index = 0; index < template.Length; index++)
            {
                pins[index] = GCHandle.Alloc(template[index].Value, GCHandleType.Pinned);
                attributes[index] = new NativeAttribute
                {
                    Type = template[index].Type,
                    Value = (byte*)pins[index].AddrOfPinnedObject(),
                    Length = (nuint)template[index].Value.Length,
                };
            }
            call(attributes, (nuint)template.Length);
        }
        finally
        {
            foreach (var pin in pins)
            {
                if (pin.IsAllocated)
                    pin.Free();
            }
        }
    }

    private static void Require(nuint result, string function)
    {
        if (result != Pkcs11.Ok)
            throw new KeyStoreException(KeyStoreErrors.TokenFailed, $"{function} failed with 0x{result:X}.");
    }
}
