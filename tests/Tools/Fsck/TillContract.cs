using System.Text.Json.Serialization;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using ExecutionContext = Counterfoil.Ledger.Execution.ExecutionContext;

namespace Counterfoil.Tools.Tests;

/// <summary>A scheme's contract that moves, makes and destroys units inside its own actions and in due work.</summary>
internal sealed class TillContract(AccountsContract accounts) : Contract
{
    private static readonly RefusalCode Closed = new("closed", "The till is closed.");

    public override string Name => "till";

    public override void Register(ContractRegistration registration)
    {
        registration.Action("pay", TillJson.Instance.PayMessage, Pay);
        registration.Action("mint", TillJson.Instance.PayMessage, (context, message) => accounts.Mint(context, message.To, Of(message)));
        registration.Action("burn", TillJson.Instance.PayMessage, (context, message) => accounts.Burn(context, context.Issuer, Of(message)));
        registration.Action("later", TillJson.Instance.LaterMessage, Later);
        registration.Timer("give_back", GiveBack);
    }

    /// <summary>Pays twice the amount in two inner transfers; the second is undone where it is refused.</summary>
    private Refusal? Pay(ExecutionContext context, PayMessage message)
    {
        if (accounts.Transfer(context, context.Issuer, message.To, Of(message)) is { } refusal)
            return refusal;
        accounts.Transfer(context, context.Issuer, message.To, Of(message));
        return message.Units == 13 ? (Refusal)Closed : null;
    }

    private Refusal? Later(ExecutionContext context, LaterMessage message)
    {
        AccountId till = default;
        if (context.Call(call => accounts.OpenContractAccount(call, "till", out till)) is { } refusal)
            return refusal;
        if (accounts.Transfer(context, context.Issuer, till, new Amount(message.Asset, message.Units)) is { } poor)
            return poor;
        context.Schedule("give_back", new Timestamp(message.At), [.. context.Issuer.Thumbprint.ToArray(), .. message.Asset.ToArray()]);
        return null;
    }

    private DueOutcome GiveBack(ExecutionContext context, DueWork work)
    {
        var to = new AccountId(new Digest<Cryptography.Keys.PublicKey>(work.Id.Span[..32]));
        var asset = new Digest<Asset>(work.Id.Span[32..]);
        var till = AccountId.OfContract(Name, "till");
        var held = accounts.BalanceOf(till, asset);
        return context.Call(call => accounts.Transfer(call, till, to, held)) is null ? DueOutcome.Done : DueOutcome.Failed(Closed);
    }

    private static Amount Of(PayMessage message) => new(message.Asset, message.Units);
}

internal sealed record PayMessage(AccountId To, Digest<Asset> Asset, ulong Units);

internal sealed record LaterMessage(Digest<Asset> Asset, ulong Units, long At);

[JsonSerializable(typeof(PayMessage))]
[JsonSerializable(typeof(LaterMessage))]
internal sealed partial class TillJson : JsonSerializerContext
{
    public static TillJson Instance { get; } = new(MessageJson.NewOptions());
}
