namespace Counterfoil.Cryptography.Curves;

/// <summary>
/// Arithmetic in the group P-256 over libcrypto. Where a factor is secret it is a <see cref="P256Scalar"/> and the time does not
/// depend on it; factors given as bytes are public. Safe for concurrent use. <b>Source:</b> SP 800-186 section 3.2.1.3.
/// </summary>
public static unsafe class P256
{
    /// <summary>The length of a scalar in bytes, big-endian.</summary>
    public const int ScalarSize = 32;

    /// <summary>The order n of the base point, 32 bytes big-endian.</summary>
    public static ReadOnlySpan<byte> Order =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    /// <summary>True for 32 bytes below n; the time taken depends on the length only.</summary>
    public static bool IsReduced(ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != ScalarSize)
            return false;
        var borrow = 0;
        for (var i = ScalarSize - 1; i >= 0; i--)
            borrow = ((scalar[i] - Order[i] - borrow) >> 31) & 1;
        return borrow == 1;
    }

    /// <summary>True for 32 bytes between 1 and n−1, as every secret is; the time taken depends on the length only.</summary>
    public static bool IsSecret(ReadOnlySpan<byte> scalar)
    {
        var any = 0;
        foreach (var part in scalar)
            any |= part;
        return IsReduced(scalar) & any != 0;
    }

    /// <summary>The base point times a secret scalar.</summary>
    public static P256Point MultiplyGenerator(P256Scalar scalar)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        var workspace = P256Workspace.Current;
        using var use = scalar.Acquire();
        P256Workspace.Require(LibCrypto.EcPointMultiply(workspace.Group, workspace.Result, use.Number, 0, 0, workspace.Context));
        return workspace.Take();
    }

    /// <summary>A point times a secret scalar.</summary>
    public static P256Point Multiply(P256Scalar scalar, P256Point point)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        var workspace = P256Workspace.Current;
        workspace.Load(workspace.First, point);
        using var use = scalar.Acquire();
        P256Workspace.Require(
            LibCrypto.EcPointMultiply(workspace.Group, workspace.Result, 0, workspace.First, use.Number, workspace.Context));
        return workspace.Take();
    }

    /// <summary>The base point times one public scalar plus a point times another; scalars of at most 32 bytes.</summary>
    public static P256Point CombineWithGenerator(ReadOnlySpan<byte> generatorScalar, ReadOnlySpan<byte> scalar, P256Point point)
    {
        var workspace = P256Workspace.Current;
        workspace.Load(workspace.First, point);
        P256Workspace.LoadNumber(workspace.FirstNumber, Bounded(generatorScalar));
        P256Workspace.LoadNumber(workspace.SecondNumber, Bounded(scalar));
        P256Workspace.Require(LibCrypto.EcPointMultiply(
            workspace.Group, workspace.Result, workspace.FirstNumber, workspace.First, workspace.SecondNumber, workspace.Context));
        return workspace.Take();
    }

    /// <summary>One point times a public scalar plus another point times another; scalars of at most 32 bytes.</summary>
    public static P256Point Combine(
        ReadOnlySpan<byte> firstScalar, P256Point first, ReadOnlySpan<byte> secondScalar, P256Point second)
    {
        var workspace = P256Workspace.Current;
        workspace.Load(workspace.First, first);
        workspace.Load(workspace.Second, second);
        P256Workspace.LoadNumber(workspace.FirstNumber, Bounded(firstScalar));
        P256Workspace.LoadNumber(workspace.SecondNumber, Bounded(secondScalar));
        var points = stackalloc nint[2] { workspace.First, workspace.Second };
        var scalars = stackalloc nint[2] { workspace.FirstNumber, workspace.SecondNumber };
        P256Workspace.Require(LibCrypto.EcPointCombine(workspace.Group, workspace.Result, 0, 2, points, scalars, workspace.Context));
        return workspace.Take();
    }

    /// <summary>The sum of two points.</summary>
    public static P256Point Add(P256Point left, P256Point right)
    {
        var workspace = P256Workspace.Current;
        workspace.Load(workspace.First, left);
        workspace.Load(workspace.Second, right);
        P256Workspace.Require(
            LibCrypto.EcPointAdd(workspace.Group, workspace.Result, workspace.First, workspace.Second, workspace.Context));
        return workspace.Take();
    }

    private static ReadOnlySpan<byte> Bounded(ReadOnlySpan<byte> scalar)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scalar.Length, ScalarSize);
        return scalar;
    }
}
