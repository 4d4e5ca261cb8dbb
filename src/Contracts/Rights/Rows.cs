using Counterfoil.Cryptography;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Rights;

/// <summary>
/// Marker for a right's id, which its issuer chooses: 32 bytes, written as 64 hexadecimal digits.
/// </summary>
public sealed class Right
{
    private Right() { }
}

/// <summary>
/// Marker for SHA-256(salt ‖ thumbprint): a holder that is unrecognisable until the right is
/// redeemed.
/// </summary>
public sealed class HolderCommitment
{
    private HolderCommitment() { }

    /// <summary>The shortest salt, in bytes.</summary>
    public const int MinimumSaltBytes = 16;

    /// <summary>The longest salt, in bytes.</summary>
    public const int MaximumSaltBytes = 64;

    /// <summary>The commitment to a key.</summary>
    /// <param name="salt">16 to 64 random bytes, told at redemption.</param>
    /// <param name="thumbprint">The thumbprint of the key that will sign then; one key a right, or
    /// the rights can be linked.</param>
    public static Digest<HolderCommitment> Of(ReadOnlySpan<byte> salt,
        Digest<Cryptography.Keys.PublicKey> thumbprint) =>
        Digest<HolderCommitment>.Of(salt, thumbprint.ToArray());
}

/// <summary>Marker for the digest of a document that says what a right is for.</summary>
public sealed class RightTerms
{
    private RightTerms() { }
}

/// <summary>How a right stands. The numbers are those of the table's bytes.</summary>
public enum RightState
{
    /// <summary>Issued, its time or its issuer's activation is still to come.</summary>
    Pending = 1,

    /// <summary>Can be redeemed.</summary>
    Active = 2,

    /// <summary>Set aside by its issuer.</summary>
    Suspended = 3,

    /// <summary>Used up.</summary>
    Redeemed = 4,

    /// <summary>Ended by its issuer.</summary>
    Revoked = 5,

    /// <summary>Its time is over.</summary>
    Expired = 6,
}

/// <summary>Names a right: issuer 32, id 32.</summary>
/// <param name="Issuer">An account, or a contract (<see cref="Authority.OfContract"/>).</param>
/// <param name="Id">The id, unique for the issuer.</param>
public readonly record struct RightKey(AccountId Issuer, Digest<Right> Id) : IStateKey<RightKey>
{
    /// <inheritdoc/>
    public int CompareTo(RightKey other)
    {
        var order = Issuer.CompareTo(other.Issuer);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Issuer);
        writer.Digest(Id);
    }

    /// <inheritdoc/>
    public static RightKey Read(ref StateReader reader) =>
        new(reader.Account(), reader.Digest<Right>());

    /// <summary>The 64 bytes, under which timers name it.</summary>
    internal byte[] ToBytes()
    {
        var bytes = new byte[2 * Digest<Right>.Size];
        Issuer.CopyTo(bytes);
        Id.CopyTo(bytes.AsSpan(Digest<Right>.Size));
        return bytes;
    }

    internal static RightKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        var reader = new StateReader(bytes);
        return Read(ref reader);
    }
}

/// <summary>
/// A right, table <c>rights.rights</c>, key: <see cref="RightKey"/>. Bytes, in the order of the
/// members: state 1, holder 32 (zeros: a commitment), commitment 32 (zeros: an account), redeemer
/// 32 (zeros: the holder), transferable 1, awaits activation 1, uses 4, uses made 4, sequence 4,
/// asset 32, limit 16, amount used 16, reuse window 4, not before 8, expires 8, last used 8
/// (milliseconds; 0: none), terms 32, height 8.
/// </summary>
public sealed record RightRow : IStateRow<RightRow>
{
    /// <summary>As written last; at a later time see <see cref="StateAt"/>.</summary>
    public required RightState State { get; init; }

    /// <summary>The account that holds it; unset where <see cref="Commitment"/> is set.</summary>
    public AccountId Holder { get; init; }

