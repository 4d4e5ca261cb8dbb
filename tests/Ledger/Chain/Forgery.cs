using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Tests.Chain;

/// <summary>
/// A way to forge a certificate, with what is wrong with it. Each is made by validators' real keys, so that only the rule in question can find it.
/// </summary>
/// <param name="Fault">What a verifier says; null where the bytes are no certificate at all.</param>
/// <param name="Make">The certificate of a header; the header may be changed.</param>
internal sealed record Forgery(CertificateFault? Fault, Func<ForgedBlock, byte[]> Make)
{
    public static IReadOnlyDictionary<string, Forgery> All { get; } = new Dictionary<string, Forgery>
    {
        ["a signer twice"] = new(CertificateFault.RepeatedSigner, block => block.Assemble([.. block.Quorum(), block.Quorum()[0]])),
        ["a signer twice instead of a second"] = new(CertificateFault.RepeatedSigner, block => block.Assemble([block.Quorum()[0], block.Quorum()[0]])),
        ["a stranger beside a quorum"] = new(CertificateFault.UnknownSigner, block => block.Assemble([.. block.Quorum(), new Seat("stranger", 9)])),
        ["a former member beside the others"] = new(CertificateFault.UnknownSigner, block => block.Assemble([.. block.Quorum()[1..], block.Former()])),
        ["the validators after the change"] = new(CertificateFault.UnknownSigner, block => block.Assemble(block.Chain.Quorum(block.Next))),
        ["a weight one short"] = new(CertificateFault.NoQuorum, block => block.Assemble(block.OneShort())),
        ["a prevote among the precommits"] = new(null, block => block.Assemble([.. block.Signatures(block.Quorum()[1..]), block.Sign(block.Quorum()[0], type: "cf-prevote+jws")])),
        ["prevotes of a quorum"] = new(null, block => block.Assemble([.. block.Quorum().Select(seat => block.Sign(seat, type: "cf-prevote+jws"))])),
        ["precommits of two rounds"] = new(CertificateFault.BadSignature, block => block.Mix(vote => vote with { Round = 1 })),
        ["precommits of two heights"] = new(CertificateFault.BadSignature, block => block.Mix(vote => vote with { Height = vote.Height + 1 })),
        ["precommits of two blocks"] = new(CertificateFault.BadSignature, block => block.Mix(vote => vote with { Block = Digest<Block>.Of("other"u8) })),
        ["precommits of two ledgers"] = new(CertificateFault.BadSignature, block => block.Mix(vote => vote with { Net = Digest<Transactions.Net>.Of("other"u8) })),
        ["another net"] = new(CertificateFault.OtherNet, block => block.Assemble(block.Quorum(), block.Vote with { Net = Digest<Transactions.Net>.Of("other"u8) })),
        ["another height"] = new(CertificateFault.OtherHeight, block => block.Assemble(block.Quorum(), block.Vote with { Height = block.Vote.Height + 1 })),
        ["another block"] = new(CertificateFault.OtherBlock, block => block.Assemble(block.Quorum(), block.Vote with { Block = Digest<Block>.Of("other"u8) })),
        ["the certificate of the block before"] = new(CertificateFault.OtherHeight, block => block.Chain.Blocks[(int)block.Vote.Height - 2].CertificateBytes),
        ["votes for nil"] = new(null, block => block.AssemblePayload(block.VoteText(text => text.Replace($"\"{block.Vote.Block}\"", "null", StringComparison.Ordinal)))),
        ["a vote without a block"] = new(null, block => block.AssemblePayload(block.VoteText(text => text.Replace($",\"block\":\"{block.Vote.Block}\"", "", StringComparison.Ordinal)))),
        ["a vote with one member more"] = new(null, block => block.AssemblePayload(block.VoteText(text => text.Replace("{\"net\"", "{\"more\":1,\"net\"", StringComparison.Ordinal)))),
        ["a vote with a member twice"] = new(null, block => block.AssemblePayload(block.VoteText(text => text.Replace("{\"net\"", "{\"round\":0,\"net\"", StringComparison.Ordinal)))),
        ["a vote with a space"] = new(null, block => block.AssemblePayload(block.VoteText(text => text.Replace("{\"net\"", "{ \"net\"", StringComparison.Ordinal)))),
        ["a negative round"] = new(null, block => block.AssemblePayload(block.VoteText(text => text.Replace("\"round\":0", "\"round\":-1", StringComparison.Ordinal)))),
        ["a round before the block was built"] = new(CertificateFault.EarlyRound, block =>
        {
            block.Header = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(block.Header).Replace("\"built_round\":0", "\"built_round\":2", StringComparison.Ordinal));
            return block.Assemble(block.Quorum(), block.Vote with { Round = 1 });
        }),
        ["the header changed after the votes"] = new(CertificateFault.OtherBlock, block =>
        {
            var certificate = block.Assemble(block.Quorum());
            block.Header = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(block.Header).Replace("\"rules\":1", "\"rules\":2", StringComparison.Ordinal));
            return certificate;
        }),
        ["a signature changed"] = new(CertificateFault.BadSignature, block => block.Edit(certificate =>
        {
            var signature = certificate["signatures"]![0]!["signature"]!.GetValue<string>();
            certificate["signatures"]![0]!["signature"] = (signature[0] == 'A' ? 'B' : 'A') + signature[1..];
        })),
        ["signatures under each other's names"] = new(CertificateFault.BadSignature, block => block.Edit(certificate =>
        {
            var (first, second) = (certificate["signatures"]![0]!, certificate["signatures"]![1]!);
            var signature = first["signature"]!.GetValue<string>();
            first["signature"] = second["signature"]!.GetValue<string>();
            second["signature"] = signature;
        })),
        ["no signature"] = new(null, block => block.Edit(certificate => certificate["signatures"] = new JsonArray())),
        ["the flattened form"] = new(null, block => block.Edit(certificate =>
        {
            certificate["protected"] = certificate["signatures"]![0]!["protected"]!.DeepClone();
            certificate["signature"] = certificate["signatures"]![0]!["signature"]!.DeepClone();
            certificate.Remove("signatures");
        })),
        ["a member beside the signatures"] = new(null, block => block.Edit(certificate => certificate["more"] = 1)),
        ["an unprotected header"] = new(null, block => block.Edit(certificate => certificate["signatures"]![0]!["header"] = new JsonObject { ["note"] = "x" })),
        ["a key in the protected header"] = new(null, block => block.Assemble([.. block.Quorum().Select(seat => block.Sign(seat, reference: KeyReference.ThumbprintAndKey))])),
        ["a signature without kid"] = new(CertificateFault.UnknownSigner, block => block.Assemble([.. block.Signatures(block.Quorum()[1..]), block.Sign(block.Quorum()[0], reference: KeyReference.None)])),
        ["something that is no JWS"] = new(null, _ => "{}"u8.ToArray()),
    };

    /// <summary>The stable code of the fault as other languages have it.</summary>
    public string Reason => Fault is { } fault ? JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString()) : "malformed";
}

