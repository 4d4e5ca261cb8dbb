using System.Buffers.Binary;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// The chain of VRF outputs: each block's input is the previous output and the height, nothing that a proposer chooses.
/// <b>Source:</b> kernel.md section 2 (Randomness), RFC 9381 section 5.
/// </summary>
public static class BlockRandomness
{
    /// <summary>The output from which the first block's is made: the ledger's name.</summary>
    public static Digest<VrfOutput> Initial(Digest<Net> net) => net.As<VrfOutput>();

    /// <summary>The builder's proof for a height, and the output that it proves.</summary>
    public static VrfProof Prove(IVrfKey key, Digest<VrfOutput> previous, long height, out Digest<VrfOutput> output)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Prove(Input(previous, height), out output);
    }

    /// <summary>True if the proof is the builder's for this height and gives this output.</summary>
    public static bool Verify(PublicKey key, Digest<VrfOutput> previous, long height, ReadOnlySpan<byte> proof, Digest<VrfOutput> output) =>
        proof.Length == VrfProof.Size && Ecvrf.Verify(key, Input(previous, height), new VrfProof(proof), out var proved) && proved == output;

    private static byte[] Input(Digest<VrfOutput> previous, long height)
    {
        var input = new byte[7 + 32 + 8];
        "cf-vrf\0"u8.CopyTo(input);
        previous.CopyTo(input.AsSpan(7));
        BinaryPrimitives.WriteInt64BigEndian(input.AsSpan(39), height);
        return input;
    }
}
