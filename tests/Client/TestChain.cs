using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;

namespace Counterfoil.Client.Tests;

/// <summary>A ledger's genesis and headers that its only validator really certified.</summary>
internal sealed class TestChain : IDisposable
{
    private readonly EphemeralSigningKey consensus = EphemeralSigningKey.Create();
    private readonly EphemeralSigningKey vrf = EphemeralSigningKey.Create();
    private readonly EphemeralSigningKey node = EphemeralSigningKey.Create();

    public TestChain() => Genesis = Genesis.Create(new GenesisDocument
    {
        Format = 1,
        Name = "test",
        TimeMilliseconds = 1_000_000_000_000,
        Rules = 1,
        Sandbox = true,
        Validators = [new Validator("node", AccountId.Of(node.PublicKey), consensus.PublicKey, vrf.PublicKey, 1)],
        Parameters = new LedgerParameters(),
        Contracts = JsonSerializer.SerializeToElement(new { }),
    });

    public Genesis Genesis { get; }

    public ReceiptVerifier Verifier => new(Genesis);

    public BlockHeader Header(long height, long timeMilliseconds, Digest<LedgerState>? checkpoint = null) => new()
    {
        Net = Genesis.Net,
        Format = BlockHeader.FormatVersion,
        Rules = 1,
        Height = height,
        BuiltRound = 0,
        Parent = height == 1 ? null : Digest<Block>.Of("parent"u8),
        Time = timeMilliseconds,
        TransactionsRoot = Digest<MerkleNode>.Of("root"u8),
        CheckpointRoot = checkpoint,
        Validators = Genesis.Validators.Digest,
        NextValidators = Genesis.Validators.Digest,
        Builder = AccountId.Of(node.PublicKey),
        Randomness = Digest<VrfOutput>.Of("randomness"u8),
    };

    public byte[] Certify(BlockHeader header, ISigningKey? by = null)
    {
        var vote = new BlockVote(Genesis.Net, header.Height, 0, Digest<Block>.Of(header.ToBytes()));
        return BlockCertificate.Assemble(vote, [Jws.Sign(BlockCertificate.PrecommitType, vote.ToBytes(), by ?? consensus)]).Bytes.ToArray();
    }

    public NodeBlock Block(BlockHeader header, ISigningKey? by = null) =>
        new(header, header.ToBytes(), Certify(header, by), JsonSerializer.SerializeToElement(new { }));

    /// <summary>A block as nodes answer it.</summary>
    public string BlockJson(BlockHeader header, ISigningKey? by = null) =>
        $$"""{"height":{{header.Height}},"header":"{{Base64Url.Encode(header.ToBytes())}}","certificate":{{System.Text.Encoding.UTF8.GetString(Certify(header, by))}},"leaves":[]}""";

    public string StatusJson(long height, long timeMilliseconds) =>
        $$"""{"net":"{{Genesis.Net}}","name":"test","height":{{height}},"time":{{timeMilliseconds}},"clock":{{timeMilliseconds + 5}},"sandbox":true,"rules":1,"version":"0.1.0","pool":0}""";

    public void Dispose()
    {
        consensus.Dispose();
        vrf.Dispose();
        node.Dispose();
    }
}
