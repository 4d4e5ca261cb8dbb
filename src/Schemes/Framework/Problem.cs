using Counterfoil.Ledger;
using Microsoft.AspNetCore.Http;

namespace Counterfoil.Schemes;

/// <summary>Refusals over HTTP: problem details with the code and the facts of the case. <b>Source:</b> RFC 9457 section 3.</summary>
public static class Problem
{
    /// <summary>The media type.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>An answer that says why not.</summary>
    /// <param name="refusal">The reason with its facts.</param>
    /// <param name="status">422 by default: understood, well formed, against the rules.</param>
    public static IResult Of(Refusal refusal, int status = StatusCodes.Status422UnprocessableEntity)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        var extensions = new Dictionary<string, object?> { ["code"] = refusal.Code };
        if (refusal.Facts.Count > 0)
            extensions["facts"] = refusal.Facts.ToDictionary(fact => fact.Name, fact => fact.Value);
        if (refusal.Reason.Transient)
            extensions["transient"] = true;
        return Results.Problem(
            detail: refusal.Reason.Meaning, statusCode: status, title: refusal.Code, type: $"urn:counterfoil:refusal:{refusal.Code}", extensions: extensions);
    }
}
