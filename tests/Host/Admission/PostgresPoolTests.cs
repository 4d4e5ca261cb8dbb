using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Admission;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Admission;

/// <summary>The shared pool on a real PostgreSQL: one order, one row, no claim twice.</summary>
[NeedsPostgreSql]
public sealed class PostgresPoolTests
{
    private static readonly Digest<Net> Net = Digest<Net>.Of("net"u8);
    private static readonly AccountId Node = AccountId.Of(EphemeralSigningKey.Create().PublicKey);
    private static readonly Timestamp Now = new(1_790_000_000_000);

    [DatabaseFact]
    public async Task Insert_OfTheSameTransactionTwice_KeepsOneRowAndTheFirstTime()
    {
        await using var one = PostgresPool.Create(PostgreSqlServer.CreateDatabase(), Net, Node);
        var transaction = Make(1);
        Assert.Equal(new SharedInsertion(SharedOutcome.Added, Now.UnixMilliseconds), await InsertAsync(one, transaction));
        var malleated = transaction with { Bytes = new byte[] { 9, 9 } };
        var later = await one.InsertAsync([malleated, Make(2)], default, new Timestamp(Now.UnixMilliseconds + 5), default);
        Assert.Equal([new SharedInsertion(SharedOutcome.Present, Now.UnixMilliseconds), new SharedInsertion(SharedOutcome.Added, Now.UnixMilliseconds + 5)], later);
        var page = await one.ReadAsync(0, 10, default);
        Assert.Equal([[1], [2]], page.Entries.Select(entry => entry.Bytes.ToArray()));
    }

    [DatabaseFact]
    public async Task Insert_OfAnotherTransactionWithASpentJti_IsReplayed()
    {
        await using var pool = PostgresPool.Create(PostgreSqlServer.CreateDatabase(), Net, Node);
        var first = Make(1);
        await InsertAsync(pool, first);
        Assert.Equal(SharedOutcome.Replayed, (await InsertAsync(pool, Make(2) with { ReplayKey = first.ReplayKey })).Outcome);
    }

    [DatabaseFact]
    public async Task Insert_OfClaimsInOneBatch_GivesRoomInTheirOrderAndNamesTheClaim()
    {
        await using var pool = PostgresPool.Create(PostgreSqlServer.CreateDatabase(), Net, Node);
        var results = await pool.InsertAsync(
            [
                Make(1, Claim('a', 60, 100)),
                Make(2, Claim('b', 1, 1), Claim('a', 50, 100)),
                Make(3, Claim('a', 40, 100)),
                Make(4, Claim('b', 1, 1)),
                Make(5),
                Make(6, Claim('c', 6, 10), Claim('c', 5, 10)),
            ],
            default, Now, default);
        Assert.Equal(
            [SharedOutcome.Added, SharedOutcome.Claimed, SharedOutcome.Added, SharedOutcome.Added, SharedOutcome.Added, SharedOutcome.Claimed],
            results.Select(result => result.Outcome));
        Assert.Equal((1, 1), (results[1].Claim, results[5].Claim));
        // What was refused holds nothing; what was removed holds nothing any more.
        Assert.Equal(SharedOutcome.Claimed, (await InsertAsync(pool, Make(7, Claim('a', 1, 100)))).Outcome);
        var page = await pool.ReadAsync(0, 100, default);
        await pool.RemoveAsync([.. page.Entries.Take(1)], default);
        await pool.RemoveAsync([.. page.Entries.Take(1)], default);
        Assert.Equal(SharedOutcome.Claimed, (await InsertAsync(pool, Make(8, Claim('a', 61, 100)))).Outcome);
        Assert.Equal(SharedOutcome.Added, (await InsertAsync(pool, Make(9, Claim('a', 60, 100)))).Outcome);
    }

    [DatabaseFact]
    public async Task Insert_OfTheLargestAmount_IsHeldExactly()
    {
        await using var pool = PostgresPool.Create(PostgreSqlServer.CreateDatabase(), Net, Node);
        Assert.Equal(SharedOutcome.Added, (await InsertAsync(pool, Make(1, Claim('a', UInt128.MaxValue, UInt128.MaxValue)))).Outcome);
        Assert.Equal(SharedOutcome.Claimed, (await InsertAsync(pool, Make(2, Claim('a', 1, UInt128.MaxValue)))).Outcome);
        Assert.Equal(UInt128.MaxValue, Assert.Single((await pool.ReadAsync(0, 10, default)).Entries[0].Holds).Amount);
    }

