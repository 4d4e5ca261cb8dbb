namespace Counterfoil.Ledger.State;

/// <summary>
/// A table's row: an immutable record or a readonly struct. A change is a new row in the old one's place; a row that is changed in place escapes
/// the undo journal and the checkpoint root.
/// </summary>
/// <typeparam name="TSelf">The row itself.</typeparam>
public interface IStateRow<TSelf> where TSelf : IStateRow<TSelf>
{
    /// <summary>Writes the row's bytes: the same content always gives the same bytes.</summary>
    void Write(ref StateWriter writer);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    static abstract TSelf Read(ref StateReader reader);
}
