using System.Collections.Immutable;
using Counterfoil.Contracts.Exchange;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>Which of a day's steps take part as simple ones.</summary>
public enum OrderSelection
{
    /// <summary>Every step, as if it were simple: block rows and offers with a minimum income condition
    /// too.</summary>
    All = 1,

    /// <summary>Without the rows of block orders, and without every offer that has a minimum income
    /// condition.</summary>
    Simple = 2,
}

/// <summary>One step of an offer as it was submitted.</summary>
/// <param name="Period">From 0.</param>
/// <param name="Block">The block order that the step is part of, from 1; 0 for a simple step.</param>
/// <param name="Group">The exclusive group of that block; 0 for none.</param>
/// <param name="Price">In price ticks.</param>
/// <param name="Quantity">In quantity ticks, 1 or more.</param>
/// <param name="MinimumVolume">The least volume that may be accepted, in quantity ticks; 0 for none.</param>
/// <param name="MinimumRatio">The least ratio of a block that may be accepted, in thousandths.</param>
public readonly record struct OfferStep(
    int Period, int Block, int Group, long Price, long Quantity, long MinimumVolume, int MinimumRatio);

/// <summary>An offer of one unit on one side for the whole day.</summary>
public sealed record MarketOffer
{
    /// <summary>The code of the unit, unique together with the side.</summary>
    public required string Unit { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Buy or sell.</summary>
    public required MarketSide Side { get; init; }

    /// <summary>One of <see cref="MarketDay.Zones"/>.</summary>
    public required string Zone { get; init; }

    /// <summary>The offer stands only if the day's income covers a fixed term.</summary>
    public required bool HasMinimumIncome { get; init; }

    /// <summary>The steps of all periods, in the order of the file.</summary>
    public required ImmutableArray<OfferStep> Steps { get; init; }

    /// <summary>Some step belongs to a block order.</summary>
    public bool HasBlocks => Steps.Any(step => step.Block != 0);
}

/// <summary>An exchange over a border that is given, not an outcome of this market.</summary>
/// <param name="Border">The neighbour.</param>
/// <param name="Quantities">For each period in quantity ticks; an import is negative.</param>
public sealed record FixedExchange(string Border, ImmutableArray<long> Quantities);

/// <summary>The prices that the exchange published.</summary>
/// <param name="Zone">One of <see cref="MarketDay.Zones"/>.</param>
/// <param name="Prices">For each period in price ticks.</param>
public sealed record PublishedPrices(string Zone, ImmutableArray<long> Prices);

/// <summary>One order of a bid.</summary>
/// <param name="Period">From 0.</param>
/// <param name="Order">Well formed, with at most one step a price.</param>
public sealed record PeriodOrder(int Period, CallMarketOrder Order);

/// <summary>Everything that one participant bids for the day: at most one order a side in each
/// period.</summary>
/// <param name="Participant">The unit, or the border of a fixed exchange.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Zone">Its zone; empty for a fixed exchange.</param>
/// <param name="IsExchange">True for a fixed exchange.</param>
/// <param name="Orders">By period, a buy order before a sell order.</param>
public sealed record DayBid(
    string Participant, string Name, string Zone, bool IsExchange, ImmutableArray<PeriodOrder> Orders);

/// <summary>A day of a power exchange, whatever file format it came from.</summary>
public sealed record MarketDay
{
    /// <summary>The format and origin, for people.</summary>
    public required string Source { get; init; }

    /// <summary>The delivery day.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>The IANA time zone of the delivery day.</summary>
    public required string TimeZone { get; init; }

    /// <summary>How many periods the day has: 23, 24 or 25 hours, 92, 96 or 100 quarter-hours.</summary>
    public required int Periods { get; init; }

    /// <summary>The length of a period in minutes: 60 or 15.</summary>
    public required int PeriodMinutes { get; init; }

    /// <summary>One price tick in EUR/MWh.</summary>
    public required decimal PriceTick { get; init; }

    /// <summary>One quantity tick in MW (with hours, also in MWh).</summary>
    public required decimal QuantityTick { get; init; }

    /// <summary>The lowest limit price, in price ticks.</summary>
    public required long MinimumPrice { get; init; }

    /// <summary>The highest limit price, in price ticks.</summary>
    public required long MaximumPrice { get; init; }

    /// <summary>The bidding zones.</summary>
    public required ImmutableArray<string> Zones { get; init; }

    /// <summary>The offers in the order of the file.</summary>
    public required ImmutableArray<MarketOffer> Offers { get; init; }

    /// <summary>The exchanges that are given.</summary>
    public required ImmutableArray<FixedExchange> Exchanges { get; init; }

    /// <summary>The published result to compare with; empty for a day that never was.</summary>
    public required ImmutableArray<PublishedPrices> Published { get; init; }

    /// <summary>
    /// The bids of the day for one pooled zone: a bid for each unit, in the order of the offers, then one for
    /// each fixed exchange, an import as a sale at the minimum price, an export as a purchase at the maximum
    /// price. Steps of one order are in merit order, and those of one price are merged into one.
    /// </summary>
    public ImmutableArray<DayBid> Bids(OrderSelection selection)
    {
        if (selection is not (OrderSelection.All or OrderSelection.Simple))
            throw new ArgumentOutOfRangeException(nameof(selection));
        var bids = Offers.GroupBy(offer => offer.Unit)
            .Select(unit => new DayBid(unit.Key, unit.First().Name, unit.First().Zone, false,
            [
                .. unit.SelectMany(offer => OrdersOf(offer, selection))
                    .OrderBy(order => order.Period).ThenBy(order => order.Order.Side),
            ]))
            .Where(bid => !bid.Orders.IsEmpty);
        return [.. bids, .. Exchanges.Select(BidOf).Where(bid => !bid.Orders.IsEmpty)];
    }

    private static IEnumerable<PeriodOrder> OrdersOf(MarketOffer offer, OrderSelection selection)
    {
        if (selection == OrderSelection.Simple && offer.HasMinimumIncome) return [];
        var direction = offer.Side == MarketSide.Sell ? 1 : -1;
        return offer.Steps
            .Where(step => selection == OrderSelection.All || step.Block == 0)
            .GroupBy(step => step.Period)
            .Select(period => new PeriodOrder(period.Key, new CallMarketOrder(offer.Side,
            [
                .. period.GroupBy(step => step.Price).OrderBy(step => step.Key * direction)
                    .Select(step => new CallMarketStep(step.Key, step.Sum(part => part.Quantity))),
            ])));
    }

    private DayBid BidOf(FixedExchange exchange) => new(exchange.Border, $"Fixed exchange with {exchange.Border}", "", true,
    [
        .. exchange.Quantities.Select((quantity, period) => (quantity, period)).Where(item => item.quantity != 0)
            .Select(item => new PeriodOrder(item.period, item.quantity < 0
                ? new CallMarketOrder(MarketSide.Sell, [new CallMarketStep(MinimumPrice, -item.quantity)])
                : new CallMarketOrder(MarketSide.Buy, [new CallMarketStep(MaximumPrice, item.quantity)]))),
    ]);
}
