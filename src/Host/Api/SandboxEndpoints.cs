using Counterfoil.Host.Composition;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>A sandbox's clock; mapped on sandbox ledgers only.</summary>
internal sealed class SandboxEndpoints(SandboxClock clock)
{
    private const int MaximumBodyBytes = 256;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sandbox/clock", ReadAsync).WithPolicy(Policy.SandboxOnly)
            .Describe(ReadAsync, "Sandbox", "The sandbox's clock").Produces<ClockDocument>(StatusCodes.Status200OK, "application/json");
        routes.MapPost("/sandbox/clock", AdvanceAsync).WithPolicy(Policy.SandboxOnly)
            .Describe(AdvanceAsync, "Sandbox", "Moves the sandbox's clock forward", "advance_seconds, or to: milliseconds since the Unix epoch.")
            .Accepts<ClockAdvance>("application/json").Produces<ClockDocument>(StatusCodes.Status200OK, "application/json").ProducesProblems(400, 422);
    }

    private Task ReadAsync(HttpContext context) => context.AnswerAsync(new ClockDocument(clock.GetUtcNow().ToUnixTimeMilliseconds()));

    private async Task AdvanceAsync(HttpContext context)
    {
        if (await context.ReadBodyAsync<ClockAdvance>(MaximumBodyBytes) is not { } wanted || wanted.AdvanceSeconds is null == wanted.To is null)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
            return;
        }
        var refusal = wanted.AdvanceSeconds is { } seconds ? clock.Advance(seconds) : clock.AdvanceTo(wanted.To!.Value);
        await (refusal is null
            ? context.AnswerAsync(new ClockDocument(clock.GetUtcNow().ToUnixTimeMilliseconds()))
            : Problem.WriteAsync(context, StatusCodes.Status422UnprocessableEntity, refusal));
    }
}
