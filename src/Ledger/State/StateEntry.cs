using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>Marks the digest of a row: of its key's digest and its value's.</summary>
public readonly struct StateRow;

/// <summary>A row in its bucket, with the digest that the leaf takes so that unchanged neighbours are not hashed again.</summary>
internal readonly record struct StateEntry(Digest<StateKey> Key, Digest<StateValue> Value, Digest<StateRow> Row);
