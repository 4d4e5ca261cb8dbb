using System.Buffers.Binary;
using System.Globalization;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;

namespace Counterfoil.Tools;

/// <summary>
/// Checks how blocks follow one another. After a block that does not follow it goes on from that block, so
/// that one fault is told once.
/// </summary>
internal sealed class HeaderChecker(StoredGenesis genesis, Findings findings)
{
    private long height;
    private Hash? parent;
    private Hash? randomness = genesis.Net;
    private long time = genesis.Time;
    // Unknown after a gap, in which a checkpoint may have been.
    private long? checkpointTime = genesis.Time;

    /// <summary>The last block's height; 0 before the first.</summary>
    public long Height => height;

    /// <summary>The last block's id; null if it could not be read.</summary>
    public Hash? Block => parent;

    /// <summary>How many VRF proofs were verified.</summary>
    public long ProofsVerified { get; private set; }

    /// <summary>Checks a header.</summary>
    /// <param name="block">The block that it stands in.</param>
    /// <param name="header">The header.</param>
    /// <param name="id">The block's id.</param>
    /// <param name="validators">The validators that it names; null if nobody knows them.</param>
    /// <param name="areRulesKnown">False once governance changed the rules that genesis gives.</param>
    public void Check(StoredBlock block, StoredHeader header, Hash id, StoredValidators? validators, bool areRulesKnown)
    {
        var at = header.Height;
        var isFirst = height == 0;
        findings.Require(header.Net == genesis.Net, FindingCode.WrongNet, at);
        findings.Require(!areRulesKnown || header.Rules == genesis.Rules, FindingCode.WrongRules, at);
        var isNext = findings.Require(
            at == height + 1, FindingCode.WrongHeight, height + 1, $"There stands block {at.ToString(CultureInfo.InvariantCulture)}.");
        findings.Require(isFirst ? header.Parent is null || !isNext : parent is null
            || header.Parent == parent, FindingCode.WrongParent, at);
        findings.Require(header.Time > time, FindingCode.TimeNotLater, at);
        CheckCheckpoint(header, isNext && areRulesKnown);
        if (validators is not null)
            CheckRandomness(block.VrfProof, header, validators);
        (height, parent, randomness, time) = (at, id, header.Randomness, header.Time);
    }

    /// <summary>Passes a block over whose header cannot be read.</summary>
    public void Skip()
    {
        height++;
        parent = null;
        randomness = null;
        checkpointTime = null;
    }

    private void CheckCheckpoint(StoredHeader header, bool isNext)
    {
        if (isNext && checkpointTime is { } last)
        {
            var isDue = header.Height % genesis.CheckpointIntervalBlocks == 0
                || header.Time - last >= 1000 * genesis.CheckpointIntervalSeconds;
            findings.Require(
                isDue == header.CheckpointRoot.HasValue, FindingCode.CheckpointMisplaced, header.Height);
        }
        checkpointTime = header.CheckpointRoot.HasValue ? header.Time : isNext ? checkpointTime : null;
    }

    private void CheckRandomness(byte[] proof, StoredHeader header, StoredValidators validators)
    {
        var builder = validators.Of(header.Builder);
        if (!findings.Require(builder is not null, FindingCode.UnknownBuilder, header.Height)
            || randomness is not { } previous)
            return;
        ProofsVerified++;
        findings.Require(IsProven(builder!.VrfKey, previous, header, proof), FindingCode.RandomnessUnproven, header.Height);
    }

    private static bool IsProven(PublicKey key, Hash previous, StoredHeader header, byte[] proof)
    {
        if (proof.Length != VrfProof.Size)
            return false;
        var height = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(height, header.Height);
        return Ecvrf.Verify(
            key, [.. "cf-vrf\0"u8, .. previous.ToArray(), .. height], new VrfProof(proof), out var output)
            && output.As<Stored>() == header.Randomness;
    }
}
