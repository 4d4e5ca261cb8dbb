using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Host.ReadModel;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>Accounts as of the last block, and what they issued.</summary>
internal sealed class AccountEndpoints(Ledger.Ledger ledger, AccountsContract accounts, LedgerReadModel readModel)
{
    private const string Json = "application/json";
    private const int MaximumListed = 500;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/accounts/{id}", FindAsync).WithPolicy(Policy.Public)
            .Describe(FindAsync, "Accounts", "An account with its active keys and its balances")
            .Produces<AccountDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400, 404);
        routes.MapGet("/accounts/{id}/transactions", HistoryAsync).WithPolicy(Policy.Public)
            .Describe(HistoryAsync, "Accounts", "Transactions that an account issued, the latest first",
                "before: next of the portion before. limit: 1 to 500, 50 unless told. Follows the chain with a short delay.")
            .Query("before", "limit")
            .Produces<HistoryDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400);
    }

    private Task FindAsync(HttpContext context)
    {
        if (!AccountId.TryParse(context.Request.RouteValues["id"] as string, out var account))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        return ledger.Read(() => Read(account)) is { } document
            ? context.AnswerAsync(document)
            : Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownAccount);
    }

    private AccountDocument? Read(AccountId account)
    {
        var standing = accounts.StandingOf(account);
        if (standing == AccountStanding.Unknown)
            return null;
        return new AccountDocument(
            account.ToString(),
            standing.ToString().ToLowerInvariant(),
            [.. accounts.KeysOf(account).Select(key => new AccountKeyDocument(
                Base64Url.Encode(key.Thumbprint.ToArray()), StateEndpoints.JwkOf(key), null))],
            [.. accounts.BalancesOf(account).Select(balance => new BalanceDocument(
                balance.Asset.ToString(),
                accounts.TryGetAsset(balance.Asset, out var asset) ? asset.Code : "",
                asset?.Decimals ?? 0,
                balance.Units.ToString(System.Globalization.CultureInfo.InvariantCulture)))]);
    }

    private Task HistoryAsync(HttpContext context)
    {
        var query = context.Request.Query;
        long limit = 50;
        TransactionPosition? before = null;
        if (!AccountId.TryParse(context.Request.RouteValues["id"] as string, out var account)
            || query.Keys.Any(name => name is not ("before" or "limit"))
            || query.TryGetValue("limit", out var limitText) && (!EndpointDescriptions.TryReadNumber(limitText, MaximumListed, out limit) || limit < 1)
            || query.TryGetValue("before", out var beforeText) && !TryReadPosition(beforeText, out before))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        var found = readModel.History(account, before, (int)limit);
        return context.AnswerAsync(new HistoryDocument(
            account.ToString(),
            [.. found.Select(entry => new HistoryEntryDocument(
                entry.Id.ToString(), entry.Position.Height, entry.Position.Index, entry.Action, entry.Status, entry.Code, entry.Time.UnixMilliseconds))],
            found.Count == limit ? $"{found[^1].Position.Height}-{found[^1].Position.Index}" : null));
    }

    private static bool TryReadPosition(string? text, out TransactionPosition? position)
    {
        position = null;
        var parts = (text ?? "").Split('-');
        if (parts.Length != 2 || !EndpointDescriptions.TryReadNumber(parts[0], 1L << 42, out var height)
            || !EndpointDescriptions.TryReadNumber(parts[1], ReadModelSchema.PositionsPerBlock - 1, out var index))
            return false;
        position = new TransactionPosition(height, (int)index);
        return true;
    }
}
