namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>Reads a market day in any of the formats that are known here.</summary>
public static class MarketFolder
{
    /// <summary>Reads a day from a folder in OMIE's format (<see cref="OmieDay"/>) or in ours
    /// (<see cref="PlainDay"/>), whichever it holds.</summary>
    /// <exception cref="MarketDataException">
    /// <c>missing_file</c>: no such folder, no file of a known format in it, or one that the format needs is
    /// absent; <c>damaged_file</c>: a file or row is not what its format says.
    /// </exception>
    public static MarketDay Read(string path) => Read(MarketFiles.OfFolder(path));

    /// <summary>The day that comes with the product: invented, so that the market can be tried without
    /// anybody's data.</summary>
    public static MarketDay ReadExample() => PlainDay.Read(MarketFiles.OfExample());

    private static MarketDay Read(MarketFiles files) =>
        PlainDay.Recognises(files) ? PlainDay.Read(files)
        : OmieDay.Recognises(files) ? OmieDay.Read(files)
        : throw MarketFiles.Missing(PlainDay.DayFile);
}
