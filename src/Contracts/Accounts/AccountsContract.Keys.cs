using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Accounts;

public sealed partial class AccountsContract
{
    private static Refusal? CheckAddKey(CheckContext context, AddKeyMessage message) =>
        CheckNewKey(context, message.Key, message.Possession);

    private static Refusal? CheckRotateKey(CheckContext context, RotateKeyMessage message) =>
        CheckNewKey(context, message.Key, message.Possession);

    private static Refusal? CheckNewKey(CheckContext context, PublicKey key, string possession)
    {
        if (!Es256.IsOnCurve(key))
            return AccountsRefusals.MalformedKey;
        return KeyPossession.IsProven(possession, context.Net, context.Payload.Issuer, key)
            ? null
            : (Refusal)AccountsRefusals.PossessionUnproven;
    }

    private Refusal? AddKey(ExecutionContext context, AddKeyMessage message)
    {
        if (keys.Contains(new AccountKeyName(context.Issuer, message.Key.Thumbprint)))
            return AccountsRefusals.KeyExists;
        if (KeyCountOf(context.Issuer) >= MaximumKeys)
            return AccountsRefusals.TooManyKeys;
        PutKey(context.Issuer, message.Key);
        return null;
    }

    private Refusal? RemoveKey(ExecutionContext context, RemoveKeyMessage message)
    {
        if (!keys.Contains(new AccountKeyName(context.Issuer, message.KeyId)))
            return TransactionRefusals.KeyInactive;
        if (KeyCountOf(context.Issuer) == 1)
            return AccountsRefusals.LastKey;
        TakeKey(context.Issuer, message.KeyId);
        return null;
    }

    private Refusal? RotateKey(ExecutionContext context, RotateKeyMessage message)
    {
        if (!keys.Contains(new AccountKeyName(context.Issuer, message.KeyId)))
            return TransactionRefusals.KeyInactive;
        if (keys.Contains(new AccountKeyName(context.Issuer, message.Key.Thumbprint)))
            return AccountsRefusals.KeyExists;
        TakeKey(context.Issuer, message.KeyId);
        PutKey(context.Issuer, message.Key);
        return null;
    }

    private int KeyCountOf(AccountId account) =>
        accounts.TryGet(new AccountKey(account), out var row) ? row.KeyCount : 0;

    private void PutKey(AccountId account, PublicKey key)
    {
        keys.Set(new AccountKeyName(account, key.Thumbprint), new KeyRow(key));
        Recount(account, 1);
    }

    private void TakeKey(AccountId account, Digest<PublicKey> keyId)
    {
        Invariant.Require(keys.Remove(new AccountKeyName(account, keyId)),
            "a key that is taken away was there");
        Recount(account, -1);
    }

    private void Recount(AccountId account, int difference)
    {
        var name = new AccountKey(account);
        Invariant.Require(accounts.TryGet(name, out var row), "an account with keys has a row");
        var count = row.KeyCount + difference;
        Invariant.Require(count is >= 0 and <= MaximumKeys, "an account has no more keys than it may");
        accounts.Set(name, row with { KeyCount = count });
    }
}
