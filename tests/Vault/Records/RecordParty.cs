using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Vault.Tests.Records;

/// <summary>Marks the ledger's digest in these tests.</summary>
public sealed class Net;

/// <summary>Somebody with an account: a signing key and, apart from it, an encryption key.</summary>
public sealed class RecordParty : IDisposable
{
    public EphemeralSigningKey Signing { get; } = EphemeralSigningKey.Create();

    public EphemeralAgreementKey Agreement { get; } = EphemeralAgreementKey.Create();

    public Digest<PublicKey> Account => Signing.PublicKey.Thumbprint;

    public void Dispose()
    {
        Signing.Dispose();
        Agreement.Dispose();
    }
}

/// <summary>A broker, an owner, a rival and an opener, and the records that they make.</summary>
public sealed class RecordWorld : IDisposable
{
    public static readonly Digest<Net> Net = Digest<Net>.Of("genesis"u8);

    /// <summary>The size of a bid in these tests, in bytes.</summary>
    public const int BidSize = 24_576;

    public RecordParty Broker { get; } = new();

    public RecordParty Owner { get; } = new();

    public RecordParty Rival { get; } = new();

    public RecordParty Opener { get; } = new();

    /// <summary>Every party's key, active for ever.</summary>
    public PublicKey? Keys(Digest<PublicKey> account, Digest<PublicKey> kid)
    {
        var party = new[] { Broker, Owner, Rival, Opener }.FirstOrDefault(p => p.Account == account);
        return party is not null && party.Signing.PublicKey.Thumbprint == kid ? party.Signing.PublicKey : null;
    }

    public RecordDraft Draft(string body = """{"portfolio":"p1","orders":[]}""", RecordParty? author = null) => new()
    {
        Rid = VaultRecord.NewId(),
        Rtype = "bid",
        Ver = 1,
        Market = "northern",
        Session = "2026-03-01",
        Iss = [(author ?? Broker).Account],
        Aud = [Opener.Account, (author ?? Broker).Account],
        Iat = 1_772_000_000,
        Body = Encoding.UTF8.GetBytes(body),
    };

    /// <summary>The next version of an original.</summary>
    public static RecordDraft Next(RecordOriginal original, string body) => new()
    {
        Rid = original.Rid,
        Rtype = original.Rtype,
        Ver = original.Ver + 1,
        Prev = original.Digest,
        Market = original.Market,
        Session = original.Session,
        Iss = original.Iss,
        Aud = original.Aud,
        Iat = original.Iat + 60,
        Body = Encoding.UTF8.GetBytes(body),
    };

    /// <summary>Signs, seals and anchors what the author says.</summary>
    public AnchoredBid Anchor(RecordDraft draft, RecordParty? author = null)
    {
        author ??= Broker;
        var signed = SignedRecord.Sign(RecordOriginal.Create(draft).Value, author.Signing);
        var sealedRecord = RecordSealer.Seal(
            signed, [Opener.Agreement.PublicKey, author.Agreement.PublicKey], RecordPadding.ToSize(BidSize)).Value;
        var content = AnchorContent.Create(Net, signed.Original, sealedRecord, [author.Signing]);
        return new AnchoredBid(signed, sealedRecord, content, new ProvedAnchor(content, [author.Account], Keys));
    }

    public RecordExpectation Expect(AnchorContent anchor, RecordParty? author = null) => new()
    {
        Anchor = anchor,
        Issuers = [(author ?? Broker).Account],
        Reader = Opener.Account,
        Market = "northern",
        Keys = Keys,
    };

    /// <summary>A bid body with so many steps.</summary>
    public static string BidBody(int steps) =>
        $$"""{"portfolio":"p1","orders":[{"mtu":0,"side":"sell","steps":[{{string.Join(",", Enumerable.Range(0, steps).Select(i => $"[{1000 + 17 * i},{300 + i}]"))}}]}]}""";

    public void Dispose()
    {
        Broker.Dispose();
        Owner.Dispose();
        Rival.Dispose();
        Opener.Dispose();
    }
}

/// <summary>A bid with all that stands of it anywhere.</summary>
public sealed record AnchoredBid(SignedRecord Signed, SealedRecord Sealed, AnchorContent Content, ProvedAnchor Proved);
