using System.Collections.Immutable;
using Counterfoil.Contracts.Exchange;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>The two fixed-width files of an OMIE day: headers (CAB) and steps (DET) of the offers. Columns
/// are from 0, ends excluded.</summary>
internal static class OmieOffers
{
    private const int HeaderWidth = 94;
    private const int StepWidth = 60;

    /// <summary>OMIE's own most: 25 steps a period, or 5 blocks of 1 each.</summary>
    private const int MaximumNumber = 99;

    /// <summary>The offers by their key (code and version), still without steps.</summary>
    internal static Dictionary<string, (MarketOffer Offer, DataLine Line)> Headers(
        IReadOnlyList<DataLine> lines, Dictionary<string, string> zones)
    {
        var offers = new Dictionary<string, (MarketOffer, DataLine)>(lines.Count, StringComparer.Ordinal);
        var units = new HashSet<(string, MarketSide)>();
        foreach (var line in lines)
        {
            if (line.Text.Length != HeaderWidth) throw line.Damaged($"{line.Text.Length} columns instead of {HeaderWidth}");
            var offer = Header(line, zones);
            if (!units.Add((offer.Unit, offer.Side))) throw line.Damaged("the unit has two offers on one side");
            if (!offers.TryAdd(Key(line), (offer, line))) throw line.Damaged("the offer was there before");
        }
        return offers;
    }

    internal static ImmutableArray<MarketOffer> Read(
        Dictionary<string, (MarketOffer Offer, DataLine Line)> headers, IReadOnlyList<DataLine> lines, int periods)
    {
        var steps = headers.ToDictionary(
            header => header.Key, _ => ImmutableArray.CreateBuilder<OfferStep>(), StringComparer.Ordinal);
        var last = new Dictionary<(string, int, int), int>(lines.Count);
        foreach (var line in lines)
        {
            if (line.Text.Length != StepWidth) throw line.Damaged($"{line.Text.Length} columns instead of {StepWidth}");
            if (!steps.TryGetValue(Key(line), out var offer)) throw line.Damaged("the step is of an offer without a header");
            var step = Step(line, periods, out var number);
            var order = (Key(line), step.Period, step.Block);
            if (number <= last.GetValueOrDefault(order)) throw line.Damaged("the steps of a period do not rise");
            last[order] = number;
            // The files of a day of 24 hours carry a few rows of a period 25, which no result knows.
            if (step.Period < periods) offer.Add(step);
        }
        foreach (var (key, (_, line)) in headers)
            if (steps[key].Count == 0)
                throw MarketFiles.Damaged(lines[0].File, $"it has no step of the offer in line {line.Number} of {line.File}");
        return [.. headers.Select(header => header.Value.Offer with { Steps = steps[header.Key].ToImmutable() })];
    }

    private static MarketOffer Header(DataLine line, Dictionary<string, string> zones)
    {
        var text = line.Text;
        var unit = text[15..22].TrimEnd();
        if (unit.Length == 0 || unit != unit.Trim()) throw line.Damaged("the unit has no code");
        return new MarketOffer
        {
            Unit = unit,
            Name = text[22..52].Trim(),
            Side = text[52] switch
            {
                'V' => MarketSide.Sell,
                'C' => MarketSide.Buy,
                _ => throw line.Damaged("neither V nor C"),
            },
            Zone = zones.TryGetValue(unit, out var zone) ? zone : throw line.Damaged("the zone of the unit is not known"),
            HasMinimumIncome = line.Ticks(text[54..71].Trim(), 3, 0, 1_000_000_000_000, "the fixed term") != 0,
            Steps = [],
        };
    }

    private static OfferStep Step(DataLine line, int periods, out int number)
    {
        var text = line.Text;
        var surplus = periods == 24 ? 1 : 0;
        number = line.Integer(text[20..22].Trim(), 1, MaximumNumber, "the step");
        return new OfferStep(
            line.Integer(text[15..18].Trim(), 1, periods + surplus, "the period") - 1,
            line.Integer(text[18..20].Trim(), 0, MaximumNumber, "the block"),
            line.Integer(text[22..24].Trim(), 0, MaximumNumber, "the exclusive group"),
            OmieDay.Price(line, text[24..41].Trim()),
            OmieDay.Quantity(line, text[41..48].Trim(), 1),
            OmieDay.Quantity(line, text[48..55].Trim(), 0),
            (int)line.Ticks(text[55..60].Trim(), 3, 0, 1_000, "the minimum acceptance ratio"));
    }

    private static string Key(DataLine line) => line.Text[..15];
}
