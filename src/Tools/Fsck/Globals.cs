// Any digest, account id or key id that the log holds: here only its 32 bytes count.
global using Hash = Counterfoil.Cryptography.Digest<Counterfoil.Tools.Stored>;

namespace Counterfoil.Tools;

/// <summary>Marker for digests as they lie in the log.</summary>
internal readonly struct Stored;
