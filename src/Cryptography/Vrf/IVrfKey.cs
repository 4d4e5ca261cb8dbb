using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Vrf;

/// <summary>
/// A handle to a private key of the verifiable random function: it proves and never shows itself. Never the same key as one that signs
/// or agrees. Safe for concurrent use.
/// </summary>
public interface IVrfKey : IDisposable
{
    /// <summary>The public half.</summary>
    PublicKey PublicKey { get; }

    /// <summary>
    /// The proof for the input alpha; the same input always gives the same proof. <b>Source:</b> RFC 9381 section 5.1.
    /// </summary>
    VrfProof Prove(ReadOnlySpan<byte> alpha) => Prove(alpha, out _);

    /// <summary>The proof and the output that it proves, for less than reading it out of the proof.</summary>
    VrfProof Prove(ReadOnlySpan<byte> alpha, out Digest<VrfOutput> output);
}
