using System.Buffers.Binary;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.Consensus;

/// <summary>The validator sets that the simulation plays: one to seven validators, with even and uneven weights.</summary>
internal static class ConsensusCommittees
{
    /// <summary>Even weights, by number of validators less one.</summary>
    public static IReadOnlyList<AgreementCommittee> Even { get; } =
        [.. Enumerable.Range(1, 7).Select(count => Of([.. Enumerable.Repeat(1L, count)]))];

    /// <summary>Uneven weights.</summary>
    public static IReadOnlyList<AgreementCommittee> Uneven { get; } =
    [
        Of(2, 1), Of(3, 2, 1), Of(40, 30, 20, 10), Of(5, 3, 2, 2, 1), Of(10, 9, 8, 7, 6, 5), Of(7, 1, 1, 1, 1, 1, 1), Of(4, 4, 3, 3, 2, 2, 1),
    ];

    private static AgreementCommittee Of(params long[] weights) => new(new ValidatorSet(weights.Select((weight, index) => new Validator(
        $"v{index}", new AccountId(new Digest<PublicKey>(Numbered(index, 32))), new PublicKey(Numbered(index, 64)),
        new PublicKey(Numbered(index, 64)), weight))));

    // Nothing here verifies with these keys: the simulation's signatures are keyed hashes.
    private static byte[] Numbered(int index, int length)
    {
        var bytes = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, index + 1);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(length - 4), index + 1);
        return bytes;
    }
}
