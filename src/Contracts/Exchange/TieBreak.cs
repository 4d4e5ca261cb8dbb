using System.Buffers.Binary;
using Counterfoil.Cryptography;

namespace Counterfoil.Contracts.Exchange;

/// <summary>The kind of digest by which equal claims to a left-over tick are ordered: the smaller goes
/// first.</summary>
public sealed class TieBreak
{
    private TieBreak()
    {
    }

    /// <summary>
    /// SHA-256(seed ‖ claimant ‖ call ‖ step), fixed widths, numbers big-endian in 4 bytes: with a seed that
    /// is fixed after the claims nobody can choose a key in advance, and the time of arrival never matters.
    /// </summary>
    /// <param name="seed">32 bytes, fixed after the last claim.</param>
    /// <param name="claimant">32 bytes: the identifier of the claimant's document.</param>
    /// <param name="call">Which call of the auction.</param>
    /// <param name="step">Which step of the order, from 0.</param>
    /// <exception cref="ArgumentException">Seed or claimant is of another length.</exception>
    public static Digest<TieBreak> Key(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> claimant, uint call, uint step)
    {
        if (seed.Length != 32) throw new ArgumentException("A seed has 32 bytes.", nameof(seed));
        if (claimant.Length != 32) throw new ArgumentException("A claimant has 32 bytes.", nameof(claimant));
        Span<byte> input = stackalloc byte[72];
        seed.CopyTo(input);
        claimant.CopyTo(input[32..]);
        BinaryPrimitives.WriteUInt32BigEndian(input[64..], call);
        BinaryPrimitives.WriteUInt32BigEndian(input[68..], step);
        return Digest<TieBreak>.Of(input);
    }
}

/// <summary>
/// The key of one step of one order. Pure, and safe to call from several threads at once; asked only for
/// steps at the margin that tie for a left-over tick. Distinct steps have distinct keys.
/// </summary>
/// <param name="order">The index of the order in the call.</param>
/// <param name="step">The index of the step in the order.</param>
public delegate Digest<TieBreak> StepTieBreak(int order, int step);
