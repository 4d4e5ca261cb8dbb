using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;

namespace Counterfoil.Client;

/// <summary>A node's or role's expected "no": problem details with a stable code. <b>Source:</b> RFC 9457, kernel.md section 8.</summary>
public sealed record NodeRefusal
{
    /// <summary>The stable code, snake_case.</summary>
    public required string Code { get; init; }

    /// <summary>What a person is told; empty where the server says nothing.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The HTTP status; 0 for an item of an array answer.</summary>
    public HttpStatusCode Status { get; init; }

    /// <summary>The facts of the case, by name.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>True if the same request may succeed later without being changed.</summary>
    public bool Transient { get; init; }

    /// <summary>The code with its facts, for logs.</summary>
    public override string ToString() =>
        Facts.Count == 0 ? Code : $"{Code} ({string.Join(", ", Facts.Select(fact => $"{fact.Key} {fact.Value}"))})";

    /// <summary>Reads problem details; null if they have no code.</summary>
    internal static NodeRefusal? Of(JsonElement problem, HttpStatusCode status)
    {
        if (problem.ValueKind != JsonValueKind.Object || problem.Text("code") is not { Length: > 0 } code)
            return null;
        var facts = new Dictionary<string, string>();
        foreach (var member in problem.EnumerateObject())
        {
            if (member.NameEquals("facts") && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var fact in member.Value.EnumerateObject())
                    facts[fact.Name] = JsonText.OfScalar(fact.Value);
            }
            else if (!StandardMembers.Contains(member.Name) && JsonText.IsScalar(member.Value))
            {
                facts[member.Name] = JsonText.OfScalar(member.Value);
            }
        }
        return new NodeRefusal
        {
            Code = code,
            Detail = problem.Text("detail") ?? "",
            Status = status,
            Facts = facts,
            Transient = problem.TryGetProperty("transient", out var transient) ? transient.ValueKind == JsonValueKind.True : IsTransient(status),
        };
    }

    // RFC 9457 section 3.1, and what an item of an array answer has besides its facts.
    private static readonly HashSet<string> StandardMembers =
        ["type", "title", "status", "detail", "instance", "code", "transient", "id", "height", "index", "outcome", "repeat", "acknowledgement"];

    private static bool IsTransient(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
}

/// <summary>What was asked for, or why it was refused. Faults (no connection, an answer of no known form) are exceptions.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
public readonly struct NodeResult<T> where T : class
{
    private readonly T? value;

    private NodeResult(T? value, NodeRefusal? refusal)
    {
        this.value = value;
        Refusal = refusal;
    }

    /// <summary>Why it was refused; null where there is a value.</summary>
    public NodeRefusal? Refusal { get; }

    /// <summary>True where there is a value.</summary>
    public bool IsAccepted => value is not null;

    /// <summary>The value.</summary>
    /// <exception cref="NodeRefusedException">It was refused.</exception>
    public T Value => value ?? throw new NodeRefusedException(Refusal ?? new NodeRefusal { Code = "unset" });

    /// <summary>Gives the value, or the refusal.</summary>
    public bool TryGet([NotNullWhen(true)] out T? found, [NotNullWhen(false)] out NodeRefusal? refusal)
    {
        found = value;
        refusal = value is null ? Refusal ?? new NodeRefusal { Code = "unset" } : null;
        return value is not null;
    }

    /// <summary>An answer.</summary>
    public static NodeResult<T> Accept(T value) => new(value, null);

    /// <summary>A refusal.</summary>
    public static NodeResult<T> Refuse(NodeRefusal refusal) => new(null, refusal);
}

/// <summary>Somebody asked for the value of a refused result: the caller took for granted what the node did not promise.</summary>
public sealed class NodeRefusedException(NodeRefusal refusal) : Exception($"The node refused: {refusal}.")
{
    /// <summary>Why.</summary>
    public NodeRefusal Refusal { get; } = refusal;
}

/// <summary>A fault of the node or of the line: no answer, or one that has no known form. Nothing is known of what the request did.</summary>
public sealed class NodeFaultException : Exception
{
    /// <summary>A fault with its cause.</summary>
    public NodeFaultException(string message, Exception? cause = null) : base(message, cause) { }
}
