using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// The validators of every height as far as they are known from genesis along certified changes: what a light client trusts, and all that it keeps. Safe for
/// concurrent use. <b>Source:</b> kernel.md section 3; docs/integration.md, "Validators that change".
/// </summary>
/// <remarks>
/// A set is believed for its own heights only. Whoever is given a change only later has judged heights after it by the set before it: such a judgement
/// fails (<c>unknown_validators</c>) unless a quorum of that set lied.
/// </remarks>
public sealed class TrustedValidators
{
    private readonly Lock gate = new();
    private Period[] periods;

    /// <summary>Begins with the validators that a genesis document names.</summary>
    /// <param name="genesis">The genesis document, whose digest the caller trusts.</param>
    public TrustedValidators(Genesis genesis)
    {
        ArgumentNullException.ThrowIfNull(genesis);
        Net = genesis.Net;
        periods = [new Period(1, genesis.Validators, default)];
    }

    /// <summary>The ledger.</summary>
    public Digest<Net> Net { get; }

    /// <summary>The validators after the last change that is known.</summary>
    public ValidatorSet Latest => Volatile.Read(ref periods)[^1].Set;

    /// <summary>The height of the block that announced them; 0 for those of genesis.</summary>
    public long LastChangeHeight => Volatile.Read(ref periods)[^1].From - 1;

    /// <summary>How many changes are known.</summary>
    public int Changes => Volatile.Read(ref periods).Length - 1;

    /// <summary>The validators of a height, as far as changes are known.</summary>
    /// <param name="height">From 1.</param>
    public ValidatorSet At(long height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var known = Volatile.Read(ref periods);
        var (low, high) = (0, known.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (known[middle].From <= height)
                low = middle;
            else
                high = middle - 1;
        }
        return known[low].Set;
    }

    /// <summary>Takes the next change, certified by the validators before it. One that is known already changes nothing.</summary>
    /// <returns>
    /// Null, or <c>malformed</c>, <c>wrong_net</c>, <c>out_of_order</c>, <c>unknown_validators</c>, <c>no_change</c>, <c>validators_mismatch</c> or
    /// <c>bad_certificate</c>; then nothing has changed.
    /// </returns>
    public RefusalCode? Advance(ValidatorChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (!BlockHeader.TryParse(change.Header, out var header) || !ValidatorSet.TryParse(change.NextValidators, out var next))
            return LightRefusals.Malformed;
        if (header.Net != Net)
            return LightRefusals.WrongNet;
        var block = Digest<Block>.Of(change.Header);
        lock (gate)
        {
            var last = periods[^1];
            if (header.Height < last.From)
                return Array.Exists(periods, period => period.Announced == block) ? null : LightRefusals.OutOfOrder;
            if (header.Validators != last.Set.Digest)
                return LightRefusals.UnknownValidators;
            if (header.NextValidators == header.Validators)
                return LightRefusals.NoChange;
            if (next.Digest != header.NextValidators)
                return LightRefusals.ValidatorsMismatch;
            if (!BlockCertificate.TryParse(JsonSerializer.SerializeToUtf8Bytes(change.Certificate), out var certificate)
                || !certificate.Verify(header, block, last.Set))
                return LightRefusals.BadCertificate;
            Volatile.Write(ref periods, [.. periods, new Period(header.Height + 1, next, block)]);
        }
        return null;
    }

    /// <summary>Finds who must have certified a header.</summary>
    /// <param name="header">The header, from anybody.</param>
    /// <param name="validators">The validators, where the result is null.</param>
    /// <returns>Null, or <c>wrong_net</c> or <c>unknown_validators</c>.</returns>
    public RefusalCode? Find(BlockHeader header, out ValidatorSet? validators)
    {
        ArgumentNullException.ThrowIfNull(header);
        validators = null;
        if (header.Net != Net)
            return LightRefusals.WrongNet;
        var set = At(header.Height);
        if (header.Validators != set.Digest)
            return LightRefusals.UnknownValidators;
        validators = set;
        return null;
    }

    /// <summary>Checks that a header is of this ledger and certified by the validators of its height.</summary>
    /// <param name="header">The header's exact bytes.</param>
    /// <param name="certificate">The certificate, general JWS as JSON.</param>
    /// <param name="verified">The header, where the result is null.</param>
    /// <returns>Null, or <c>malformed</c>, <c>wrong_net</c>, <c>unknown_validators</c> or <c>bad_certificate</c>.</returns>
    public RefusalCode? Verify(ReadOnlySpan<byte> header, ReadOnlyMemory<byte> certificate, out BlockHeader? verified)
    {
        verified = null;
        if (!BlockHeader.TryParse(header, out var parsed))
            return LightRefusals.Malformed;
        if (Find(parsed, out var validators) is { } refusal)
            return refusal;
        if (!BlockCertificate.TryParse(certificate, out var votes) || !votes.Verify(parsed, Digest<Block>.Of(header), validators!))
            return LightRefusals.BadCertificate;
        verified = parsed;
        return null;
    }

    /// <summary>The validators of the heights from one on.</summary>
    private sealed record Period(long From, ValidatorSet Set, Digest<Block> Announced);
}

/// <summary>Why a header or a change of validators is not believed; in order of precedence.</summary>
public static class LightRefusals
{
    /// <summary>Not a header, or not a list of validators.</summary>
    public static readonly RefusalCode Malformed = new("malformed", "The header or the list of validators has not the right form.");

    /// <summary>Of another ledger.</summary>
    public static readonly RefusalCode WrongNet = new("wrong_net", "The header is of another ledger.");

    /// <summary>Another change of that height or a later one is known.</summary>
    public static readonly RefusalCode OutOfOrder = new("out_of_order", "The change is not later than the last one that is known.");

    /// <summary>The validators of the header are not those that are known for its height: changes are missing, or it is forged.</summary>
    public static readonly RefusalCode UnknownValidators =
        new("unknown_validators", "The validators of this height are not known: changes before it are missing.", Transient: true);

    /// <summary>The header announces no other validators.</summary>
    public static readonly RefusalCode NoChange = new("no_change", "The header announces no other validators.");

    /// <summary>The list is not the one that the header announces.</summary>
    public static readonly RefusalCode ValidatorsMismatch = new("validators_mismatch", "The list of validators is not the one that the header announces.");

    /// <summary>No quorum signed exactly this header, or a signature more is not theirs.</summary>
    public static readonly RefusalCode BadCertificate = new("bad_certificate", "The certificate is not one of the validators of this height for this block.");
}
