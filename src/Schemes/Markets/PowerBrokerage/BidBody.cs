using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>One simple order of a bid.</summary>
/// <param name="Mtu">The period, from 0.</param>
/// <param name="Order">Side and steps.</param>
public sealed record BidOrder(int Mtu, CallMarketOrder Order);

/// <summary>
/// What a bid says: <c>{"orders":[{"mtu":0,"side":"sell","steps":[[price,quantity],…]},…],"portfolio":…}</c>. No orders cancel it.
/// </summary>
/// <param name="Portfolio">The portfolio that it is for.</param>
/// <param name="Orders">At most one a side in each period.</param>
public sealed record BidBody(Digest<Portfolio> Portfolio, ImmutableArray<BidOrder> Orders)
{
    /// <summary>The JSON.</summary>
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("orders"u8);
            foreach (var (mtu, order) in Orders)
            {
                writer.WriteStartObject();
                writer.WriteNumber("mtu"u8, mtu);
                writer.WriteString("side"u8, order.Side == MarketSide.Buy ? "buy"u8 : "sell"u8);
                writer.WriteStartArray("steps"u8);
                foreach (var step in order.Steps)
                {
                    writer.WriteStartArray();
                    writer.WriteNumberValue(step.Price);
                    writer.WriteNumberValue(step.Quantity);
                    writer.WriteEndArray();
                }
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("portfolio"u8, Portfolio.ToString());
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a body by the session's rules; null for anything that is <c>malformed_bid</c>.</summary>
    public static BidBody? Parse(JsonElement body, int periods, CallMarketLimits limits)
    {
        var members = new JsonMembers(body);
        var list = members.Element("orders");
        if (!Digest<Portfolio>.TryParse(members.Text("portfolio"), out var portfolio) || !members.AreExact
            || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > 2 * periods)
            return null;
        var orders = ImmutableArray.CreateBuilder<BidOrder>(list.GetArrayLength());
        var steps = new int[periods];
        var sides = new HashSet<(int, MarketSide)>();
        foreach (var item in list.EnumerateArray())
        {
            if (ParseOrder(item, periods) is not { } order || order.Order.Refusal(limits) is not null || !sides.Add((order.Mtu, order.Order.Side)))
                return null;
            // The most steps count over both sides: they share a period's room in the bid.
            steps[order.Mtu] += order.Order.Steps.Length;
            if (steps[order.Mtu] > limits.MaximumSteps)
                return null;
            orders.Add(order);
        }
        return new BidBody(portfolio, orders.MoveToImmutable());
    }

    private static BidOrder? ParseOrder(JsonElement item, int periods)
    {
        if (item.ValueKind != JsonValueKind.Object)
            return null;
        var members = new JsonMembers(item);
        var mtu = members.Integer("mtu", 0, periods - 1);
        var side = members.Text("side") switch { "buy" => MarketSide.Buy, "sell" => MarketSide.Sell, _ => MarketSide.None };
        var list = members.Element("steps");
        if (!members.AreExact || list.ValueKind != JsonValueKind.Array)
            return null;
        var steps = ImmutableArray.CreateBuilder<CallMarketStep>(list.GetArrayLength());
        foreach (var step in list.EnumerateArray())
        {
            if (step.ValueKind != JsonValueKind.Array || step.GetArrayLength() != 2 || !IsPlainInteger(step[0], out var price) || !IsPlainInteger(step[1], out var quantity))
                return null;
            steps.Add(new CallMarketStep(price, quantity));
        }
        return new BidOrder((int)mtu, new CallMarketOrder(side, steps.MoveToImmutable()));
    }

    // Canonical JSON writes a whole number without point or exponent: 1e3 and 5.0 do not come this far as such.
    private static bool IsPlainInteger(JsonElement number, out long value)
    {
        value = 0;
        return number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out value);
    }
}

/// <summary>
/// What a desk may bid, from its mandate's confidential record:
/// <c>{"desk":…,"desk_key":JWK,"max_eur_day":"…","max_mw_ticks":…,"portfolio":…}</c>.
/// </summary>
/// <param name="Portfolio">The portfolio.</param>
/// <param name="Desk">The desk's account.</param>
/// <param name="DeskKey">The desk's encryption key: awards go to it.</param>
/// <param name="MaximumQuantity">The most in one period and on one side, in quantity ticks.</param>
/// <param name="MaximumEurDay">The most that the bid may cost in a day, EUR, a decimal string on the wire.</param>
public sealed record MandateBody(
    Digest<Portfolio> Portfolio, Ledger.AccountId Desk, Cryptography.Keys.PublicKey DeskKey, long MaximumQuantity, decimal MaximumEurDay)
{
    public byte[] ToBytes() => System.Text.Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $$"""{"desk":"{{Desk}}","desk_key":{{Cryptography.Jose.Jwk.Serialize(DeskKey)}},"max_eur_day":"{{MaximumEurDay}}","max_mw_ticks":{{MaximumQuantity}},"portfolio":"{{Portfolio}}"}"""));

    public static MandateBody? Parse(JsonElement body)
    {
        var members = new JsonMembers(body);
        var key = Cryptography.Jose.Jwk.ParsePublicKey(members.Element("desk_key"));
        var quantity = members.Integer("max_mw_ticks");
        return Ledger.AccountId.TryParse(members.Text("desk"), out var desk)
            & Digest<Portfolio>.TryParse(members.Text("portfolio"), out var portfolio)
            & Money.TryParse(members.Text("max_eur_day"), out var limit)
            && members.AreExact && key.TryGet(out var deskKey)
            ? new MandateBody(portfolio, desk, deskKey, quantity, limit) : null;
    }
}

/// <summary>What a broker has put up, from the guarantee's confidential record: <c>{"amount_eur":"…","portfolio":…}</c>.</summary>
public sealed record GuaranteeBody(Digest<Portfolio> Portfolio, decimal AmountEur)
{
    public byte[] ToBytes() => System.Text.Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $$"""{"amount_eur":"{{AmountEur}}","portfolio":"{{Portfolio}}"}"""));

    public static GuaranteeBody? Parse(JsonElement body)
    {
        var members = new JsonMembers(body);
        return Digest<Portfolio>.TryParse(members.Text("portfolio"), out var portfolio) & Money.TryParse(members.Text("amount_eur"), out var amount)
            && members.AreExact ? new GuaranteeBody(portfolio, amount) : null;
    }
}

/// <summary>Money in records: a string of digits, perhaps a point and at most two more.</summary>
internal static class Money
{
    public static bool TryParse(string text, out decimal amount) =>
        decimal.TryParse(text, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out amount)
        && amount >= 0 && amount <= 1_000_000_000_000m && decimal.Round(amount, 2) == amount;
}