/// <summary>A block whose certificate is to be forged.</summary>
internal sealed class ForgedBlock(CommitteeChain chain, StoredBlock block)
{
    public CommitteeChain Chain => chain;

    public byte[] Header { get; set; } = block.HeaderBytes;

    /// <summary>Who must certify the block.</summary>
    public ValidatorSet Validators { get; } = SetOf(chain, block.Header.Validators);

    public ValidatorSet Next { get; } = SetOf(chain, block.Header.NextValidators);

    public BlockVote Vote => chain.VoteFor(Header, block.Header.Height);

    public List<Seat> Quorum() => chain.Quorum(Validators);

    public Seat Former() => chain.SeatOf(chain.Genesis.Validators.Validators.First(validator => Validators.Find(validator.Account) is null));

    /// <summary>Signers whose weight is one below the quorum.</summary>
    public IReadOnlyList<Seat> OneShort()
    {
        var all = Validators.Validators;
        for (var choice = 0; choice < 1 << all.Count; choice++)
        {
            var chosen = all.Where((_, index) => (choice >> index & 1) == 1).ToList();
            if (chosen.Sum(validator => validator.Weight) == Validators.Quorum - 1)
                return [.. chosen.Select(chain.SeatOf)];
        }
        throw new InvalidOperationException("No choice of these validators is one short.");
    }

    public JwsSignature Sign(Seat seat, BlockVote? vote = null, string type = BlockCertificate.PrecommitType, KeyReference reference = KeyReference.Thumbprint) =>
        Jws.Sign(type, (vote ?? Vote).ToBytes(), seat.Consensus, reference: reference);

    public IEnumerable<JwsSignature> Signatures(IEnumerable<Seat> seats, BlockVote? vote = null) => seats.Select(seat => Sign(seat, vote));

    public byte[] Assemble(IReadOnlyList<Seat> seats, BlockVote? vote = null) => Jws.Assemble((vote ?? Vote).ToBytes(), Signatures(seats, vote));

    public byte[] Assemble(IReadOnlyList<JwsSignature> signatures) => Jws.Assemble(Vote.ToBytes(), signatures);

    public byte[] AssemblePayload(byte[] payload) =>
        Jws.Assemble(payload, Quorum().Select(seat => Jws.Sign(BlockCertificate.PrecommitType, payload, seat.Consensus)));

    public byte[] VoteText(Func<string, string> change) => Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(Vote.ToBytes())));

    /// <summary>All sign the vote but one, who signed another.</summary>
    public byte[] Mix(Func<BlockVote, BlockVote> other)
    {
        var odd = Sign(Quorum()[^1], other(Vote));
        return Edit(certificate => certificate["signatures"]![Quorum().Count - 1]!["signature"] = Base64Url.Encode(odd.Signature.Span));
    }

    public byte[] Edit(Action<JsonObject> change)
    {
        var certificate = JsonNode.Parse(Assemble(Quorum()))!.AsObject();
        change(certificate);
        return JsonSerializer.SerializeToUtf8Bytes(certificate);
    }

    private static ValidatorSet SetOf(CommitteeChain chain, Digest<ValidatorSet> digest) =>
        chain.Blocks.Where(one => one.Header.NextValidators == digest && one.NextValidatorsBytes.Length > 0)
            .Select(one => ValidatorSet.TryParse(one.NextValidatorsBytes, out var set) ? set : null).FirstOrDefault() ?? chain.Genesis.Validators;
}
