using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Consensus;

/// <summary>What the second verification made of transactions that another node handed on, in one message for all that came in one.</summary>
/// <param name="Stored">Those that are in the pool, or in a block already.</param>
/// <param name="Refused">Those that are not eligible here, by id, with the code.</param>
internal sealed record BodyAnswers(
    IReadOnlyList<Digest<Transaction>> Stored, IReadOnlyList<(Digest<Transaction> Id, string Code)> Refused) : PeerMessage
{
    private const int LongestCode = 64;

    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.BodyAnswers);
        writer.UInt32((uint)Stored.Count);
        foreach (var id in Stored)
            writer.Digest(id);
        writer.UInt32((uint)Refused.Count);
        foreach (var (id, code) in Refused)
        {
            writer.Digest(id);
            writer.Bytes(Encoding.ASCII.GetBytes(code));
        }
    }

    /// <exception cref="StateFormatException">The bytes are none.</exception>
    internal static BodyAnswers Read(ref StateReader reader) => new(
        ReadList(ref reader, (ref StateReader each) => each.Digest<Transaction>()),
        ReadList(ref reader, (ref StateReader each) => (each.Digest<Transaction>(), ReadCode(ref each))));

    private static string ReadCode(ref StateReader reader)
    {
        var bytes = reader.Bytes();
        if (bytes.Length is 0 or > LongestCode || bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            throw new StateFormatException("A code has not the form of one.");
        return Encoding.ASCII.GetString(bytes);
    }
}
