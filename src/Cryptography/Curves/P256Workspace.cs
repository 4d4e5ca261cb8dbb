using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Counterfoil.Cryptography.Curves;

/// <summary>
/// One thread's libcrypto objects for arithmetic in the group P-256, made once and reused. The handle is an EC_KEY, which owns the
/// group; the other pointers live and die with it. Its only owner is a thread-static field.
/// </summary>
internal sealed unsafe class P256Workspace : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int Uncompressed = 4; // SEC 1 section 2.3.3

    [ThreadStatic]
    private static P256Workspace? current;

    internal P256Workspace()
        : base(ownsHandle: true)
    {
        SetHandle(LibCrypto.EcKeyNew(LibCrypto.CurveP256));
        if (IsInvalid)
            throw Failure();
        Group = LibCrypto.EcKeyGroup(handle);
        Order = LibCrypto.EcGroupOrder(Group);
        Montgomery = LibCrypto.EcGroupMontgomery(Group);
        Result = LibCrypto.EcPointNew(Group);
        First = LibCrypto.EcPointNew(Group);
        Second = LibCrypto.EcPointNew(Group);
        FirstNumber = LibCrypto.BigNumberNew();
        SecondNumber = LibCrypto.BigNumberNew();
        Context = LibCrypto.ContextNew();
        if (Group == 0 || Order == 0 || Montgomery == 0 || Result == 0 || First == 0 || Second == 0
            || FirstNumber == 0 || SecondNumber == 0 || Context == 0)
            throw Failure();
    }

    internal static P256Workspace Current => current ??= new P256Workspace();

    internal nint Group { get; }

    internal nint Order { get; }

    internal nint Montgomery { get; }

    internal nint Result { get; }

    internal nint First { get; }

    internal nint Second { get; }

    internal nint FirstNumber { get; }

    internal nint SecondNumber { get; }

    internal nint Context { get; }

    internal static CryptographicException Failure() => new("libcrypto failed in the arithmetic of P-256.");

    internal static void Require(int result)
    {
        if (result == 1)
            return;
        LibCrypto.ClearErrors();
        throw Failure();
    }

    /// <summary>Decodes a compressed or uncompressed point into <see cref="Result"/>; false if it is none of the curve.</summary>
    internal bool Decode(ReadOnlySpan<byte> encoded)
    {
        fixed (byte* bytes = encoded)
        {
            if (LibCrypto.EcPointDecode(Group, Result, bytes, (nuint)encoded.Length, Context) == 1)
                return true;
        }
        // .NET's own classes read the same per-thread queue and must not find our refusals in it.
        LibCrypto.ClearErrors();
        return false;
    }

    /// <summary>Puts a point that is on the curve, or infinity, into one of the point objects.</summary>
    internal void Load(nint destination, P256Point point)
    {
        Span<byte> encoded = stackalloc byte[P256Point.UncompressedSize];
        var length = point.IsInfinity ? 1 : P256Point.UncompressedSize;
        if (!point.IsInfinity)
            point.EncodeUncompressed(encoded);
        fixed (byte* bytes = encoded)
            Require(LibCrypto.EcPointDecode(Group, destination, bytes, (nuint)length, Context));
    }

    /// <summary>The point in <see cref="Result"/>.</summary>
    internal P256Point Take()
    {
        if (LibCrypto.EcPointIsAtInfinity(Group, Result) == 1)
            return default;
        Span<byte> encoded = stackalloc byte[P256Point.UncompressedSize];
        fixed (byte* bytes = encoded)
        {
            var written = LibCrypto.EcPointEncode(Group, Result, Uncompressed, bytes, (nuint)encoded.Length, Context);
            Require(written == P256Point.UncompressedSize ? 1 : 0);
        }
        return P256Point.OfCoordinates(encoded[1..]);
    }

    /// <summary>Puts a public integer of up to 32 bytes into one of the number objects.</summary>
    internal static void LoadNumber(nint destination, ReadOnlySpan<byte> number)
    {
        fixed (byte* bytes = number)
            Require(LibCrypto.BigNumberDecode(bytes, number.Length, destination) == 0 ? 0 : 1);
    }

    protected override bool ReleaseHandle()
    {
        LibCrypto.EcPointClearFree(Result);
        LibCrypto.EcPointClearFree(First);
        LibCrypto.EcPointClearFree(Second);
        LibCrypto.BigNumberClearFree(FirstNumber);
        LibCrypto.BigNumberClearFree(SecondNumber);
        LibCrypto.ContextFree(Context);
        LibCrypto.EcKeyFree(handle);
        return true;
    }
}
