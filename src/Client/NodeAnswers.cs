using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client;

/// <summary>Where a node stands.</summary>
/// <param name="Net">The ledger.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Height">The last certified height; 0 before the first block.</param>
/// <param name="Block">The last block's id; unset before the first.</param>
/// <param name="Time">The last block's time.</param>
/// <param name="Clock">The node's clock, which a sandbox's walkthrough advances; the block time where the node does not say.</param>
/// <param name="IsSandbox">True where the clock can be advanced.</param>
/// <param name="Rules">The version of the rules.</param>
/// <param name="Version">The node's software.</param>
/// <param name="Pool">Transactions that wait.</param>
public sealed record NodeStatus(
    Digest<Net> Net, string Name, long Height, Digest<Block> Block, Timestamp Time, Timestamp Clock, bool IsSandbox, int Rules, string Version, long Pool)
{
    internal static NodeStatus Of(JsonElement json)
    {
        var time = new Timestamp(json.RequiredNumber("time"));
        return new NodeStatus(
            json.RequiredDigest<Net>("net"),
            json.RequiredText("name"),
            json.RequiredNumber("height"),
            Digest<Block>.TryParse(json.Text("block"), out var block) ? block : default,
            time,
            json.Number("clock") is { } clock ? new Timestamp(clock) : time,
            json.TryGetProperty("sandbox", out var sandbox) && sandbox.ValueKind == JsonValueKind.True,
            checked((int)(json.Number("rules") ?? 0)),
            json.Text("version") ?? "",
            json.Number("pool") ?? 0);
    }
}

/// <summary>A block as a node shows it: the header's exact bytes and its certificate; nothing is trusted before it is verified.</summary>
/// <param name="Header">The header, parsed from its bytes.</param>
/// <param name="HeaderBytes">The header as made.</param>
/// <param name="Certificate">The certificate, general JWS as JSON.</param>
/// <param name="Json">The whole answer, with the ids and outcomes of what happened.</param>
public sealed record NodeBlock(BlockHeader Header, byte[] HeaderBytes, byte[] Certificate, JsonElement Json)
{
    /// <summary>The block's id: SHA-256 of the header's bytes.</summary>
    public Digest<Block> Id { get; } = Digest<Block>.Of(HeaderBytes);

    /// <summary>True if validators of a quorum certified this header.</summary>
    /// <param name="validators">The validators of that height, from a source that the caller trusts.</param>
    public bool IsCertifiedBy(ValidatorSet validators) =>
        BlockCertificate.TryParse(Certificate, out var certificate) && certificate.Verify(Header, Id, validators);

    internal static NodeBlock Of(JsonElement json)
    {
        var bytes = json.RequiredBytes("header");
        if (!BlockHeader.TryParse(bytes, out var header))
            throw new NodeFaultException("The answer holds a header that has not the form of one.");
        return new NodeBlock(header, bytes, JsonSerializer.SerializeToUtf8Bytes(json.Required("certificate", JsonValueKind.Object)), json.Clone());
    }
}

/// <summary>A portion of the changes of validators.</summary>
/// <param name="Changes">The changes, in order.</param>
/// <param name="Next">The height after which to ask on; null at the end.</param>
public sealed record NodeValidatorChanges(IReadOnlyList<ValidatorChange> Changes, long? Next)
{
    internal static NodeValidatorChanges Of(JsonElement json) => new(
        [.. json.Required("changes", JsonValueKind.Array).EnumerateArray().Select(change => ValidatorChange.Parse(JsonSerializer.SerializeToUtf8Bytes(change))
            ?? throw new NodeFaultException("The answer holds a change of validators that has not the form of one."))],
        json.Number("next"));
}

/// <summary>A bucket of rows with its path to the root of a certified checkpoint; nothing is trusted before <see cref="StateProofs"/> verified it.</summary>
/// <param name="Proof">The rows' digests and the path.</param>
/// <param name="Checkpoint">The block whose header holds the root.</param>
public sealed record NodeBucket(BucketProof Proof, NodeBlock Checkpoint)
{
    internal static NodeBucket Of(JsonElement json)
    {
        var entries = json.Required("entries", JsonValueKind.Array).EnumerateArray()
            .Select(entry => new BucketEntry(entry.RequiredDigest<StateKey>("key"), entry.RequiredDigest<StateValue>("value"))).ToArray();
        var path = json.Required("path", JsonValueKind.Array).EnumerateArray()
            .Select(node => Digest<LedgerState>.TryParse(node.GetString(), out var digest)
                ? digest : throw new NodeFaultException("The answer's path holds something that is no digest.")).ToArray();
        return new NodeBucket(
            new BucketProof(checked((int)json.RequiredNumber("bucket")), entries, path),
            NodeBlock.Of(json.Required("checkpoint", JsonValueKind.Object)));
    }
}

/// <summary>An account as of the node's last block; not proved (see <see cref="StateProofs"/> for that).</summary>
/// <param name="Id">The account.</param>
/// <param name="Standing">How it stands, as the accounts contract words it.</param>
/// <param name="Keys">Its active keys.</param>
/// <param name="Balances">Units by asset.</param>
public sealed record NodeAccount(AccountId Id, string Standing, IReadOnlyList<PublicKey> Keys, IReadOnlyDictionary<string, UInt128> Balances)
{
    internal static NodeAccount Of(JsonElement json)
    {
        var keys = new List<PublicKey>();
        foreach (var key in json.Required("keys", JsonValueKind.Array).EnumerateArray())
            keys.Add(Cryptography.Jose.Jwk.ParsePublicKey(key.Required("jwk", JsonValueKind.Object)).TryGet(out var found)
                ? found : throw new NodeFaultException("The answer holds a key that is none."));
        var balances = new Dictionary<string, UInt128>();
        if (json.TryGetProperty("balances", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var balance in list.EnumerateArray())
                balances[balance.RequiredText("asset")] = UInt128.TryParse(balance.RequiredText("units"), out var units)
                    ? units : throw new NodeFaultException("The answer holds an amount that is none.");
        }
        return new NodeAccount(
            AccountId.TryParse(json.Text("account"), out var account) ? account : throw new NodeFaultException("The answer names no account."),
            json.Text("standing") ?? "", keys, balances);
    }
}

/// <summary>News of a block.</summary>
/// <param name="Height">Its height.</param>
/// <param name="Id">Its id.</param>
/// <param name="Time">Its time.</param>
/// <param name="Json">The whole event, with its counts.</param>
public sealed record NodeBlockEvent(long Height, Digest<Block> Id, Timestamp Time, JsonElement Json)
{
    internal static NodeBlockEvent Of(JsonElement json) =>
        new(json.RequiredNumber("height"), json.RequiredDigest<Block>("id"), new Timestamp(json.RequiredNumber("time")), json.Clone());
}
