namespace Counterfoil.Schemes.Walking;

/// <summary>
/// The story of a scheme, walked against a running node: its parties go through the whole protocol over HTTP, then through every refusal that the
/// scheme promises. An object keeps the state of one walk in its fields.
/// </summary>
public abstract class Walkthrough
{
    /// <summary>The names of those who take part, in the order of the diagram: parties with keys of their own, and roles.</summary>
    public abstract IReadOnlyList<string> Participants { get; }

    /// <summary>Tells the story: steps first, then refusals. Called once; the actions given here run later, in their order.</summary>
    public abstract void Tell(WalkScript script);

    /// <summary>What must be there before the first step and is no part of the story; nothing by default.</summary>
    public virtual Task PrepareAsync(WalkContext context) => Task.CompletedTask;
}

/// <summary>Where a walkthrough writes down its steps and refusals.</summary>
public sealed class WalkScript
{
    private readonly List<WalkStep> steps = [];
    private readonly List<WalkRefusal> refusals = [];

    /// <summary>The steps in their order.</summary>
    public IReadOnlyList<WalkStep> Steps => steps;

    /// <summary>The refusals in their order.</summary>
    public IReadOnlyList<WalkRefusal> Refusals => refusals;

    /// <summary>
    /// A step of the protocol. It fails by an exception: <see cref="WalkContext.Require"/>, the <c>Value</c> of a refused result, a fault.
    /// </summary>
    /// <param name="from">The participant who acts.</param>
    /// <param name="to">The participant, or <c>ledger</c>, who is acted upon.</param>
    /// <param name="name">What happens, in a few words.</param>
    /// <param name="run">Does it.</param>
    public void Step(string from, string to, string name, Func<WalkContext, Task> run)
    {
        if (refusals.Count > 0)
            throw new InvalidOperationException("Steps come before refusals.");
        steps.Add(new WalkStep(steps.Count + 1, from, to, name, run));
    }

    /// <summary>Something that must be refused and change no state.</summary>
    /// <param name="name">What is tried, in a few words.</param>
    /// <param name="expected">The code that must come back.</param>
    /// <param name="attempt">Tries it and says what came back. State is compared before and after this.</param>
    /// <param name="prepare">What must be there first and may change state; nothing by default.</param>
    public void Refuse(string name, string expected, Func<WalkContext, Task<WalkObservation>> attempt, Func<WalkContext, Task>? prepare = null) =>
        refusals.Add(new WalkRefusal(name, expected, attempt, prepare));
}

/// <summary>A step of a walkthrough.</summary>
/// <param name="Number">From 1.</param>
/// <param name="From">Who acts.</param>
/// <param name="To">Who is acted upon.</param>
/// <param name="Name">What happens.</param>
/// <param name="Run">Does it.</param>
public sealed record WalkStep(int Number, string From, string To, string Name, Func<WalkContext, Task> Run);

/// <summary>A refusal of a walkthrough.</summary>
/// <param name="Name">What is tried.</param>
/// <param name="Expected">The code that must come back.</param>
/// <param name="Attempt">Tries it.</param>
/// <param name="Prepare">What must be there first.</param>
public sealed record WalkRefusal(string Name, string Expected, Func<WalkContext, Task<WalkObservation>> Attempt, Func<WalkContext, Task>? Prepare);

/// <summary>
/// What came back from an attempt. Where the code stands inside an accepted transaction (a rejected bid in a result) or the rules keep evidence by a
/// transaction of its own, the effects say so, and only then may the state differ.
/// </summary>
/// <param name="Code">The code; null where nothing was refused.</param>
/// <param name="Effects">The accepted side effects, in a few words each; none for most.</param>
public sealed record WalkObservation(string? Code, params IReadOnlyList<string> Effects)
{
    /// <summary>What a transaction's answer says.</summary>
    public static WalkObservation Of(Client.SubmissionAnswer answer) => new(answer.Code);

    /// <summary>What a request's answer says.</summary>
    public static WalkObservation Of<T>(Client.NodeResult<T> result) where T : class => new(result.Refusal?.Code);

    /// <summary>A code found by the client itself, null where it found nothing.</summary>
    public static WalkObservation Of(string? code) => new(code);
}
