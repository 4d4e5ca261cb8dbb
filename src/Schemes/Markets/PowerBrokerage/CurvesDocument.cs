using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// The aggregated curves of one period as they are published: <c>{"buy":[[price,quantity],…],"salt":…,"sell":[…]}</c>, the quantity that stands at each price,
/// in merit order. The salt keeps curves that are withheld from being guessed from their digest; it follows from the opened bids, so that a re-run gives the same.
/// </summary>
public static class CurvesDocument
{
    /// <summary>The length of the salt in bytes.</summary>
    public const int SaltBytes = 32;

    /// <summary>The digest that names the curves.</summary>
    public static Digest<Attachment> DigestOf(ReadOnlySpan<byte> bytes) => Digest<Attachment>.Of(bytes);

    /// <summary>Writes the curves.</summary>
    public static byte[] Write(AggregatedCurve buys, AggregatedCurve sells, ReadOnlySpan<byte> salt)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * (buys.Points.Length + sells.Points.Length) + 128);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            WriteSide(writer, "buy"u8, buys);
            writer.WriteString("salt"u8, Base64Url.Encode(salt));
            WriteSide(writer, "sell"u8, sells);
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads the curves back; false for anything but the exact form within the limits.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, CallMarketLimits limits, out AggregatedCurve buys, out AggregatedCurve sells)
    {
        buys = sells = null!;
        if (!StrictJson.TryParseObject(bytes, out var json))
            return false;
        var members = new JsonMembers(json);
        var buy = ReadSide(members.Element("buy"), MarketSide.Buy, limits);
        var salt = members.Bytes("salt", SaltBytes);
        var sell = ReadSide(members.Element("sell"), MarketSide.Sell, limits);
        if (!members.AreExact || salt.Length != SaltBytes || buy is null || sell is null)
            return false;
        (buys, sells) = (buy, sell);
        return true;
    }

    private static void WriteSide(Utf8JsonWriter writer, ReadOnlySpan<byte> name, AggregatedCurve curve)
    {
        writer.WriteStartArray(name);
        var before = 0L;
        foreach (var point in curve.Points)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(point.Price);
            writer.WriteNumberValue(point.Cumulative - before);
            writer.WriteEndArray();
            before = point.Cumulative;
        }
        writer.WriteEndArray();
    }

    private static AggregatedCurve? ReadSide(JsonElement array, MarketSide side, CallMarketLimits limits)
    {
        if (array.ValueKind != JsonValueKind.Array)
            return null;
        var points = ImmutableArray.CreateBuilder<CurvePoint>(array.GetArrayLength());
        var cumulative = 0L;
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() != 2
                || item[0].ValueKind != JsonValueKind.Number || item[1].ValueKind != JsonValueKind.Number
                || !item[0].TryGetInt64(out var price) || !item[1].TryGetInt64(out var quantity) || quantity < 1 || quantity > long.MaxValue - cumulative)
                return null;
            cumulative += quantity;
            points.Add(new CurvePoint(price, cumulative));
        }
        return AggregatedCurve.TryCreate(side, points.MoveToImmutable(), limits, out var curve) is null ? curve : null;
    }
}
