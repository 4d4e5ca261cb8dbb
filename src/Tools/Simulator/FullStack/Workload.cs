using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Simulator.FullStack;

/// <summary>What people send: transfers, openings, keys, rights, alarms, changes of the validators, conflicts, repetitions and garbage.</summary>
internal sealed class Workload
{
    private const int OpenClients = 6;
    private const int ClosedClients = 4;
    private const int BeginningUnits = 1_000;

    private readonly SimulatedWorld world;
    private readonly SimulatedClient issuer = new(0);
    private readonly List<SimulatedClient> clients = [.. Enumerable.Range(1, OpenClients + ClosedClients).Select(number => new SimulatedClient(number))];
    private readonly List<byte[]> sent = [];
    private readonly List<Promise> promises = [];
    private readonly List<Digest<Right>> rights = [];
    private bool isOver;
    private int number;

    public Workload(SimulatedWorld world)
    {
        this.world = world;
        Asset = Contracts.Accounts.Asset.IdOf(issuer.Account, "SIM");
    }

    public Digest<Asset> Asset { get; }

    /// <summary>What nodes acknowledged.</summary>
    public IReadOnlyList<Promise> Promises => promises;

    public IEnumerable<AccountId> Accounts => clients.Select(client => client.Account).Append(issuer.Account);

    public AccountsGenesis Genesis() => new(
        [new GenesisAccount(issuer.Keys[0].PublicKey), .. clients.Take(OpenClients).Select(client => new GenesisAccount(client.Keys[0].PublicKey))],
        [new GenesisAsset(issuer.Account, "SIM", "Simulated", 0, 1_000_000, true, false)],
        [.. clients.Take(OpenClients).Select(client => new GenesisBalance(client.Account, "SIM", BeginningUnits))]);

    public void Begin() => world.After(300_000, SendSome);

    public void End() => isOver = true;

    public void SetValidators(int change)
    {
        var set = world.Plan.SetAfter(change).Select(pair => world.Nodes[pair.Key].Entry(pair.Value));
        var argument = JsonSerializer.SerializeToUtf8Bytes(new MembersMessage([.. set]), CommitteeJson.Instance.MembersMessage);
        Send(Sign(issuer, issuer.Keys[0], "committee.set", argument, 20));
    }

    private void SendSome()
    {
        if (isOver)
            return;
        var random = world.Random;
        for (var left = random.Pick<int>([1, 1, 1, 2, 4]); left > 0; left--)
            SendOne();
        world.After(random.Between(60, 400) * 1_000, SendSome);
    }

    private void SendOne()
    {
        var random = world.Random;
        var client = random.Pick(clients);
        switch (random.Below(20))
        {
            case 0:
                AddOrTakeKey(client);
                break;
            case 1:
                Send(Sign(client, client.Keys[0], "accounts.open", "{}"u8, 30, opens: true));
                break;
            case 2:
                SpendTwice(client);
                break;
            case 3 when sent.Count > 0:
                Send(random.Pick(sent));
                break;
            case 4:
                SameNameTwice(client);
                break;
            case 5:
                Send(Transfer(client, random.Pick(clients), random.Between(1, 20), random.Between(1, 3)));
                break;
            case 6:
                IssueRight();
                break;
            case 7 or 8 when rights.Count > 0:
                RedeemRight();
                break;
            case 9 when world.Governed is null:
                var alarm = new AlarmMessage($"alarm {random.Below(10)}", (world.Time + TimeSpan.FromMilliseconds(random.Between(0, 2_000))).UnixMilliseconds);
                Send(Sign(client, random.Pick(client.Keys), "committee.alarm", Json(alarm, CommitteeJson.Instance.AlarmMessage), 30));
                break;
            case 10:
                SendBroken(Transfer(client, random.Pick(clients), 1, 30));
                break;
            default:
                Send(Transfer(client, random.Pick(clients), random.Pick<int>([1, 5, 50, 400, 3_000]), 30));
                break;
        }
    }

    private void AddOrTakeKey(SimulatedClient client)
    {
        var random = world.Random;
        var json = AccountsJson.Instance;
        var signer = random.Pick(client.Keys);
        var old = random.Pick(client.Keys).PublicKey.Thumbprint;
        switch (random.Below(3))
        {
            case 0:
                Send(Sign(client, signer, "accounts.remove_key", Json(new RemoveKeyMessage(old), json.RemoveKeyMessage), 30));
                break;
            case 1:
                var added = client.NewKey();
                Send(Sign(client, signer, "accounts.add_key", Json(new AddKeyMessage(added.PublicKey, Prove(client, added)), json.AddKeyMessage), 30));
                break;
            default:
                var turned = client.NewKey();
                var rotation = new RotateKeyMessage(old, turned.PublicKey, Prove(client, turned));
                Send(Sign(client, signer, "accounts.rotate_key", Json(rotation, json.RotateKeyMessage), 30));
                break;
        }
        // What waits with a key that goes meanwhile.
        Send(Transfer(client, random.Pick(clients), 1, 30));
    }

