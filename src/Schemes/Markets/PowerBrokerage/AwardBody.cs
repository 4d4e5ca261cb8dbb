using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>What an order got.</summary>
/// <param name="Mtu">The period.</param>
/// <param name="Side">The order's side.</param>
/// <param name="Quantities">For each step of the bid's order, in ticks.</param>
public sealed record AwardedOrder(int Mtu, MarketSide Side, ImmutableArray<long> Quantities);

/// <summary>What a bid got: <c>{"bid":…,"orders":[{"mtu":0,"quantities":[…],"side":"sell"},…],"session":…,"ver":1}</c>. Orders that got nothing are left out.</summary>
public sealed record AwardBody(Digest<AnchoredRecord> Bid, long Version, Digest<AuctionSession> Session, ImmutableArray<AwardedOrder> Orders)
{
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("bid"u8, Bid.ToString());
            writer.WriteStartArray("orders"u8);
            foreach (var order in Orders)
            {
                writer.WriteStartObject();
                writer.WriteNumber("mtu"u8, order.Mtu);
                writer.WriteStartArray("quantities"u8);
                foreach (var quantity in order.Quantities)
                    writer.WriteNumberValue(quantity);
                writer.WriteEndArray();
                writer.WriteString("side"u8, order.Side == MarketSide.Buy ? "buy"u8 : "sell"u8);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("session"u8, Session.ToString());
            writer.WriteNumber("ver"u8, Version);
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    public static AwardBody? Parse(JsonElement body)
    {
        var members = new JsonMembers(body);
        var list = members.Element("orders");
        var version = members.Integer("ver", 1);
        if (!Digest<AnchoredRecord>.TryParse(members.Text("bid"), out var bid) | !Digest<AuctionSession>.TryParse(members.Text("session"), out var session)
            || !members.AreExact || list.ValueKind != JsonValueKind.Array)
            return null;
        var orders = ImmutableArray.CreateBuilder<AwardedOrder>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
                return null;
            var order = new JsonMembers(item);
            var mtu = order.Integer("mtu", 0, 100);
            var quantities = order.Element("quantities");
            var side = order.Text("side") switch { "buy" => MarketSide.Buy, "sell" => MarketSide.Sell, _ => MarketSide.None };
            if (!order.AreExact || side == MarketSide.None || quantities.ValueKind != JsonValueKind.Array
                || quantities.EnumerateArray().Any(quantity => quantity.ValueKind != JsonValueKind.Number || !quantity.TryGetInt64(out var value) || value < 0))
                return null;
            orders.Add(new AwardedOrder((int)mtu, side, [.. quantities.EnumerateArray().Select(quantity => quantity.GetInt64())]));
        }
        return new AwardBody(bid, version, session, orders.MoveToImmutable());
    }
}
