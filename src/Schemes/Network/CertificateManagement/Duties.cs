using System.Text;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>A voter of a request and the checks beyond the first three that are its part.</summary>
internal sealed record Duty(AccountId Voter, long Weight, IReadOnlySet<int> Checks);

/// <summary>
/// Who votes on a request and who performs which check, worked out by a voter itself from the certified header and validators of the request's
/// height: nobody tells it, and the applicant cannot choose. <b>Source:</b> US11070381; E1 steps 2 and 3.
/// </summary>
internal static class Duties
{
    private const int FirstDividedCheck = 4;
    private const int LastCheck = 7;

    /// <summary>The committee in its order.</summary>
    /// <param name="electorate">The validators of the request's height.</param>
    /// <param name="randomness">The VRF output of the block of that height.</param>
    /// <param name="request">The request's id.</param>
    /// <param name="weight">The weighted total that is required: of all for validators, else a quorum.</param>
    /// <param name="excluded">Whom it is about, or unset.</param>
    public static IReadOnlyList<Duty> Of(
        ValidatorSet electorate, Digest<VrfOutput> randomness, string request, long weight, AccountId excluded = default)
    {
        var seed = Digest<VrfOutput>.Of(randomness.ToArray(), Encoding.ASCII.GetBytes(request));
        var members = new List<Validator>();
        foreach (var validator in electorate.Validators.Where(validator => validator.Account != excluded)
            .OrderByDescending(validator => validator.Weight).ThenBy(validator => Digest<VrfOutput>.Of(seed.ToArray(), BytesOf(validator.Account))))
        {
            if (members.Sum(member => member.Weight) >= weight)
                break;
            members.Add(validator);
        }
        return Divide([.. members.Select(member => (member.Account, member.Weight))], electorate.FaultyWeight, seed);
    }

    /// <summary>The parts of a committee's members: each divided check goes to some who weigh at least 2f + 1 together, or to all.</summary>
    public static IReadOnlyList<Duty> Divide(IReadOnlyList<(AccountId Account, long Weight)> members, long faulty, Digest<VrfOutput> seed)
    {
        var parts = members.ToDictionary(member => member.Account, _ => new HashSet<int>());
        for (var check = FirstDividedCheck; check <= LastCheck; check++)
        {
            long enough = 2 * faulty + 1, given = 0;
            // A check's number in a seed is its bit among the seven.
            byte[] bit = [(byte)(1 << (check - 1))];
            foreach (var member in members.OrderBy(member => Digest<VrfOutput>.Of(seed.ToArray(), [.. bit, .. BytesOf(member.Account)])))
            {
                if (given >= enough)
                    break;
                given += member.Weight;
                parts[member.Account].Add(check);
            }
        }
        return [.. members.Select(member => new Duty(member.Account, member.Weight, parts[member.Account]))];
    }

    /// <summary>The vote's account of its checks: the first three are everybody's.</summary>
    /// <param name="duty">The voter's part.</param>
    /// <param name="results">What it found, by the check's number; a check that it did not perform is left out.</param>
    /// <param name="isDivided">False where every check is everybody's: all but linking requests.</param>
    public static VoteChecks Report(Duty duty, IReadOnlyDictionary<int, bool> results, bool isDivided = true)
    {
        string Of(int check) => results.TryGetValue(check, out var passed) && (!isDivided || check < FirstDividedCheck || duty.Checks.Contains(check))
            ? passed ? "pass" : "fail" : "not_mine";
        return new VoteChecks(Of(1), Of(2), Of(3), Of(4), Of(5), Of(6), Of(7));
    }

    private static byte[] BytesOf(AccountId account)
    {
        var bytes = new byte[32];
        account.CopyTo(bytes);
        return bytes;
    }
}