    // More than there is, at two nodes, at the same time.
    private void SpendTwice(SimulatedClient client)
    {
        var units = world.Random.Between(600, 1_000);
        Send(Transfer(client, world.Random.Pick(clients), units, 30));
        Send(Transfer(client, world.Random.Pick(clients), units, 30));
    }

    private void SameNameTwice(SimulatedClient client)
    {
        var name = NewName();
        Send(Transfer(client, world.Random.Pick(clients), 2, 30, name));
        Send(Transfer(client, world.Random.Pick(clients), 3, 30, name));
    }

    private void IssueRight()
    {
        var random = world.Random;
        var right = Digest<Right>.Of(BitConverter.GetBytes(random.Next()));
        rights.Add(right);
        var expires = random.Chance(500) ? world.Time.UnixSeconds + random.Between(1, 8) : (long?)null;
        var message = new IssueRightMessage(right, random.Pick(clients).Account, Uses: (uint)random.Between(1, 3), ExpiresSeconds: expires, Transferable: true);
        Send(Sign(issuer, issuer.Keys[0], "rights.issue", Json(message, RightsJson.Instance.IssueRightMessage), 30));
    }

    private void RedeemRight()
    {
        var client = world.Random.Pick(clients);
        var message = new RedeemRightMessage(issuer.Account, world.Random.Pick(rights));
        Send(Sign(client, world.Random.Pick(client.Keys), "rights.redeem", Json(message, RightsJson.Instance.RedeemRightMessage), 30));
    }

    private void SendBroken(byte[] transaction)
    {
        var broken = (byte[])transaction.Clone();
        var at = world.Random.Below(broken.Length);
        broken[at] = broken[at] == (byte)'A' ? (byte)'B' : (byte)'A';
        if (!broken.AsSpan().SequenceEqual(transaction) && Send(broken) is { Acknowledgement: not null })
            world.Checker.Violate("a transaction with another byte in it was acknowledged");
    }

    private byte[] Transfer(SimulatedClient from, SimulatedClient to, int units, int validitySeconds, string? name = null)
    {
        var message = new TransferMessage(to.Account, new Amount(Asset, (UInt128)units));
        return Sign(from, world.Random.Pick(from.Keys), "accounts.transfer", Json(message, AccountsJson.Instance.TransferMessage), validitySeconds, name: name);
    }

    private byte[] Sign(
        SimulatedClient client, DeterministicSigningKey key, string action, ReadOnlySpan<byte> argument, int validitySeconds, bool opens = false,
        string? name = null)
    {
        var validity = TimeSpan.FromSeconds(validitySeconds);
        var draft = TransactionDraft.Create(world.Genesis.Net, client.Account, action, argument, world.Time, validity, jti: name ?? NewName());
        return TransactionSigner.Sign(draft, key, opens);
    }

    /// <summary>Sends it to a node that is up, and remembers what the node promised.</summary>
    /// <returns>Null if no node answers at once.</returns>
    public SubmissionResult? Send(byte[] transaction, params IReadOnlyList<AttachmentContent> attachments)
    {
        if (attachments.Count == 0)
            sent.Add(transaction);
        var up = world.Nodes.Where(node => node.IsUp).ToList();
        if (up.Count == 0)
            return null;
        var node = world.Random.Pick(up);
        SubmissionResult? result = null;
        node.Do(ledger => result = Submit(ledger, new Submission(transaction, attachments)));
        world.Trace.Note(world.Now, node.Index, 8, result is null ? 0 : result.Refusal is null ? 1 : 2);
        if (result is { Acknowledgement: not null, Repeat: false } && TransactionParser.Parse(transaction, out var parsed) is null)
        {
            world.Trace.Write(world.Now, $"n{node.Index} acknowledges {parsed!.Payload.Action} {parsed.Id.ToString()[..8]}");
            promises.Add(new Promise(node.Index, parsed));
        }
        return result;
    }

    private static SubmissionResult? Submit(Ledger.Ledger ledger, Submission submission)
    {
        try
        {
            var answer = ledger.AdmitAsync([submission]);
            // What waits here already is answered when it is final, and nobody waits for that.
            return answer.IsCompleted ? answer.GetAwaiter().GetResult()[0] : null;
        }
        catch (LogWriteException)
        {
            // The disk is full: nothing was promised.
            return null;
        }
    }

    private string NewName() => $"t{++number}";

    private string Prove(SimulatedClient client, ISigningKey key) => KeyPossession.Prove(world.Genesis.Net, client.Account, key);

    private static byte[] Json<T>(T message, JsonTypeInfo<T> form) => JsonSerializer.SerializeToUtf8Bytes(message, form);
}

/// <summary>A transaction that a node acknowledged: it must become final once, or be refused for a reason that its bytes or the ledger give.</summary>
/// <param name="Node">Which node.</param>
/// <param name="Transaction">The transaction.</param>
internal sealed record Promise(int Node, Transaction Transaction);
