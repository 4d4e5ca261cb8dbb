using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.Execution;

/// <summary>
/// Something that an admitted transaction will spend: so much of an account's funds, or a single-use key. The pool holds at most the capacity of each key,
/// so that two transactions that cannot both succeed are not both promised. It is advice for admission only: execution decides.
/// </summary>
/// <param name="Kind">What is claimed; gives the capacity and the refusal for a conflict.</param>
/// <param name="Key">Which one.</param>
/// <param name="Amount">How much of the capacity, at least 1.</param>
public readonly record struct Claim(ClaimKind Kind, ClaimKey Key, UInt128 Amount)
{
    /// <summary>What is claimed, in one digest: SHA-256(name of the kind ‖ 0 ‖ both parts of the key).</summary>
    public Digest<ClaimSubject> Subject
    {
        get
        {
            Span<byte> input = stackalloc byte[ClaimKind.MaximumNameLength + 1 + 2 * Digest<ClaimSubject>.Size];
            var length = System.Text.Encoding.ASCII.GetBytes(Kind.Name, input);
            input[length++] = 0;
            Key.First.CopyTo(input[length..]);
            length += Digest<ClaimSubject>.Size;
            // An unset digest is 32 zero bytes.
            if (!Key.Second.IsUnset)
                Key.Second.CopyTo(input[length..]);
            else
                input.Slice(length, Digest<ClaimSubject>.Size).Clear();
            return Digest<ClaimSubject>.Of(input[..(length + Digest<ClaimSubject>.Size)]);
        }
    }
}

/// <summary>Names what is claimed by one or two digests, such as account and asset; the second is unset where one is enough.</summary>
/// <param name="First">The first part.</param>
/// <param name="Second">The second part, or unset.</param>
public readonly record struct ClaimKey(Digest<ClaimSubject> First, Digest<ClaimSubject> Second = default);

/// <summary>A kind of claim, declared by the contract that keeps the thing.</summary>
/// <param name="Name">Distinguishes it from the other kinds of the ledger: 1 to 100 ASCII characters.</param>
/// <param name="Conflict">The handler's own refusal, given as transient while others hold the claim.</param>
/// <param name="Capacity">How much there is now, by the ledger's state; read under the state's lock.</param>
public sealed record ClaimKind(string Name, RefusalCode Conflict, Func<ClaimKey, UInt128> Capacity)
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaximumNameLength = 100;

    /// <summary>The conflict as it is answered: the same code, marked transient.</summary>
    public RefusalCode TransientConflict { get; } = Conflict with { Transient = true };
}

/// <summary>Marker for the digest of something that can be claimed.</summary>
public sealed class ClaimSubject
{
    private ClaimSubject() { }
}
