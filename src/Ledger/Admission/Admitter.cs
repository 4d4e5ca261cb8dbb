using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// First verification: from bytes to a transaction in the pool. Runs on the caller's thread, many at once; holds the state's lock only to look things up,
/// never while it verifies. Order: form, net and time, replay, action, signatures, attachments and Check, claims.
/// </summary>
internal sealed class Admitter(ContractSet contracts, Genesis genesis, ReaderWriterLockSlim stateLock)
{
    /// <summary>The largest attachment, in bytes.</summary>
    public const int MaximumAttachmentBytes = 256 * 1024;

    /// <summary>All attachments of a transaction together, in bytes.</summary>
    public const int MaximumAttachmentsBytes = 1024 * 1024;

    private readonly RulesInForce rules = new(genesis, contracts);
    private long signaturesChecked;

    /// <summary>How many signatures were verified since the start.</summary>
    public long SignaturesChecked => Interlocked.Read(ref signaturesChecked);

    /// <summary>Form, net and time: what needs neither state nor cryptography.</summary>
    public RefusalCode? CheckForm(Submission submission, Timestamp clock, Timestamp tip, out Transaction? transaction)
    {
        if (TransactionParser.Parse(submission.Transaction, out transaction) is { } refused)
            return refused;
        var payload = transaction!.Payload;
        if (payload.Net != genesis.Net)
            return TransactionRefusals.WrongNet;
        var parameters = rules.Parameters;
        var validity = payload.ExpiresSeconds - payload.IssuedAtSeconds;
        if (validity < 1 || validity > parameters.MaximumValiditySeconds)
            return TransactionRefusals.ValidityTooLong;
        if (payload.ExpiresSeconds <= tip.UnixSeconds || payload.ExpiresSeconds + parameters.ClockSkewSeconds <= clock.UnixSeconds)
            return TransactionRefusals.Expired;
        return payload.IssuedAtSeconds > clock.UnixSeconds + parameters.ClockSkewSeconds ? TransactionRefusals.NotYetValid : null;
    }

    /// <summary>The replay table's row for the transaction's (iss, jti), if any.</summary>
    public bool TryGetReplay(Transaction transaction, out ReplayRow row)
    {
        stateLock.EnterReadLock();
        try
        {
            return contracts.System.Replay.TryGet(new DigestKey<ReplayKey>(transaction.Payload.ReplayKey), out row);
        }
        finally
        {
            stateLock.ExitReadLock();
        }
    }

    /// <summary>Action, signatures, attachments, Check and the claims that it makes.</summary>
    /// <param name="transaction">What was read from the submission.</param>
    /// <param name="submission">The bytes as they came.</param>
    /// <param name="verified">What is known of it from now on.</param>
    /// <param name="isFirst">
    /// False for what was admitted before, here or elsewhere: the account that it opens may have been opened since, and it can stand in a block all the same.
    /// </param>
    public Refusal? Verify(Transaction transaction, Submission submission, out VerifiedTransaction? verified, bool isFirst = true)
    {
        verified = null;
        if (Interpret(transaction, out var definition, out var message) is { } uninterpreted)
            return uninterpreted;
        if (ResolveSigners(transaction, isCertified: false, isFirst, out var signers) is { } unresolved)
            return unresolved;
        if (VerifySignatures(transaction, signers!) is { } invalid)
            return invalid;
        if (CheckAttachments(definition!, message!, submission.Attachments, out var attachments) is { } mismatch)
            return mismatch;
        if (definition!.Check?.Invoke(new CheckContext(transaction, attachments!), message!) is { } refusal)
            return refusal;
        verified = new VerifiedTransaction
        {
            Transaction = transaction,
            Definition = definition,
            Message = message!,
            Signers = signers!,
            Claims = ClaimsOf(definition, transaction, message!),
        };
        return null;
    }

    /// <summary>Second verification, of what another node admitted: the same stages, trusting nothing.</summary>
    public Refusal? VerifyAgain(Transaction transaction, Submission submission, Timestamp clock, Timestamp tip, out VerifiedTransaction? verified)
    {
        verified = null;
        if (CheckForm(submission, clock, tip, out _) is { } ill)
            return ill;
        return TryGetReplay(transaction, out _) ? TransactionRefusals.Replayed : Verify(transaction, submission, out verified, isFirst: false);
    }

    /// <summary>
    /// A transaction of a certified block, for execution again: its signatures were verified when it came in, and are verified once more only where asked.
    /// </summary>
    public Refusal? Reread(Transaction transaction, bool verifySignatures, out VerifiedTransaction? verified)
    {
        verified = null;
        if (Interpret(transaction, out var definition, out var message) is { } uninterpreted)
            return uninterpreted;
        if (ResolveSigners(transaction, isCertified: true, isFirst: false, out var signers) is { } unresolved)
            return unresolved;
        if (verifySignatures && VerifySignatures(transaction, signers!) is { } invalid)
            return invalid;
        verified = new VerifiedTransaction { Transaction = transaction, Definition = definition!, Message = message!, Signers = signers! };
        return null;
    }

    /// <summary>A transaction that another process of this node verified: its signatures and checks are not repeated, all that rests on state is.</summary>
    public Refusal? Readmit(Transaction transaction, out VerifiedTransaction? verified)
    {
        verified = null;
        if (Interpret(transaction, out var definition, out var message) is { } uninterpreted)
            return uninterpreted;
        if (ResolveSigners(transaction, isCertified: false, isFirst: false, out var signers) is { } unresolved)
            return unresolved;
        verified = new VerifiedTransaction
        {
            Transaction = transaction,
            Definition = definition!,
            Message = message!,
            Signers = signers!,
            Claims = ClaimsOf(definition!, transaction, message!),
        };
        return null;
    }

