using System.Text;
using System.Text.RegularExpressions;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;

namespace Counterfoil.Tools.Tests;

/// <summary>
/// Canaries: each alters one thing in blocks whose frames are then good again, and most are certified again by the validator itself, so that only the rule
/// in question can find it.
/// </summary>
public sealed class AlterationTests(MadeLedger made) : IClassFixture<MadeLedger>
{
    private delegate void Alteration(EditableLog log, TestKeys keys);

    private static readonly Dictionary<string, (Alteration Alter, string[] Codes)> Alterations = new()
    {
        ["nothing, certified again"] = ((log, keys) => log.Certify(keys), []),
        ["a block dropped"] = ((log, _) => log.Blocks.RemoveAt(4), ["wrong_height", "wrong_parent", "randomness_unproven", "signature_unattributed", "snapshot_contradicted"]),
        ["the first block dropped"] = ((log, _) => log.Blocks.RemoveAt(0), ["wrong_height", "randomness_unproven", "accounts_contradicted", "snapshot_contradicted"]),
        ["the last block dropped, a snapshot later"] = ((log, _) => log.Blocks.RemoveRange(5, log.Blocks.Count - 5), ["snapshot_ahead"]),
        ["two blocks swapped"] = ((log, _) => (log.Blocks[1], log.Blocks[2]) = (log.Blocks[2], log.Blocks[1]),
            ["wrong_height", "wrong_parent", "time_not_later", "randomness_unproven"]),
        ["a block twice"] = ((log, _) => log.Blocks.Insert(3, log.Blocks[2]),
            ["wrong_height", "wrong_parent", "time_not_later", "randomness_unproven", "transaction_repeated", "replay_contradicted"]),
        ["a version that nobody knows"] = ((log, _) => log.Blocks[^1].Version = 3, ["block_malformed"]),
        ["a header with one member more"] = ((log, keys) => { SetHeader(log.Blocks[^1], text => text.Replace("{\"net\"", "{\"more\":1,\"net\"", StringComparison.Ordinal)); log.Certify(keys, log.Blocks.Count - 1); }, ["header_malformed"]),
        ["a header with a member twice"] = ((log, keys) => { SetHeader(log.Blocks[^1], text => text.Replace("\"format\":1", "\"format\":1,\"format\":1", StringComparison.Ordinal)); log.Certify(keys, log.Blocks.Count - 1); }, ["header_malformed"]),
        ["another net"] = (Last((block, _) => block.Replace("net", new string('1', 64))), ["wrong_net"]),
        ["other rules"] = (Last((block, _) => block.Replace("rules", 2)), ["wrong_rules"]),
        ["another time"] = (Last((block, _) => block.Replace("time", 1 + SteppedClock.Start.ToUnixTimeMilliseconds())), ["time_not_later"]),
        ["other validators"] = (Last((block, _) => block.Replace("next_validators", new string('2', 64))), ["validators_list"]),
        ["a builder who may not"] = (Last((block, keys) => block.Replace("builder", AccountId.Of(keys.Alice.PublicKey).ToString())), ["unknown_builder"]),
        ["a checkpoint root where none belongs"] = (
            (log, keys) => { SetHeader(log.Blocks[1], text => text.Replace("\"validators\"", $"\"checkpoint_root\":\"{new string('3', 64)}\",\"validators\"", StringComparison.Ordinal)); log.Certify(keys, 1); },
            ["checkpoint_misplaced"]),
        ["another checkpoint root"] = (CheckpointAfterSnapshot, ["snapshot_root"]),
        ["a parent that is none"] = ((log, keys) => { log.Blocks[^1].Replace("parent", new string('4', 64)); log.Blocks[^1].Certificate = keys.Certify(log.Blocks[^1].Header, log.Blocks[^1].Height); }, ["wrong_parent"]),
        ["randomness of another key"] = (OtherRandomness, ["randomness_unproven"]),
        ["a certificate that is none"] = ((log, _) => log.Blocks[1].Certificate = "{}"u8.ToArray(), ["certificate_malformed"]),
        ["the certificate of another block"] = ((log, _) => log.Blocks[1].Certificate = log.Blocks[2].Certificate, ["certificate_vote"]),
        ["a certificate by a stranger"] = ((log, keys) => log.Blocks[1].Certificate = keys.Certify(log.Blocks[1].Header, 2, keys.Bob), ["certificate_signer", "certificate_quorum"]),
        ["a certificate with a forged signature"] = ((log, _) => log.Blocks[1].Certificate = FlipSignature(log.Blocks[1].Certificate), ["certificate_signature", "certificate_quorum"]),
        ["a validator counted twice"] = ((log, _) => log.Blocks[1].Certificate = DoubleSignature(log.Blocks[1].Certificate), ["certificate_signer"]),
        ["an outcome changed"] = (Outcome("\"units\":\"241\"", text => text.Replace("same_account", "same_amount", StringComparison.Ordinal), certify: false), ["root_mismatch", "accounts_contradicted"]),
        ["a refusal turned into an acceptance, certified"] = (Outcome("accounts.remove_key", _ => "{\"status\":\"accepted\"}"), ["accounts_contradicted", "key_contradicted", "signature_unattributed", "snapshot_contradicted"]),
        ["an acceptance turned into a refusal, certified"] = (
            Outcome("\"units\":\"250\"", _ => """{"status":"refused","code":"insufficient_funds","facts":{"needed":"250","available":"0"}}"""),
            ["accounts_contradicted", "snapshot_contradicted"]),
        ["the facts of a refusal changed, certified"] = (Outcome("\"units\":\"101\"", text => text.Replace("\"100\"", "\"99\"", StringComparison.Ordinal)), ["accounts_contradicted"]),
        ["a mint above the cap, certified"] = (Outcome("\"units\":\"101\"", _ => "{\"status\":\"accepted\"}"), ["accounts_contradicted"]),
        ["an inner transfer with other units, certified"] = (Outcome("\"act\":\"till.pay\"", text => text.Replace("\"units\":\"5\"", "\"units\":\"6\"", StringComparison.Ordinal)), ["snapshot_contradicted"]),
        ["an inner transfer that nobody could pay, certified"] = (
            Outcome("\"act\":\"till.pay\"", text => text.Replace("\"units\":\"5\"", "\"units\":\"9000000\"", StringComparison.Ordinal)), ["accounts_contradicted", "snapshot_contradicted"]),
        ["an inner mint above the cap, certified"] = (
            Outcome("\"act\":\"till.mint\"", text => text.Replace("\"units\":\"7\"", "\"units\":\"9000000\"", StringComparison.Ordinal)), ["accounts_contradicted", "snapshot_contradicted"]),
        ["an outcome that is none, certified"] = (Outcome("\"act\":\"till.pay\"", _ => "{\"code\":\"x\",\"status\":\"refused\"}"), ["outcome_malformed", "snapshot_contradicted"]),
        ["a key change that never came, certified"] = (
            Outcome("accounts.rotate_key", _ => """{"status":"refused","code":"key_exists"}"""), ["accounts_contradicted", "signature_unattributed", "snapshot_contradicted"]),
        ["a transaction twice, certified"] = (Twice, ["transaction_repeated", "replay_contradicted"]),
        ["a jti refused that was new, certified"] = (Outcome("\"units\":\"241\"", _ => "{\"status\":\"refused\",\"code\":\"replayed\"}"), ["accounts_contradicted"]),
        ["a transaction after its time, certified"] = (Late, ["expiry_contradicted"]),
        ["a transaction under another id, certified"] = (Leaf((leaf, _) => leaf.Id = [.. leaf.Id[..31], (byte)(leaf.Id[31] ^ 1)]), ["transaction_id"]),
        ["bytes that are no transaction, certified"] = (Leaf((leaf, _) => leaf.Transaction = "a.b.c"u8.ToArray()), ["transaction_malformed"]),
        ["a signature of another key, certified"] = (Leaf((leaf, keys) => Resign(leaf, keys.Alice, keys.Bob, text => text)), ["signature_invalid"]),
        ["a payload changed under its signature, certified"] = (Leaf(ChangePayload), ["signature_invalid"]),
        ["a transaction for another ledger, certified"] = (
            Leaf((leaf, keys) => Resign(leaf, keys.Alice, keys.Alice, text => Regex.Replace(text, "\"net\":\"[^\"]+\"", $"\"net\":\"{new string('5', 64)}\""))), ["transaction_net"]),
        ["a validity beyond the parameters, certified"] = (
            Leaf((leaf, keys) => Resign(leaf, keys.Alice, keys.Alice, text => Regex.Replace(text, "\"iat\":[0-9]+", "\"iat\":1"))), ["transaction_validity"]),
        ["an argument with a member more, certified"] = (
            Leaf((leaf, keys) => Resign(leaf, keys.Alice, keys.Alice, text => text.Replace("\"arg\":{", "\"arg\":{\"more\":1,", StringComparison.Ordinal))), ["argument_malformed"]),
        ["a signer's key that was rotated away, certified"] = (OldKey, ["key_contradicted", "snapshot_contradicted"]),
        ["a stranger's key, certified"] = (Leaf((leaf, keys) => Resign(leaf, keys.Bob, keys.Bob, text => text)), ["signature_unattributed"]),
        ["due work under another id, certified"] = (Due((leaf, _) => leaf.Id = new byte[32]), ["due_work_id"]),
        ["due work before its time, certified"] = (Due(Early), ["due_work_early"]),
        ["due work behind a transaction, certified"] = (DueLast, ["leaf_order"]),
        ["due work paid to another, certified"] = (
            Due((leaf, _) => leaf.Outcome = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(leaf.Outcome).Replace("\"units\":\"40\"", "\"units\":\"41\"", StringComparison.Ordinal))), ["accounts_contradicted"]),
    };

    public static TheoryData<string> Names => [.. Alterations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_AlteredBlocks_IsFoundWithItsOwnCode(string name)
    {
        var (alter, codes) = Alterations[name];
        var log = EditableLog.Read(made.Folder);
        alter(log, made.Keys);
        using var altered = new TemporaryFolder();
        log.Write(altered.Path, made.Folder);
        var found = Fsck.Run(altered.Path, made.Keys.Genesis.Bytes).Findings;
        Assert.Equal(codes.Order(), found.Select(finding => finding.Code).Distinct().Order());
    }

    private static Alteration Last(Action<EditableBlock, TestKeys> alter) => (log, keys) =>
    {
        alter(log.Blocks[^1], keys);
        log.Certify(keys, log.Blocks.Count - 1);
    };

    private static Alteration Outcome(string payload, Func<string, string> change, bool certify = true) => (log, keys) =>
    {
        var (block, leaf) = log.Find(payload);
        leaf.Outcome = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(leaf.Outcome)));
        if (certify)
            log.Certify(keys, log.Blocks.IndexOf(block));
    };

    /// <summary>Alters the last transaction, a transfer of 2 by Alice.</summary>
    private static Alteration Leaf(Action<EditableLeaf, TestKeys> alter) => (log, keys) =>
    {
        alter(log.Blocks[^1].Leaves.Last(leaf => !leaf.IsDue), keys);
        log.Certify(keys, log.Blocks.Count - 1);
    };

    private static Alteration Due(Action<EditableLeaf, EditableBlock> alter) => (log, keys) =>
    {
        var block = log.Blocks.Single(block => block.Leaves.Exists(leaf => leaf.IsDue));
        alter(block.Leaves.Single(leaf => leaf.IsDue), block);
        log.Certify(keys, log.Blocks.IndexOf(block));
    };

    private static void Early(EditableLeaf leaf, EditableBlock block)
    {
        var time = leaf.Due.Time + 3_600_000;
        leaf.Due = leaf.Due with { Time = time };
        var due = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(due, time);
        leaf.Id = System.Security.Cryptography.SHA256.HashData([.. "cf-due\0till.give_back\0"u8, .. due, .. leaf.Due.Id]);
    }

    private static void DueLast(EditableLog log, TestKeys keys)
    {
        var block = log.Blocks.Single(block => block.Leaves.Exists(leaf => leaf.IsDue));
        var due = block.Leaves.Single(leaf => leaf.IsDue);
        var (other, moved) = log.Find("\"units\":\"2\"");
        block.Leaves.Clear();
        other.Leaves.Remove(moved);
        other.Leaves.Remove(due);
        block.Leaves.AddRange([moved, due]);
        log.Certify(keys, log.Blocks.IndexOf(block));
    }

    private static void Twice(EditableLog log, TestKeys keys)
    {
        var (block, leaf) = log.Find("\"units\":\"250\"");
        log.Blocks[log.Blocks.IndexOf(block) + 1].Leaves.Add(leaf.Copy());
        log.Certify(keys);
    }

    private static void Late(EditableLog log, TestKeys keys)
    {
        var (_, leaf) = log.Find("\"units\":\"2\"");
        Resign(leaf, keys.Alice, keys.Alice, text => Regex.Replace(
            text, "\"iat\":([0-9]+),\"exp\":([0-9]+)", match => $"\"iat\":{Number(match.Groups[1]) - 60},\"exp\":{Number(match.Groups[2]) - 60}"));
        log.Certify(keys);

        static long Number(Group group) => long.Parse(group.Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Bob's transfer with his new key is signed with the one that he rotated away.</summary>
    private static void OldKey(EditableLog log, TestKeys keys)
    {
        var bob = AccountId.Of(keys.Bob.PublicKey).ToString();
        var (block, leaf) = log.Blocks.SelectMany(each => each.Leaves.Select(candidate => (each, candidate)))
            .Last(pair => pair.candidate.Payload.Contains($"\"iss\":\"{bob}\"", StringComparison.Ordinal));
        Resign(leaf, keys.Bob, keys.Bob, text => text);
        log.Certify(keys, log.Blocks.IndexOf(block));
    }

    private static void CheckpointAfterSnapshot(EditableLog log, TestKeys keys)
    {
        var at = log.Blocks.FindLastIndex(block => block.HeaderText.Contains("checkpoint_root", StringComparison.Ordinal) && block.Height % 8 == 0);
        log.Blocks[at].Replace("checkpoint_root", new string('6', 64));
        log.Certify(keys, at);
    }

    private static void OtherRandomness(EditableLog log, TestKeys keys)
    {
        using var other = VrfKey.Create();
        var proof = other.Prove("anything"u8);
        Assert.True(Ecvrf.TryOutput(proof, out var output));
        log.Blocks[^1].Proof = proof.Bytes.ToArray();
        log.Blocks[^1].Replace("randomness", output.ToString());
        log.Certify(keys, log.Blocks.Count - 1);
    }

    /// <summary>Signs a changed payload with a key, naming a key.</summary>
    private static void Resign(EditableLeaf leaf, EphemeralSigningKey named, EphemeralSigningKey signer, Func<string, string> change)
    {
        var payload = Base64Url.Encode(Encoding.UTF8.GetBytes(change(leaf.Payload)));
        var header = Base64Url.Encode(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","typ":"cf+jws","kid":"{{named.PublicKey}}"}"""));
        leaf.Transaction = Encoding.ASCII.GetBytes($"{header}.{payload}.{Base64Url.Encode(signer.Sign(Encoding.ASCII.GetBytes($"{header}.{payload}")))}");
        leaf.Id = TransactionParser.IdOf(Encoding.ASCII.GetBytes(payload)).ToArray();
    }

    private static void ChangePayload(EditableLeaf leaf, TestKeys keys)
    {
        var parts = Encoding.ASCII.GetString(leaf.Transaction).Split('.');
        var payload = Base64Url.Encode(Encoding.UTF8.GetBytes(leaf.Payload.Replace("\"units\":\"2\"", "\"units\":\"3\"", StringComparison.Ordinal)));
        leaf.Transaction = Encoding.ASCII.GetBytes($"{parts[0]}.{payload}.{parts[2]}");
        leaf.Id = TransactionParser.IdOf(Encoding.ASCII.GetBytes(payload)).ToArray();
    }

    private static void SetHeader(EditableBlock block, Func<string, string> change) => block.Header = Encoding.UTF8.GetBytes(change(block.HeaderText));

    private static byte[] FlipSignature(byte[] certificate) => Encoding.ASCII.GetBytes(Regex.Replace(
        Encoding.ASCII.GetString(certificate), "\"signature\":\"(.)", match => $"\"signature\":\"{(match.Groups[1].Value == "A" ? 'B' : 'A')}"));

    private static byte[] DoubleSignature(byte[] certificate) => Encoding.ASCII.GetBytes(Regex.Replace(
        Encoding.ASCII.GetString(certificate), "\"signatures\":\\[(.+)\\]", match => $"\"signatures\":[{match.Groups[1].Value},{match.Groups[1].Value}]"));
}

/// <summary>One ledger, made once for all tests that alter copies of it.</summary>
public sealed class MadeLedger : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public string Folder => folder.Path;

    internal TestKeys Keys { get; private set; } = null!;

    public async Task InitializeAsync() => Keys = await TestChain.MakeAsync(Folder);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => folder.Dispose();
}
