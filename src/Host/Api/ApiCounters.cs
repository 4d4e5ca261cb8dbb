namespace Counterfoil.Host.Api;

/// <summary>What the HTTP interface counts since the start.</summary>
internal sealed class ApiCounters
{
    private readonly long[] answersByClass = new long[6];
    private long submitted;
    private long refusedAtDoor;

    /// <summary>Transactions that came in.</summary>
    public long Submitted => Interlocked.Read(ref submitted);

    /// <summary>Transactions that reached no block.</summary>
    public long RefusedAtDoor => Interlocked.Read(ref refusedAtDoor);

    public void AddSubmitted(int count, int refused)
    {
        Interlocked.Add(ref submitted, count);
        if (refused > 0)
            Interlocked.Add(ref refusedAtDoor, refused);
    }

    public void AddAnswer(int status) => Interlocked.Increment(ref answersByClass[Math.Clamp(status / 100, 0, 5)]);

    /// <summary>Answers whose status begins with that digit.</summary>
    public long Answers(int statusClass) => Interlocked.Read(ref answersByClass[statusClass]);
}
