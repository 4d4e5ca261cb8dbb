using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>Marks the digest of a table's name and a row's key.</summary>
public readonly struct StateKey;

/// <summary>Marks the digest of a row's value.</summary>
public readonly struct StateValue;

/// <summary>What the tree is told of a changed key: its row's present digest, or that it is gone.</summary>
internal readonly record struct RowChange(Digest<StateKey> Key, Digest<StateValue> Value, bool IsPresent);
