namespace Counterfoil.Ledger.Admission;

/// <summary>Who admitted a transaction of the pool first.</summary>
internal enum PoolOrigin
{
    /// <summary>This node: others are told.</summary>
    Here = 1,

    /// <summary>Another node, which told this one.</summary>
    Peer = 2,

    /// <summary>Another node; it was asked for, since a proposed block has it.</summary>
    Wanted = 3,

    /// <summary>This node, before its last stop: acknowledged, so that it stays even where it conflicts by now. Others are told.</summary>
    Journal = 4,
}

/// <summary>A transaction in the pool and those who wait for its answer.</summary>
internal sealed class PoolEntry(VerifiedTransaction transaction, Submission source, PoolOrigin origin, long arrivedTicks)
{
    private List<(SubmissionBatch Batch, int Index, bool IsRepeat)>? others;
    private SubmissionBatch? firstBatch;
    private int firstIndex;
    private bool firstIsRepeat;

    public VerifiedTransaction Transaction => transaction;

    public Submission Source => source;

    public PoolOrigin Origin => origin;

    /// <summary>When it came, by the node's timers.</summary>
    public long ArrivedTicks => arrivedTicks;

    // The node's thread alone reads and writes who answered.
    private List<AccountId>? answeredBy;
    private int handedOnAgain;

    /// <summary>Notes that another node stored or refused it; false if that was known.</summary>
    public bool TryAddAnswer(AccountId node)
    {
        if (IsAnsweredBy(node))
            return false;
        (answeredBy ??= new(3)).Add(node);
        return true;
    }

    /// <summary>True if the node stored or refused it.</summary>
    public bool IsAnsweredBy(AccountId node) => answeredBy?.Contains(node) == true;

    /// <summary>When it is sent again to those who have not answered: after one patience, two more, four more, …, at most 32 more.</summary>
    /// <param name="patience">In the node's ticks.</param>
    public long HandOnAgainTicks(long patience) =>
        arrivedTicks + patience * ((1L << Math.Min(handedOnAgain, 5)) * 2 - 1 + 32L * Math.Max(0, handedOnAgain - 5));

    /// <summary>Notes that it was sent again.</summary>
    public void HandedOnAgain() => handedOnAgain++;

    /// <summary>True once it may stand in a block of this node's own: it holds what it claims.</summary>
    public bool IsEligible { get; set; }

    /// <summary>True if it came without anybody who waits for its outcome: it may have been acknowledged, and only a block or its expiry ends it.</summary>
    public bool IsPromised { get; init; }

    /// <summary>True once the pool has let go of it.</summary>
    public bool IsGone { get; set; }

    public void Listen(SubmissionBatch? batch, int index, bool isRepeat)
    {
        if (batch is null)
            return;
        if (firstBatch is null)
            (firstBatch, firstIndex, firstIsRepeat) = (batch, index, isRepeat);
        else
            (others ??= []).Add((batch, index, isRepeat));
    }

    public void Answer(SubmissionResult result)
    {
        firstBatch?.Answer(firstIndex, firstIsRepeat ? result with { Repeat = result.Refusal is null } : result);
        foreach (var (batch, index, isRepeat) in others ?? [])
            batch.Answer(index, isRepeat ? result with { Repeat = result.Refusal is null } : result);
    }
}