    [DatabaseFact]
    public async Task Insert_OfTotalsThatNoAmountHolds_IsSettledOneByOne()
    {
        await using var pool = PostgresPool.Create(PostgreSqlServer.CreateDatabase(), Net, Node);
        var results = await pool.InsertAsync(
            [.. Enumerable.Range(1, 4).Select(number => Make(number, Claim('a', UInt128.MaxValue, UInt128.MaxValue)))], default, Now, default);
        Assert.Equal([SharedOutcome.Added, SharedOutcome.Claimed, SharedOutcome.Claimed, SharedOutcome.Claimed], results.Select(result => result.Outcome));
    }

    [DatabaseFact]
    public async Task Insert_WhoseCapacitiesDiffer_GivesEachWhatItsOwnAllows()
    {
        await using var pool = PostgresPool.Create(PostgreSqlServer.CreateDatabase(), Net, Node);
        var results = await pool.InsertAsync([Make(1, Claim('a', 5, 10)), Make(2, Claim('a', 4, 8)), Make(3, Claim('a', 5, 10))], default, Now, default);
        Assert.Equal([SharedOutcome.Added, SharedOutcome.Claimed, SharedOutcome.Added], results.Select(result => result.Outcome));
        // What the first attempt held in vain is held no longer.
        Assert.Equal(SharedOutcome.Claimed, (await InsertAsync(pool, Make(4, Claim('a', 1, 10)))).Outcome);
        Assert.Equal(SharedOutcome.Added, (await InsertAsync(pool, Make(5, Claim('a', 1, 11)))).Outcome);
    }

    [DatabaseFact]
    public async Task Insert_BeyondTheCapacity_IsFullUntilSomeLeave()
    {
        await using var pool = PostgresPool.Create(PostgreSqlServer.CreateDatabase(), Net, Node, capacity: 2);
        await pool.InsertAsync([Make(1), Make(2)], default, Now, default);
        var results = await pool.InsertAsync([Make(2), Make(3)], default, Now, default);
        Assert.Equal([SharedOutcome.Present, SharedOutcome.Full], results.Select(result => result.Outcome));
        await pool.RemoveAsync([.. (await pool.ReadAsync(0, 1, default)).Entries], default);
        Assert.Equal(SharedOutcome.Added, (await InsertAsync(pool, Make(3))).Outcome);
    }

