using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Governance;

/// <summary>Marker for what a lock belongs to: a proposal, a nomination.</summary>
public sealed class LockSubject
{
    private LockSubject() { }
}

/// <summary>Why tokens are locked. The numbers are those of the tables' bytes.</summary>
public enum LockKind
{
    /// <summary>A proposer's deposit.</summary>
    Deposit = 1,

    /// <summary>A vote.</summary>
    Vote = 2,

    /// <summary>A candidate's stake.</summary>
    Stake = 3,

    /// <summary>Support of a candidate.</summary>
    Support = 4,

    /// <summary>Support that was taken back and cools down.</summary>
    Cooling = 5,
}

/// <summary>Names a lock record: account 32, scene (length 4 and UTF-8), kind 1, subject 32.</summary>
/// <param name="Account">Whose tokens.</param>
/// <param name="Scene">The scene.</param>
/// <param name="Kind">Why.</param>
/// <param name="Subject">Of what.</param>
public readonly record struct LockKey(AccountId Account, string Scene, LockKind Kind, Digest<LockSubject> Subject)
    : IStateKey<LockKey>
{
    /// <inheritdoc/>
    public int CompareTo(LockKey other)
    {
        var order = Account.CompareTo(other.Account);
        if (order == 0) order = string.CompareOrdinal(Scene, other.Scene);
        if (order == 0) order = Kind.CompareTo(other.Kind);
        return order != 0 ? order : Subject.CompareTo(other.Subject);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Account);
        writer.Text(Scene);
        writer.Byte((byte)Kind);
        writer.Digest(Subject);
    }

    /// <inheritdoc/>
    public static LockKey Read(ref StateReader reader) =>
        new(reader.Account(), reader.Text(), (LockKind)reader.Byte(), reader.Digest<LockSubject>());
}

/// <summary>
/// Units: table <c>governance.supply</c> (key: the empty text) and <c>governance.locks</c> (key:
/// <see cref="LockKey"/>). Bytes: 16.
/// </summary>
/// <param name="Units">How many.</param>
public readonly record struct TokenUnitsRow(UInt128 Units) : IStateRow<TokenUnitsRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.UInt128(Units);

    /// <inheritdoc/>
    public static TokenUnitsRow Read(ref StateReader reader) => new(reader.UInt128());
}

/// <summary>
/// An account's governance token resource, table <c>governance.tokens</c>, key: account. Bytes:
/// total 16, last active 8 (milliseconds), hour 8, votes in it 4.
/// </summary>
/// <param name="Total">All units, locked ones too.</param>
/// <param name="LastActive">Its last governance request, or when it got its first units.</param>
/// <param name="VoteHour">The hour since the epoch of its last vote.</param>
/// <param name="VotesInHour">How many votes it cast in that hour.</param>
public readonly record struct TokenRow(UInt128 Total, Timestamp LastActive, long VoteHour, uint VotesInHour)
    : IStateRow<TokenRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.UInt128(Total);
        writer.Time(LastActive);
        writer.Int64(VoteHour);
        writer.UInt32(VotesInHour);
    }

    /// <inheritdoc/>
    public static TokenRow Read(ref StateReader reader) =>
        new(reader.UInt128(), reader.Time(), reader.Int64(), reader.UInt32());
}

