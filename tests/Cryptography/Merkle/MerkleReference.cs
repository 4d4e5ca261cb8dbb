using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Tests.Merkle;

/// <summary>The recursive definitions of RFC 9162 section 2.1, word for word and slow: the model of the fast code.</summary>
internal static class MerkleReference
{
    /// <summary>MTH(D[n]) of section 2.1.1, over the leaves' data.</summary>
    internal static byte[] Mth(byte[][] d)
    {
        if (d.Length == 0)
            return SHA256.HashData([]);
        if (d.Length == 1)
            return SHA256.HashData([0x00, .. d[0]]);
        var k = LargestPowerOfTwoBelow(d.Length);
        return SHA256.HashData([0x01, .. Mth(d[..k]), .. Mth(d[k..])]);
    }

    /// <summary>PATH(m, D[n]) of section 2.1.3.1.</summary>
    internal static IEnumerable<byte[]> Path(int m, byte[][] d)
    {
        if (d.Length == 1)
            return [];
        var k = LargestPowerOfTwoBelow(d.Length);
        return m < k ? Path(m, d[..k]).Append(Mth(d[k..])) : Path(m - k, d[k..]).Append(Mth(d[..k]));
    }

    /// <summary>PROOF(m, D[n]) of section 2.1.4.1.</summary>
    internal static IEnumerable<byte[]> Proof(int m, byte[][] d) => SubProof(m, d, true);

    private static IEnumerable<byte[]> SubProof(int m, byte[][] d, bool b)
    {
        if (m == d.Length)
            return b ? [] : [Mth(d)];
        var k = LargestPowerOfTwoBelow(d.Length);
        return m <= k
            ? SubProof(m, d[..k], b).Append(Mth(d[k..]))
            : SubProof(m - k, d[k..], false).Append(Mth(d[..k]));
    }

    private static int LargestPowerOfTwoBelow(int n)
    {
        var k = 1;
        while (k * 2 < n)
            k *= 2;
        return k;
    }
}