    /// <summary>The hidden holder; unset where <see cref="Holder"/> is set.</summary>
    public Digest<HolderCommitment> Commitment { get; init; }

    /// <summary>Who redeems it: an account or contract; unset for the holder.</summary>
    public AccountId Redeemer { get; init; }

    /// <summary>True if the holder may pass it on.</summary>
    public bool IsTransferable { get; init; }

    /// <summary>True until the issuer activates it.</summary>
    public bool AwaitsActivation { get; init; }

    /// <summary>How often it may be redeemed, at least 1.</summary>
    public uint Uses { get; init; } = 1;

    /// <summary>How many uses are made and not restored.</summary>
    public uint UsesMade { get; init; }

    /// <summary>How many redemptions there ever were, restored ones too.</summary>
    public uint Sequence { get; init; }

    /// <summary>
    /// What may be redeemed in all, in units of its asset; zero units: no amounts.
    /// </summary>
    public Amount Limit { get; init; }

    /// <summary>How much of the limit is used, smallest units.</summary>
    public UInt128 UnitsUsed { get; init; }

    /// <summary>The least time between two uses, in seconds; 0 for none.</summary>
    public uint ReuseWindowSeconds { get; init; }

    /// <summary>From when; <c>default</c> for at once.</summary>
    public Timestamp NotBefore { get; init; }

    /// <summary>Until when, excluded; <c>default</c> for ever.</summary>
    public Timestamp Expires { get; init; }

    /// <summary>The last use that was not restored by hand; <c>default</c> for none.</summary>
    public Timestamp LastUsed { get; init; }

    /// <summary>The digest of a salted document that says what it is for; may be unset.</summary>
    public Digest<RightTerms> Terms { get; init; }

    /// <summary>The block in which it was issued.</summary>
    public long Height { get; init; }

    /// <summary>How it stands at a time, whether or not its timers have run yet.</summary>
    /// <param name="time">Block time, not before the last change.</param>
    public RightState StateAt(Timestamp time)
    {
        if (State is RightState.Redeemed or RightState.Revoked or RightState.Expired)
            return State;
        if (HasExpiredAt(time))
            return RightState.Expired;
        return State == RightState.Pending && !AwaitsActivation && time >= NotBefore
            ? RightState.Active
            : State;
    }

    internal bool HasExpiredAt(Timestamp time) => Expires != default && time >= Expires;

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Byte((byte)State);
        writer.Account(Holder);
        writer.Digest(Commitment);
        writer.Account(Redeemer);
        writer.Bool(IsTransferable);
        writer.Bool(AwaitsActivation);
        writer.UInt32(Uses);
        writer.UInt32(UsesMade);
        writer.UInt32(Sequence);
        writer.Digest(Limit.Asset);
        writer.UInt128(Limit.Units);
        writer.UInt128(UnitsUsed);
        writer.UInt32(ReuseWindowSeconds);
        writer.Time(NotBefore);
        writer.Time(Expires);
        writer.Time(LastUsed);
        writer.Digest(Terms);
        writer.Int64(Height);
    }

    /// <inheritdoc/>
    public static RightRow Read(ref StateReader reader) => new()
    {
        State = (RightState)reader.Byte(),
        Holder = reader.Account(),
        Commitment = reader.Digest<HolderCommitment>(),
        Redeemer = reader.Account(),
        IsTransferable = reader.Bool(),
        AwaitsActivation = reader.Bool(),
        Uses = reader.UInt32(),
        UsesMade = reader.UInt32(),
        Sequence = reader.UInt32(),
        Limit = new Amount(reader.Digest<Asset>(), reader.UInt128()),
        UnitsUsed = reader.UInt128(),
        ReuseWindowSeconds = reader.UInt32(),
        NotBefore = reader.Time(),
        Expires = reader.Time(),
        LastUsed = reader.Time(),
        Terms = reader.Digest<RightTerms>(),
        Height = reader.Int64(),
    };
}
