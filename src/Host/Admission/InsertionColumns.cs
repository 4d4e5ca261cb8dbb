using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Npgsql;
using NpgsqlTypes;

namespace Counterfoil.Host.Admission;

/// <summary>Transactions on their way into the shared pool, column by column, as the database's functions take them.</summary>
internal sealed class InsertionColumns(IReadOnlyList<SharedTransaction> transactions, ReadOnlyMemory<byte> attestation, Timestamp received, long maximum)
{
    private int[] claimTransactions = [];

    /// <summary>How many transactions.</summary>
    public int Count => transactions.Count;

    public void AddTransactionsTo(NpgsqlCommand command)
    {
        command.Add(NpgsqlDbType.Bytea, ArrayOf(attestation));
        command.Add(NpgsqlDbType.Bigint, received.UnixMilliseconds);
        command.Add(NpgsqlDbType.Bigint, maximum);
        command.AddColumn(NpgsqlDbType.Bytea, transactions, transaction => transaction.ReplayKey.ToArray());
        command.AddColumn(NpgsqlDbType.Bytea, transactions, transaction => transaction.Id.ToArray());
        command.AddColumn(NpgsqlDbType.Bigint, transactions, transaction => transaction.ExpiresSeconds);
        command.AddColumn(NpgsqlDbType.Bytea, transactions, transaction => ArrayOf(transaction.Bytes));
        command.AddColumn(NpgsqlDbType.Bytea, transactions, Pack);
    }

    /// <summary>What all of them claim of each subject, and the least that any of them found there to be.</summary>
    public void AddTotalsTo(NpgsqlCommand command)
    {
        var totals = new Dictionary<Digest<ClaimSubject>, (BigInteger Total, UInt128 Capacity)>(transactions.Count);
        foreach (var transaction in transactions)
            foreach (var (wanted, capacity) in transaction.Claims)
            {
                ref var total = ref CollectionsMarshal.GetValueRefOrAddDefault(totals, wanted.Subject, out var isThere);
                total = (total.Total + wanted.Amount, isThere ? UInt128.Min(total.Capacity, capacity) : capacity);
            }
        var subjects = totals.ToArray();
        command.AddColumn(NpgsqlDbType.Bytea, subjects, subject => subject.Key.ToArray());
        command.AddColumn(NpgsqlDbType.Numeric, subjects, subject => subject.Value.Total);
        command.AddColumn(NpgsqlDbType.Numeric, subjects, subject => (BigInteger)subject.Value.Capacity);
    }

    /// <summary>Every claim by itself, in the order of the transactions, which count from 1.</summary>
    public void AddClaimsTo(NpgsqlCommand command)
    {
        var claims = transactions.SelectMany((transaction, index) => transaction.Claims.Select(claim => (Transaction: index + 1, Claim: claim))).ToArray();
        claimTransactions = [.. claims.Select(claim => claim.Transaction)];
        command.Add(NpgsqlDbType.Array | NpgsqlDbType.Integer, claimTransactions);
        command.AddColumn(NpgsqlDbType.Bytea, claims, claim => claim.Claim.Wanted.Subject.ToArray());
        command.AddColumn(NpgsqlDbType.Numeric, claims, claim => (BigInteger)claim.Claim.Wanted.Amount);
        command.AddColumn(NpgsqlDbType.Numeric, claims, claim => (BigInteger)claim.Claim.Capacity);
    }

    /// <summary>What an outcome of <see cref="PostgresPoolSchema"/> says, after <see cref="AddClaimsTo"/>.</summary>
    public SharedInsertion ResultOf(int outcome, long firstReceived) => outcome switch
    {
        0 => new SharedInsertion(SharedOutcome.Added, firstReceived),
        -1 => new SharedInsertion(SharedOutcome.Present, firstReceived),
        -2 => new SharedInsertion(SharedOutcome.Replayed),
        -3 => new SharedInsertion(SharedOutcome.Full),
        _ => new SharedInsertion(SharedOutcome.Claimed, Claim: outcome - 1 - Array.IndexOf(claimTransactions, claimTransactions[outcome - 1])),
    };

    private static byte[] Pack(SharedTransaction transaction)
    {
        var packed = new byte[PostgresPool.HoldSize * transaction.Claims.Count];
        for (var index = 0; index < transaction.Claims.Count; index++)
        {
            var (subject, amount) = transaction.Claims[index].Wanted;
            subject.CopyTo(packed.AsSpan(PostgresPool.HoldSize * index));
            BinaryPrimitives.WriteUInt128BigEndian(packed.AsSpan(PostgresPool.HoldSize * index + Digest<ClaimSubject>.Size), amount);
        }
        return packed;
    }

    private static byte[] ArrayOf(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : memory.ToArray();
}
