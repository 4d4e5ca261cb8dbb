namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// When a validator may sign. After a start among several it first hears so many others that they could decide with it, and waits a moment: if it was
/// restored from an old backup, they show it what it has signed, and it never signs again. Without them nothing could be decided anyway.
/// </summary>
internal sealed partial class ValidatorNode
{
    private const string SigningStoppedName = "signing-stopped";

    private static readonly TimeSpan MomentBeforeSigning = TimeSpan.FromMilliseconds(200);

    private readonly HashSet<AccountId> heard = [];
    private bool? isSigningStopped;
    private long? signingFrom;
    private bool isSigning;

    /// <summary>True once this key may not sign any more: the log lacks what it has signed.</summary>
    public bool IsSigningStopped => isSigningStopped ??= environment.Disk.List().Contains(SigningStoppedName);

    /// <summary>True while it is a validator and signs.</summary>
    public bool IsSigning => self is not null;

    private bool MaySign(Validator? own) => own is not null && isSigning && !IsSigningStopped;

    private void Hear(AccountId from)
    {
        if (!isSigning)
            heard.Add(from);
    }

    private void BeginSigning()
    {
        if (isSigning || IsAlone || environment.ConsensusKey is not { } key || validators.Find(key.PublicKey.Thumbprint) is not { } own)
            return;
        var weight = own.Weight + validators.Validators.Where(validator => validator != own && heard.Contains(validator.Account)).Sum(validator => validator.Weight);
        if (weight < validators.Quorum)
            return;
        signingFrom ??= Ticks + ToTicks(MomentBeforeSigning);
        if (Ticks < signingFrom)
            return;
        isSigning = true;
        heard.Clear();
        BeginHeight();
        isProgressDue = true;
    }

    /// <summary>True, and it never signs again, if this key has signed what its log does not know: the log is older than the key's last use.</summary>
    private bool IsUnknownOwn(Validator signer, SentMessage message)
    {
        if (environment.ConsensusKey is not { } key || signer.ConsensusKey != key.PublicKey || sent.Contains(message) || IsSigningStopped)
            return false;
        environment.Disk.Replace(SigningStoppedName, stream => stream.Write("wal_behind"u8));
        isSigningStopped = true;
        BeginHeight();
        return true;
    }
}
