using System.Text.Json.Serialization;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Walking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Schemes.Tests.Tips;

/// <summary>The smallest scheme that uses all that the framework offers; the forty-seventh, so that no list knows it.</summary>
public sealed class Tips : IScheme
{
    private static readonly SchemeCard OwnCard = new("C12", "tips", "Tips", SchemeFamily.Assets, [], "A guest thanks a waiter.");

    public SchemeCard Card => OwnCard;

    public IReadOnlyList<RefusalCode> Refusals =>
        [Contracts.Accounts.AccountsRefusals.InsufficientFunds, Contracts.Accounts.AccountsRefusals.ZeroAmount, Desk.UnknownGuest];

    public IReadOnlyList<SchemeRole> Roles { get; } = [new Desk()];

    public IReadOnlyList<string> Standards => ["RFC 9421"];

    public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) => [];

    public Walkthrough CreateWalkthrough() => new TipsWalkthrough();
}

/// <summary>What a guest writes at the desk.</summary>
public sealed record Note(string Text);

/// <summary>What the desk says.</summary>
public sealed record Greeting(string Text, int Notes);

[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(Greeting))]
public sealed partial class TipsJson : JsonSerializerContext
{
    public static TipsJson Instance { get; } = new(MessageJson.NewOptions());
}

/// <summary>A role with an open endpoint and one for signed requests.</summary>
public sealed class Desk : SchemeRole
{
    public static readonly RefusalCode UnknownGuest = new("unknown_guest", "The desk takes notes of guests with an account only.");

    private int notes;

    public override string Name => "desk";

    public override string Title => "Desk";

    public override void Map(IEndpointRouteBuilder routes, RoleContext context)
    {
        routes.MapGet("/greeting", () => Results.Json(new Greeting($"Welcome from {context.Party.Account}", notes), TipsJson.Instance.Greeting))
            .WithPolicy(Policy.Public);
        routes.MapPost("/notes", (Delegate)TakeAsync).WithPolicy(Policy.SignedRequest);
    }

    private async Task<IResult> TakeAsync(HttpContext context)
    {
        if (context.RequireCaller().Account.IsUnset)
            return Problem.Of(UnknownGuest);
        var note = await context.Request.ReadFromJsonAsync(TipsJson.Instance.Note, context.RequestAborted);
        Interlocked.Increment(ref notes);
        return Results.Json(new Greeting(note!.Text, notes), TipsJson.Instance.Greeting);
    }
}
