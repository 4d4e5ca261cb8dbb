using System.Globalization;
using System.Text;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Tools;

/// <summary>
/// Checks that validators of a quorum signed for exactly a block (docs/storage.md, Certificate).
/// </summary>
internal sealed class CertificateChecker(StoredGenesis genesis, Findings findings)
{
    /// <summary>How many signatures were verified.</summary>
    public long SignaturesVerified { get; private set; }

    public void Check(byte[] certificate, StoredHeader header, Hash block, StoredValidators validators)
    {
        if (!Jws.ParseGeneral(certificate, new JwsExpectation { Type = "cf-precommit+jws" }).TryGet(out var jws) || RoundOf(jws.Payload.Span) is not { } round)
        {
            findings.Add(FindingCode.CertificateMalformed, header.Height, "");
            return;
        }
        var vote = string.Create(CultureInfo.InvariantCulture, $$"""{"net":"{{genesis.Net}}","height":{{header.Height}},"round":{{round}},"block":"{{block}}"}""");
        findings.Require(
            round >= header.BuiltRound
                && jws.Payload.Span.SequenceEqual(Encoding.ASCII.GetBytes(vote)), FindingCode.CertificateVote, header.Height);
        Int128 weight = 0;
        var seen = new HashSet<Hash>();
        foreach (var signature in jws.Signatures)
        {
            if (!signature.Header.HasOnlyProtected("alg", "typ", "kid"))
                findings.Add(FindingCode.CertificateMalformed, header.Height, "");
            if (!StrictMembers.TryAccount(signature.Header.KeyId, out var key)
                || validators.OfKey(key) is not { } validator || !seen.Add(key))
                findings.Add(FindingCode.CertificateSigner, header.Height, "");
            else if (signature.Verify(validator.ConsensusKey) is not null)
                findings.Add(
                    FindingCode.CertificateSignature, header.Height, $"It is that of {validator.Name}.");
            else
                weight += validator.Weight;
            SignaturesVerified++;
        }
        findings.Require(weight >= validators.Quorum, FindingCode.CertificateQuorum, header.Height);
    }

    private static long? RoundOf(ReadOnlySpan<byte> payload)
    {
        if (!StrictJson.TryParseObject(payload, out var document))
            return null;
        var members = new StrictMembers(document);
        members.Hash("net");
        members.Integer("height", 1, long.MaxValue);
        var round = members.Integer("round", 0, int.MaxValue);
        members.Hash("block");
        return members.AreExact ? round : null;
    }
}
