namespace Counterfoil.Ledger.State;

/// <summary>
/// A table's key. Equality, order and bytes agree: equal keys write equal bytes, different keys different bytes. The order is the one in
/// which an ordered table is read and a snapshot is written, so it is the same on every machine.
/// </summary>
/// <typeparam name="TSelf">The key itself: a readonly struct, so that look-ups neither box nor allocate.</typeparam>
public interface IStateKey<TSelf> : IEquatable<TSelf>, IComparable<TSelf> where TSelf : struct, IStateKey<TSelf>
{
    /// <summary>Writes the key's bytes.</summary>
    void Write(ref StateWriter writer);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    static abstract TSelf Read(ref StateReader reader);
}
