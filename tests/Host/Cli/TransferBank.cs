using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Tests.Cli;

/// <summary>A signed transfer and what is known of it.</summary>
internal sealed class SentTransfer(int from, int to, long units, byte[] bytes, Digest<Transaction> id)
{
    public int From => from;

    public int To => to;

    public long Units => units;

    public ReadOnlyMemory<byte> Bytes => bytes;

    public Digest<Transaction> Id => id;

    /// <summary>The final answer; null while none came.</summary>
    public SubmissionAnswer? Answer { get; set; }

    /// <summary>True once a node answered that its time is over and that it stands in no block.</summary>
    public bool IsExpired { get; set; }

    /// <summary>True once the node signed that it admitted it.</summary>
    public bool IsAcknowledged { get; set; }
}

/// <summary>
/// The holders of a few accounts, all that they ever sent, and a model of what they should have: each accepted transfer counts once.
/// </summary>
internal sealed class TransferBank : IDisposable
{
    public const long Units = 1_000_000;

    private readonly List<EphemeralSigningKey> keys;
    private readonly string asset;
    private readonly Lock gate = new();
    private readonly List<SentTransfer> sent = [];
    private readonly Random random;
    private NodeClient? node;
    private Digest<Net> net;

    private TransferBank(List<EphemeralSigningKey> keys, Random random)
    {
        this.keys = keys;
        this.random = random;
        asset = Asset.IdOf(AccountOf(0), "BANK").ToString();
    }

    /// <summary>All that was sent, in the order of sending.</summary>
    public IReadOnlyList<SentTransfer> Sent
    {
        get
        {
            lock (gate)
                return [.. sent];
        }
    }

    public IEnumerable<SubmissionAnswer> Accepted => Sent.Where(transfer => transfer.Answer is not null).Select(transfer => transfer.Answer!);

    public NodeClient Node => node!;

    /// <summary>Makes the accounts and writes the home's configuration, from which the node's genesis is made.</summary>
    public static TransferBank Create(string home, int accounts, int seed = 1)
    {
        var bank = new TransferBank([.. Enumerable.Range(0, accounts).Select(_ => EphemeralSigningKey.Create())], new Random(seed));
        var section = new AccountsGenesis(
            [.. bank.keys.Select(key => new GenesisAccount(key.PublicKey))],
            [new GenesisAsset(bank.AccountOf(0), "BANK", "Bank", 0, (UInt128)(Units * accounts), Transferable: true, Shieldable: false)],
            [.. bank.keys.Select(key => new GenesisBalance(AccountId.Of(key.PublicKey), "BANK", Units))]);
        Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(home, "config.json"), JsonSerializer.Serialize(new
        {
            name = "bank",
            rate_limits = new { enabled = false },
            genesis = new { contracts = new { accounts = JsonSerializer.SerializeToElement(section, AccountsJson.Instance.AccountsGenesis) } },
        }));
        return bank;
    }

    /// <summary>Talks to the node from now on, wherever it answers.</summary>
    public async Task ConnectAsync(Uri address)
    {
        node?.Dispose();
        node = new NodeClient(address);
        net = (await node.GetStatusAsync()).Net;
    }

    /// <summary>Signs transfers between random accounts. They count as sent from now on.</summary>
    public List<SentTransfer> Make(int count)
    {
        lock (gate)
        {
            var made = new List<SentTransfer>(count);
            for (var index = 0; index < count; index++)
            {
                var from = random.Next(keys.Count);
                var to = (from + 1 + random.Next(keys.Count - 1)) % keys.Count;
                var units = random.Next(1, 50);
                var argument = $$$"""{"to":"{{{AccountOf(to)}}}","amount":{"asset":"{{{asset}}}","units":"{{{units}}}"}}""";
                var draft = TransactionDraft.Create(
                    net, AccountOf(from), "accounts.transfer", System.Text.Encoding.ASCII.GetBytes(argument), Timestamp.From(DateTimeOffset.UtcNow), TimeSpan.FromSeconds(110));
                made.Add(new SentTransfer(from, to, units, TransactionSigner.Sign(draft, keys[from]), draft.Id));
            }
            sent.AddRange(made);
            return made;
        }
    }

    /// <summary>Sends transfers and waits until all are final.</summary>
    public async Task SendAsync(IReadOnlyList<SentTransfer> transfers)
    {
        var answers = await Node.SubmitAsync([.. transfers.Select(transfer => Submission.Of(transfer.Bytes))]);
        for (var index = 0; index < transfers.Count; index++)
            Take(transfers[index], answers[index]);
    }

    /// <summary>Sends transfers and waits until the node signed that it admitted them.</summary>
    public async Task AdmitAsync(IReadOnlyList<SentTransfer> transfers)
    {
        var answers = await Node.AdmitAsync([.. transfers.Select(transfer => Submission.Of(transfer.Bytes))]);
        for (var index = 0; index < transfers.Count; index++)
        {
            if (answers[index].Acknowledgement is null)
                Take(transfers[index], answers[index]);
            else
                transfers[index].IsAcknowledged = true;
        }
    }

    /// <summary>Requires that every account has what it began with and what the accepted transfers say, each counted once.</summary>
    public async Task RequireBalancesAsync()
    {
        var expected = Enumerable.Repeat(Units, keys.Count).ToArray();
        foreach (var transfer in Sent.Where(transfer => transfer.Answer is not null))
        {
            expected[transfer.From] -= transfer.Units;
            expected[transfer.To] += transfer.Units;
        }
        for (var index = 0; index < keys.Count; index++)
        {
            var account = (await Node.GetAccountAsync(AccountOf(index))).Value;
            Assert.Equal((UInt128)expected[index], account.Balances[asset]);
        }
    }

    public void Dispose()
    {
        node?.Dispose();
        foreach (var key in keys)
            key.Dispose();
    }

    /// <summary>An answer that came; a first one is kept, a later one must say the same.</summary>
    private static void Take(SentTransfer transfer, SubmissionAnswer answer)
    {
        Assert.True(answer.IsAccepted, $"{transfer.Id}: {answer.Code}");
        Assert.Equal(transfer.Id, answer.Id);
        if (transfer.Answer is not { } first)
        {
            transfer.Answer = answer;
            return;
        }
        Assert.True(answer.Repeat, $"{transfer.Id} was executed again");
        Assert.Equal((first.Height, first.Index), (answer.Height, answer.Index));
    }

    private AccountId AccountOf(int index) => AccountId.Of(keys[index].PublicKey);
}
