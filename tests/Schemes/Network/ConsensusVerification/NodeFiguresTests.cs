using Counterfoil.Client;
using Counterfoil.Schemes.Network.ConsensusVerification;

namespace Counterfoil.Schemes.Network.Tests.ConsensusVerification;

public class NodeFiguresTests
{
    private const string Text = """
        # HELP counterfoil_signatures_checked_total Signatures verified at admission.
        # TYPE counterfoil_signatures_checked_total counter
        counterfoil_signatures_checked_total 7
        counterfoil_transaction_signatures_in_round_total 0
        counterfoil_bodies_total{answer="bad_signature"} 2
        counterfoil_bodies_total{answer="stored"} 5
        counterfoil_bodies_elsewhere_total{answer="stored"} 3
        counterfoil_further_rounds_total 1
        """;

    [Fact]
    public void Parse_OfWhatANodeTells_ReadsTheFigures() =>
        Assert.Equal(new NodeFigures(7, 0, 5, 3, 1), NodeFigures.Parse(Text));

    [Fact]
    public void Parse_WithoutAFigure_IsAFault() =>
        Assert.Throws<NodeFaultException>(() => NodeFigures.Parse(Text.Replace("counterfoil_further_rounds_total", "something_else", StringComparison.Ordinal)));

    [Fact]
    public void Since_AnEarlierReading_IsTheDifference() =>
        Assert.Equal(new NodeFigures(7, 0, 5, 3, 0), NodeFigures.Parse(Text).Since(new NodeFigures(0, 0, 0, 0, 1)));
}