/// <summary>
/// A scene, table <c>governance.scenes</c>, key: name (length 4 and UTF-8). Bytes: minimum hold 16,
/// deposit 16, quorum 1, pass 1, vote window 4, delay 4, requeue window 4 (seconds).
/// </summary>
/// <param name="MinHoldToPropose">What a proposer holds at least.</param>
/// <param name="Deposit">What a proposer or candidate locks.</param>
/// <param name="QuorumPercent">How much of the supply votes at least.</param>
/// <param name="PassPercent">The least share of the supply that passes.</param>
/// <param name="VoteWindowSeconds">The least time for voting.</param>
/// <param name="DelaySeconds">The least time between count and effect.</param>
/// <param name="RequeueWindowSeconds">How long a failed execution can be set again.</param>
public sealed record SceneRow(
    UInt128 MinHoldToPropose,
    UInt128 Deposit,
    int QuorumPercent,
    int PassPercent,
    int VoteWindowSeconds,
    int DelaySeconds,
    int RequeueWindowSeconds)
    : IStateRow<SceneRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.UInt128(MinHoldToPropose);
        writer.UInt128(Deposit);
        writer.Byte((byte)QuorumPercent);
        writer.Byte((byte)PassPercent);
        writer.UInt32((uint)VoteWindowSeconds);
        writer.UInt32((uint)DelaySeconds);
        writer.UInt32((uint)RequeueWindowSeconds);
    }

    /// <inheritdoc/>
    public static SceneRow Read(ref StateReader reader) =>
        new(reader.UInt128(), reader.UInt128(), reader.Byte(), reader.Byte(), (int)reader.UInt32(),
            (int)reader.UInt32(), (int)reader.UInt32());
}

/// <summary>
/// Who may do what without tokens, table <c>governance.configuration</c>, key: the empty text. Bytes:
/// founders and committee, each number 4 and accounts 32; threshold 4.
/// </summary>
/// <param name="Founders">Who signs the distribution.</param>
/// <param name="Committee">Who may pause.</param>
/// <param name="Threshold">How many of them pause; 0 without a committee.</param>
public sealed record ConfigurationRow(
    IReadOnlyList<AccountId> Founders, IReadOnlyList<AccountId> Committee, int Threshold)
    : IStateRow<ConfigurationRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        AccountList.Write(ref writer, Founders);
        AccountList.Write(ref writer, Committee);
        writer.UInt32((uint)Threshold);
    }

    /// <inheritdoc/>
    public static ConfigurationRow Read(ref StateReader reader) =>
        new(AccountList.Read(ref reader), AccountList.Read(ref reader), (int)reader.UInt32());
}

/// <summary>A parameter's value, table <c>governance.parameters</c>, key: name. Bytes: 8.</summary>
/// <param name="Value">The value.</param>
public readonly record struct ParameterRow(long Value) : IStateRow<ParameterRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.Int64(Value);

    /// <inheritdoc/>
    public static ParameterRow Read(ref StateReader reader) => new(reader.Int64());
}

/// <summary>
/// The version of the rules, table <c>governance.rules</c>, key: the empty text. Bytes: version 4, next
/// 4 (0: none), height 8.
/// </summary>
/// <param name="Version">In force below the height.</param>
/// <param name="Next">In force from the height on; 0 for none.</param>
/// <param name="FromHeight">The first block of the next one.</param>
public readonly record struct RulesRow(int Version, int Next, long FromHeight) : IStateRow<RulesRow>
{
    /// <summary>The version of the block of that height.</summary>
    public int At(long height) => Next != 0 && height >= FromHeight ? Next : Version;

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.UInt32((uint)Version);
        writer.UInt32((uint)Next);
        writer.Int64(FromHeight);
    }

    /// <inheritdoc/>
    public static RulesRow Read(ref StateReader reader) =>
        new((int)reader.UInt32(), (int)reader.UInt32(), reader.Int64());
}

/// <summary>Lists of accounts as bytes: number 4, then 32 each.</summary>
internal static class AccountList
{
    public static void Write(ref StateWriter writer, IReadOnlyList<AccountId> accounts)
    {
        writer.UInt32((uint)accounts.Count);
        foreach (var account in accounts)
            writer.Account(account);
    }

    public static IReadOnlyList<AccountId> Read(ref StateReader reader)
    {
        var accounts = new AccountId[StateList.Count(ref reader, 32)];
        for (var index = 0; index < accounts.Length; index++)
            accounts[index] = reader.Account();
        return accounts;
    }
}

/// <summary>Lengths of lists as they are read: never more than the bytes that are left allow.</summary>
internal static class StateList
{
    public static int Count(ref StateReader reader, int bytesEach)
    {
        var count = reader.UInt32();
        return count <= (uint)(reader.Remaining / bytesEach)
            ? (int)count
            : throw new StateFormatException("A list is longer than its bytes.");
    }
}
