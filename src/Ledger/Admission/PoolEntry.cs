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

    /// <summary>True once it may stand in a block of this node's own: it holds what it claims.</summary>
    public bool IsEligible { get; set; }

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