    private Refusal? Interpret(Transaction transaction, out ActionDefinition? definition, out object? message)
    {
        message = null;
        if (!contracts.Actions.TryGetValue(transaction.Payload.Action, out definition))
            return TransactionRefusals.UnknownAction;
        message = definition.Parse(transaction.Payload.Argument);
        return message is null ? (Refusal)TransactionRefusals.MalformedArgument : null;
    }

    /// <summary>
    /// Each account in by has exactly one signature, by an active key or by the key that opens the account. In a certified block a key may have been removed
    /// since admission: execution refuses it then, and does so again.
    /// </summary>
    private Refusal? ResolveSigners(Transaction transaction, bool isCertified, bool isFirst, out VerifiedSigner[]? signers)
    {
        var by = transaction.Payload.By;
        var found = new VerifiedSigner?[by.Count];
        signers = null;
        stateLock.EnterReadLock();
        try
        {
            foreach (var signature in transaction.Signatures)
            {
                var index = FindSigner(signature, by, found, out var key);
                if (index >= 0)
                    found[index] = new VerifiedSigner(by[index], signature.KeyId, key, signature.OpeningKey);
                else if (!isCertified)
                    // A second key of an account that signed already stands where another account's is missing.
                    return by.Any(account => contracts.Accounts.TryGetActiveKey(account, signature.KeyId, out _)) ? TransactionRefusals.SignersMismatch
                        : contracts.Accounts.StandingOf(transaction.Issuer) == AccountStanding.Open ? TransactionRefusals.KeyInactive : TransactionRefusals.UnknownAccount;
            }
            foreach (var signature in transaction.Signatures)
                if (!Array.Exists(found, signer => signer?.KeyId == signature.KeyId))
                {
                    var free = Array.IndexOf(found, null);
                    found[free] = new VerifiedSigner(by[free], signature.KeyId, default, signature.OpeningKey);
                }
            if (!isCertified && StandingOf(found!, transaction.Payload.Action, isFirst) is { } refusal)
                return refusal;
        }
        finally
        {
            stateLock.ExitReadLock();
        }
        signers = found!;
        return null;
    }

    /// <summary>The account in by, without a signature yet, that this signature is of; -1 if there is none.</summary>
    private int FindSigner(TransactionSignature signature, IReadOnlyList<AccountId> by, VerifiedSigner?[] found, out PublicKey key)
    {
        key = signature.OpeningKey;
        for (var index = 0; index < by.Count; index++)
        {
            if (found[index] is not null)
                continue;
            if (signature.OpeningKey.IsUnset
                ? contracts.Accounts.TryGetActiveKey(by[index], signature.KeyId, out key)
                : AccountId.Of(key) == by[index] && signature.KeyId == by[index].Thumbprint)
                return index;
        }
        return -1;
    }

    private RefusalCode? StandingOf(VerifiedSigner[] signers, string action, bool isFirst)
    {
        var hasSponsor = Array.Exists(signers, signer => signer.OpeningKey.IsUnset);
        foreach (var signer in signers)
        {
            if (contracts.BarOf(signer.Account, action) is { } barred)
                return barred;
            if (signer.OpeningKey.IsUnset)
                continue;
            var standing = contracts.Accounts.StandingOf(signer.Account);
            if (standing == AccountStanding.Open)
            {
                if (isFirst)
                    return TransactionRefusals.AccountExists;
                if (!contracts.Accounts.TryGetActiveKey(signer.Account, signer.KeyId, out _))
                    return TransactionRefusals.KeyInactive;
            }
            if (standing == AccountStanding.Unknown && !hasSponsor)
                return TransactionRefusals.UnknownAccount;
        }
        return null;
    }

    private RefusalCode? VerifySignatures(Transaction transaction, VerifiedSigner[] signers)
    {
        foreach (var signature in transaction.Signatures)
        {
            var signer = Array.Find(signers, candidate => candidate.KeyId == signature.KeyId)!;
            if (signer.Key.IsUnset)
                continue;
            Interlocked.Increment(ref signaturesChecked);
            if (!Es256.Verify(signer.Key, signature.SigningInput.Span, signature.Signature.Span))
                return TransactionRefusals.BadSignature;
        }
        return null;
    }

    private static RefusalCode? CheckAttachments(
        ActionDefinition definition, object message, IReadOnlyList<AttachmentContent> given, out Dictionary<Digest<Attachment>, ReadOnlyMemory<byte>>? attachments)
    {
        attachments = [];
        long total = 0;
        foreach (var attachment in given)
        {
            total += attachment.Content.Length;
            if (attachment.Content.Length > MaximumAttachmentBytes || total > MaximumAttachmentsBytes)
                return TransactionRefusals.TooLarge;
            if (Digest<Attachment>.Of(attachment.Content.Span) != attachment.Digest || !attachments.TryAdd(attachment.Digest, attachment.Content))
                return TransactionRefusals.AttachmentMismatch;
        }
        var named = definition.Attachments?.Invoke(message).ToHashSet() ?? [];
        return named.SetEquals(attachments.Keys) ? null : definition.AttachmentMismatch;
    }

    private static List<Claim> ClaimsOf(ActionDefinition definition, Transaction transaction, object message)
    {
        var claims = new List<Claim>(1);
        definition.Claims?.Invoke(transaction.Payload, message, claims);
        return claims;
    }
}
