using System.Text.Json.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>
/// Certificates that a thief of validators' keys would make for a block, each with a single fault.
/// </summary>
/// <param name="receipt">A genuine receipt, whose certificate is exchanged.</param>
/// <param name="validators">The consensus keys of a quorum, in the sandbox's hands.</param>
/// <param name="outsider">A key of nobody's.</param>
internal sealed class Forgeries(Receipt receipt, IReadOnlyList<ISigningKey> validators, ISigningKey outsider)
{
    private const string PrevoteType = "cf-prevote+jws";

    private readonly BlockVote vote = VoteOf(receipt);

    /// <summary>No forgery: exactly a quorum, once each, for this block.</summary>
    public Receipt Genuine => Certified(vote, validators);

    public Receipt RepeatedSigner => Certified(vote, [validators[0], validators[0], validators[1]]);

    public Receipt NonMember => Certified(vote, [validators[0], validators[1], outsider]);

    public Receipt TooLittleWeight => Certified(vote, [validators[0], validators[1]]);

    public Receipt OfAnotherNet => Certified(vote with { Net = Digest<Net>.Of("another ledger"u8) }, validators);

    public Receipt OfAnotherHeight => Certified(vote with { Height = vote.Height + 1 }, validators);

    public Receipt OfAnotherBlock => Certified(vote with { Block = Digest<Block>.Of("another block"u8) }, validators);

    public Receipt OfNil => Certified(vote with { Block = null }, validators);

    public Receipt OfPrevotes => Certified(vote, validators, PrevoteType);

    /// <summary>Two votes of the certificate's phase and one of the other.</summary>
    public Receipt OfMixedPhases => Mixed(Certified(vote, validators, PrevoteType));

    /// <summary>Two votes of the certificate's round and one of the next.</summary>
    public Receipt OfMixedRounds => Mixed(Certified(vote with { Round = vote.Round + 1 }, validators));

    private static BlockVote VoteOf(Receipt receipt)
    {
        if (!BlockHeader.TryParse(receipt.Header, out var header))
            throw new ArgumentException("The receipt has no header.", nameof(receipt));
        return new BlockVote(header.Net, header.Height, header.BuiltRound, Digest<Block>.Of(receipt.Header));
    }

    private Receipt Certified(BlockVote signed, IReadOnlyList<ISigningKey> keys, string type = BlockCertificate.PrecommitType)
    {
        var payload = signed.ToBytes();
        return receipt with { Certificate = JsonNode.Parse(Jws.Assemble(payload, keys.Select(key => Jws.Sign(type, payload, key))))! };
    }

    private Receipt Mixed(Receipt other)
    {
        var certificate = Genuine.Certificate.DeepClone();
        certificate["signatures"]![2] = other.Certificate["signatures"]![2]!.DeepClone();
        return receipt with { Certificate = certificate };
    }
}
