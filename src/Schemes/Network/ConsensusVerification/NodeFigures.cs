using System.Globalization;
using Counterfoil.Client;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>What a node counts since its start, as its <c>/metrics</c> tells everybody.</summary>
/// <param name="SignaturesChecked">Signatures of transactions that it verified.</param>
/// <param name="SignaturesInRound">Those of them that it had to verify while a block was agreed on.</param>
/// <param name="BodiesStored">Transactions of other nodes that passed its second verification.</param>
/// <param name="StoredElsewhere">Answers of other nodes that they stored a transaction of this one.</param>
/// <param name="FurtherRounds">Rounds after the first of a height.</param>
public sealed record NodeFigures(long SignaturesChecked, long SignaturesInRound, long BodiesStored, long StoredElsewhere, long FurtherRounds)
{
    /// <summary>Reads the text format of Prometheus: a name with labels, a space, a value.</summary>
    /// <exception cref="NodeFaultException">A figure is missing.</exception>
    public static NodeFigures Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
            if (line.LastIndexOf(' ') is > 0 and var space && line[0] != '#'
                && long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                values[line[..space]] = value;
        return new NodeFigures(
            Of("counterfoil_signatures_checked_total"),
            Of("counterfoil_transaction_signatures_in_round_total"),
            Of("counterfoil_bodies_total{answer=\"stored\"}"),
            Of("counterfoil_bodies_elsewhere_total{answer=\"stored\"}"),
            Of("counterfoil_further_rounds_total"));

        long Of(string name) => values.TryGetValue(name, out var value) ? value : throw new NodeFaultException($"The node tells no {name}.");
    }

    /// <summary>What was counted between two readings.</summary>
    public NodeFigures Since(NodeFigures before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return new NodeFigures(
            SignaturesChecked - before.SignaturesChecked, SignaturesInRound - before.SignaturesInRound, BodiesStored - before.BodiesStored,
            StoredElsewhere - before.StoredElsewhere, FurtherRounds - before.FurtherRounds);
    }
}
