using System.Buffers.Binary;
using System.Text;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;

namespace Counterfoil.Tools;

/// <summary>
/// Checks what stands in blocks: ids, form, signatures, and the outcomes that follow from the chain itself.
/// </summary>
internal sealed class LeafChecker(
    StoredGenesis genesis, AccountsModel accounts, ReplayModel replay, Findings findings)
{
    private const int MostDueWork = 1_000;

    // What a first key or a recipient may be refused for, which this model does not follow.
    private static readonly string[] BelievedCodes = ["sponsor_quota_exceeded", "certificate_revoked"];
    private static readonly string[] OpeningCodes = ["sponsor_quota_exceeded", "unknown_account", "malformed_key"];

    // What governance tells when a parameter or the rules change; this model does not follow to what.
    private static readonly string[] RuleChanges = ["governance.parameter_set", "governance.rules_activated"];

    private readonly SignatureChecker signatures = new(accounts.Keys, findings);
    private readonly IdSet ids = new();

    public long Transactions { get; private set; }

    public long DueWork { get; private set; }

    public long SignaturesVerified => signatures.Verified;

    public long SignaturesUnattributed => signatures.Unattributed;

    /// <summary>The last height at which keys and balances were followed.</summary>
    public long FollowedTo { get; private set; }

    /// <summary>False from the block on after one in which governance changed a parameter or the rules.</summary>
    public bool AreRulesKnown { get; private set; } = true;

    /// <summary>The last height to which the rules that genesis gives were followed.</summary>
    public long RulesFollowedTo { get; private set; }

    public void Check(StoredBlock block, StoredHeader header)
    {
        var changesRules = false;
        replay.Begin(header.Time / 1000);
        var frontier = new MerkleFrontier();
        long bytes = 0, count = 0;
        for (var index = 0; index < block.Leaves.Count && !findings.IsFull; index++)
        {
            var leaf = block.Leaves[index];
            frontier.Append(MerkleHash.Leaf(leaf.Id.ToArray(), leaf.Outcome));
            var outcome = StoredOutcome.Read(leaf.Outcome, leaf.Due is not null);
            findings.Require(
                outcome is not null, FindingCode.OutcomeMalformed, header.Height,
                SignatureChecker.WhereOf(index));
            findings.Require(
                ids.Add(leaf.Id), FindingCode.TransactionRepeated, header.Height,
                SignatureChecker.WhereOf(index));
            bytes += leaf.Transaction.Length;
            changesRules |= outcome?.Events.Any(happened => RuleChanges.Contains(happened.Type)) == true;
            if (leaf.Due is { } due)
            {
                DueWork++;
                findings.Require(
                    count == 0, FindingCode.LeafOrder, header.Height, SignatureChecker.WhereOf(index));
                CheckDueWork(leaf.Id, due, header, index);
                FollowEvents(outcome, header, index);
            }
            else
            {
                count++;
                CheckTransaction(leaf, outcome, header, index);
            }
        }
        Transactions += count;
        findings.Require(frontier.Root().As<Stored>() == header.TransactionsRoot
            || findings.IsFull, FindingCode.RootMismatch, header.Height);
        var isWithin = count <= genesis.MaximumBlockTransactions && block.Leaves.Count - count <= MostDueWork
            && (bytes <= genesis.MaximumBlockBytes || count == 1);
        findings.Require(isWithin || !AreRulesKnown, FindingCode.BlockTooLarge, header.Height);
        if (AreRulesKnown)
            RulesFollowedTo = header.Height;
        AreRulesKnown &= !changesRules;
        signatures.VerifyAll(header.Height);
        if (!accounts.IsLost)
            FollowedTo = header.Height;
    }

    private void CheckDueWork(Hash id, StoredDueWork due, StoredHeader header, int index)
    {
        var time = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, due.Due);
        var expected = Hash.Of([.. "cf-due\0"u8, .. Encoding.UTF8.GetBytes($"{due.Contract}.{due.Timer}\0"), .. time, .. due.Id]);
        findings.Require(
            id == expected, FindingCode.DueWorkId, header.Height, SignatureChecker.WhereOf(index));
        findings.Require(
            due.Due <= header.Time, FindingCode.DueWorkEarly, header.Height, SignatureChecker.WhereOf(index));
    }

    private void CheckTransaction(StoredLeaf leaf, StoredOutcome? outcome, StoredHeader header, int index)
    {
        var (height, where) = (header.Height, SignatureChecker.WhereOf(index));
        var transaction = StoredTransaction.Read(leaf.Transaction);
        if (!findings.Require(transaction is not null, FindingCode.TransactionMalformed, height, where))
            return;
        findings.Require(transaction!.Id == leaf.Id, FindingCode.TransactionId, height, where);
        findings.Require(transaction.Net == genesis.Net, FindingCode.TransactionNet, height, where);
        var validity = transaction.Expires - transaction.IssuedAt;
        findings.Require(validity >= 1
            && (validity <= genesis.MaximumValiditySeconds || !AreRulesKnown), FindingCode.TransactionValidity, height, where);
        var opens = new List<(Hash Account, PublicKey Key)>();
        var keyRefusal = signatures.Take(transaction, height, index, opens);
        if (outcome is null)
            return;

        // What has no authority has no place in a block.
        if (!findings.Require(transaction.Expires > header.Time / 1000, FindingCode.ExpiryContradicted, height, where)
            || !findings.Require(replay.Add(transaction, height), FindingCode.ReplayContradicted, height, where)
            || !findings.Require(keyRefusal is null || accounts.IsLost, FindingCode.KeyContradicted, height, where))
            return;
        if (opens.Count > 0 && OpeningCodes.Contains(outcome.Code))
            return;
        Follow(transaction, outcome, opens, height, where);
    }

    private void Follow(
        StoredTransaction transaction, StoredOutcome outcome, List<(Hash Account, PublicKey Key)> opens,
        long height, string where)
    {
        if (outcome.IsSuccess)
            foreach (var (account, key) in opens)
                accounts.Keys.Add(account, key);
        if (!transaction.Action.StartsWith("accounts.", StringComparison.Ordinal) || genesis.Accounts is null)
        {
            FollowEvents(outcome, height, where);
            return;
        }
        var verdict = accounts.Judge(transaction, out var isMalformed);
        if (!findings.Require(!isMalformed || accounts.IsLost, FindingCode.ArgumentMalformed, height, where))
            return;
        var isRight = !verdict.IsKnown || accounts.IsLost
            || outcome.Code == verdict.Code && (verdict.Facts is null
            || outcome.Facts.SequenceEqual(verdict.Facts))
            || verdict.Code is null && BelievedCodes.Contains(outcome.Code);
        findings.Require(isRight, FindingCode.AccountsContradicted, height, where);
        if (outcome.IsSuccess)
            accounts.Follow(transaction);
    }

    private void FollowEvents(StoredOutcome? outcome, StoredHeader header, int index) =>
        FollowEvents(outcome, header.Height, SignatureChecker.WhereOf(index));

    private void FollowEvents(StoredOutcome? outcome, long height, string where)
    {
        if (outcome is null || genesis.Accounts is null)
            return;
        foreach (var happened in outcome.Events)
            if (happened.Type.StartsWith("accounts.", StringComparison.Ordinal))
                findings.Require(accounts.Follow(happened)
                    || accounts.IsLost, FindingCode.AccountsContradicted, height, where);
    }
}
