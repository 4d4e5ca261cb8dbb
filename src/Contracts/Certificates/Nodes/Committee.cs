using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// Who votes on a request and which checks are whose part: a pure function of the validators of its height and of a seed that the applicant
/// cannot choose. <b>Source:</b> US11070381 (voters until a weighted total, a part of the verification each).
/// </summary>
internal static class Committee
{
    // The first three checks are everybody's; the others go to members who weigh at least 2f + 1.
    private static readonly CheckSet[] Divided = [CheckSet.Keys, CheckSet.NotRevoked, CheckSet.Entitlement, CheckSet.Endpoint];

    private const CheckSet Everybodys = CheckSet.Possession | CheckSet.Validity | CheckSet.Version;

    /// <summary>The checks that are divided in requests of this kind.</summary>
    public static CheckSet Divisible(RequestKind kind) => kind == RequestKind.Link ? ~Everybodys & CheckSet.All : CheckSet.None;

    /// <summary>SHA-256(VRF output ‖ request).</summary>
    public static Digest<VrfOutput> SeedOf(Digest<VrfOutput> randomness, string request) =>
        Digest<VrfOutput>.Of(randomness.ToArray(), System.Text.Encoding.ASCII.GetBytes(request));

    /// <summary>
    /// The members in descending order of weight, ties by SHA-256(seed ‖ account), until they weigh the total that is required.
    /// </summary>
    /// <param name="electorate">The validators of the request's height.</param>
    /// <param name="excluded">Whom it is about, or unset.</param>
    /// <param name="requiredWeight">The total.</param>
    /// <param name="required">The checks that the request needs.</param>
    /// <param name="isDivided">True if the checks beyond the first three are divided; else each is everybody's.</param>
    /// <param name="seed">The seed.</param>
    public static List<CommitteeMember> Draw(
        ValidatorSet electorate,
        AccountId excluded,
        long requiredWeight,
        CheckSet required,
        bool isDivided,
        Digest<VrfOutput> seed)
    {
        var members = new List<Validator>();
        long weight = 0;
        foreach (var validator in electorate.Validators
            .Where(validator => validator.Account != excluded)
            .OrderByDescending(validator => validator.Weight)
            .ThenBy(validator => RankOf(seed, 0, validator.Account)))
        {
            if (weight >= requiredWeight)
                break;
            weight += validator.Weight;
            members.Add(validator);
        }
        var parts = members.ToDictionary(member => member.Account, _ => required & (isDivided ? Everybodys : CheckSet.All));
        if (isDivided)
        {
            foreach (var check in Divided)
                if ((required & check) != 0)
                    foreach (var account in PartOf(members, check, 2 * electorate.FaultyWeight + 1, seed))
                        parts[account] |= check;
        }
        return [.. members.Select(member => new CommitteeMember(member.Account, member.Weight, parts[member.Account]))];
    }

    private static IEnumerable<AccountId> PartOf(
        IReadOnlyList<Validator> members, CheckSet check, long enough, Digest<VrfOutput> seed)
    {
        long weight = 0;
        foreach (var member in members.OrderBy(member => RankOf(seed, (byte)check, member.Account)))
        {
            if (weight >= enough)
                yield break;
            weight += member.Weight;
            yield return member.Account;
        }
    }

    // SHA-256(seed ‖ account), or SHA-256(seed ‖ check ‖ account) for a part.
    private static Digest<VrfOutput> RankOf(Digest<VrfOutput> seed, byte check, AccountId account)
    {
        Span<byte> input = stackalloc byte[65];
        seed.CopyTo(input);
        if (check == 0)
        {
            account.CopyTo(input[32..]);
            return Digest<VrfOutput>.Of(input[..64]);
        }
        input[32] = check;
        account.CopyTo(input[33..]);
        return Digest<VrfOutput>.Of(input);
    }
}