    [DatabaseFact]
    public async Task Insert_ByManyServersAtOnce_NeverPromisesAClaimTwiceAndKeepsOneOrder()
    {
        const int servers = 4;
        const int rounds = 30;
        const ulong capacity = 500;
        var line = PostgreSqlServer.CreateDatabase();
        var added = 0L;
        var seen = new List<long>();
        await using var reader = PostgresPool.Create(line, Net, Node);
        using var done = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            // Reads while the others write: an arrival that became visible late would be missed.
            for (var after = 0L; ;)
            {
                var last = done.IsCancellationRequested;
                var page = await reader.ReadAsync(after, 7, default);
                seen.AddRange(page.Entries.Select(entry => entry.Arrival));
                if (page.Entries.Count > 0)
                    after = page.Entries[^1].Arrival;
                else if (last)
                    return;
            }
        });
        await Parallel.ForEachAsync(Enumerable.Range(0, servers), async (server, _) =>
        {
            await using var pool = PostgresPool.Create(line, Net, Node);
            var random = new Random(server);
            for (var round = 0; round < rounds; round++)
            {
                var batch = Enumerable.Range(0, 1 + random.Next(20)).Select(_ => random.Next(1_000)).Distinct()
                    .Select(number => Make(number, Claim((char)('a' + number % 3), (ulong)(1 + number % 7), capacity))).ToArray();
                var results = await pool.InsertAsync(batch, default, Now, default);
                Interlocked.Add(ref added, results.Count(result => result.Outcome == SharedOutcome.Added));
            }
        });
        await done.CancelAsync();
        await reading;
        Assert.Equal(added, seen.Count);
        Assert.Equal(seen.Order(), seen);
        var all = (await reader.ReadAsync(0, 10_000, default)).Entries;
        Assert.Equal(all.Count, all.Select(entry => Convert.ToHexString(entry.Bytes.Span)).Distinct().Count());
        foreach (var held in all.SelectMany(entry => entry.Holds).GroupBy(hold => hold.Subject))
            Assert.InRange(held.Aggregate(UInt128.Zero, (sum, hold) => sum + hold.Amount), (UInt128)1, capacity);
        await reader.RemoveAsync(all, default);
        Assert.Empty((await reader.ReadAsync(0, 10, default)).Entries);
        Assert.Equal(SharedOutcome.Added, (await InsertAsync(reader, Make(5_000, Claim('a', capacity, capacity), Claim('b', capacity, capacity), Claim('c', capacity, capacity)))).Outcome);
    }

    [DatabaseFact]
    public async Task Attestations_OfInsertions_StandBesideTheirTransactionsUntilAllAreGone()
    {
        await using var pool = PostgresPool.Create(PostgreSqlServer.CreateDatabase(), Net, Node);
        await pool.InsertAsync([Make(1), Make(2)], new byte[] { 1 }, Now, default);
        await pool.InsertAsync([Make(2), Make(3)], new byte[] { 2 }, Now, default);
        var page = await pool.ReadAsync(0, 10, default);
        Assert.Equal(2, page.Attestations.Count);
        Assert.Equal((page.Entries[0].Arrival, page.Entries[1].Arrival), (page.Attestations[0].First, page.Attestations[0].Last));
        Assert.Equal((page.Entries[2].Arrival, page.Entries[2].Arrival), (page.Attestations[1].First, page.Attestations[1].Last));
        await pool.RemoveAsync([.. page.Entries.Take(2)], default);
        Assert.Equal([2], Assert.Single((await pool.ReadAsync(0, 10, default)).Attestations).Attestation.ToArray());
    }

    [DatabaseFact]
    public async Task Wait_ForArrivals_EndsWhenAnotherProcessInserts()
    {
        var line = PostgreSqlServer.CreateDatabase();
        await using var waiting = PostgresPool.Create(line, Net, Node);
        await using var inserting = PostgresPool.Create(line, Net, Node);
        await waiting.WaitAsync(TimeSpan.FromMinutes(1), default);
        var wait = waiting.WaitAsync(TimeSpan.FromMinutes(1), default);
        await InsertAsync(inserting, Make(1));
        await wait.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [DatabaseFact]
    public async Task Pool_WhoseConnectionsEnd_SaysSoAndWorksAgain()
    {
        var line = PostgreSqlServer.CreateDatabase();
        await using var pool = PostgresPool.Create(line, Net, Node);
        await InsertAsync(pool, Make(1));
        await pool.WaitAsync(TimeSpan.FromMinutes(1), default);
        var wait = pool.WaitAsync(TimeSpan.FromMinutes(1), default);
        PostgreSqlServer.EndConnections(line);
        await Assert.ThrowsAsync<SharedPoolException>(() => wait.WaitAsync(TimeSpan.FromSeconds(20)));
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Assert.Equal(SharedOutcome.Present, (await InsertAsync(pool, Make(1))).Outcome);
                return;
            }
            catch (SharedPoolException) when (attempt < 20)
            {
                await Task.Delay(50);
            }
        }
    }

    [DatabaseFact]
    public async Task Pool_OfAnotherNode_IsNotUsed()
    {
        var line = PostgreSqlServer.CreateDatabase();
        await using var pool = PostgresPool.Create(line, Net, Node);
        await InsertAsync(pool, Make(1));
        await using var other = PostgresPool.Create(line, Digest<Net>.Of("another"u8), Node);
        await Assert.ThrowsAsync<SharedPoolException>(() => InsertAsync(other, Make(2)));
        await Assert.ThrowsAsync<SharedPoolException>(() => other.ReadAsync(0, 1, default));
    }

    [Fact]
    public void Pool_InSqlite_IsRefused() =>
        Assert.Equal("admission_pool_malformed", Assert.Throws<NodeStartException>(() => PostgresPool.Create("sqlite:pool.db", Net, Node)).Code);

    private static async Task<SharedInsertion> InsertAsync(PostgresPool pool, SharedTransaction transaction) =>
        (await pool.InsertAsync([transaction], default, Now, default))[0];

    private static SharedTransaction Make(int number, params SharedClaim[] claims)
    {
        var name = BitConverter.GetBytes(number);
        return new SharedTransaction(Digest<Transaction>.Of(name), Digest<ReplayKey>.Of(name), 1_800_000_000, number < 256 ? new[] { (byte)number } : name, claims);
    }

    private static SharedClaim Claim(char subject, UInt128 amount, UInt128 capacity) =>
        new(new Reservation(Digest<ClaimSubject>.Of([(byte)subject]), amount), capacity);
}
