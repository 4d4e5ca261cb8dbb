using System.Text.Json;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>An anchor as receipts prove it.</summary>
/// <param name="Anchor">What stands on the ledger.</param>
/// <param name="Signers">The accounts whose signatures the action asked for, in their order.</param>
/// <param name="Height">The block.</param>
/// <param name="Time">Its time.</param>
/// <param name="Block">Its id.</param>
internal sealed record AnchorProof(AnchorMessage Anchor, IReadOnlyList<AccountId> Signers, long Height, Timestamp Time, Digest<Block> Block)
{
    public Digest<Portfolio>? Portfolio { get; init; }

    public Digest<Contracts.Rights.Right>? Right { get; init; }

    public AccountId? Desk { get; init; }

    /// <summary>The keys under the anchor, which the contract found active at its height.</summary>
    public AccountKeyResolver Keys => ClearingEngine.KeysOf(Anchor, [.. Signers]) ?? ((_, _) => null);

    /// <summary>As the comparison takes it.</summary>
    public ProvedAnchor ToProved() => new(Anchor.ToContent(), [.. Signers.Select(account => account.Thumbprint)], Keys);

    /// <summary>The row that the checkpoint proves.</summary>
    public AnchorRow ToRow()
    {
        var keyIds = InnerSignature.KeyIdsOf(Anchor.Sig);
        return new AnchorRow(
            Anchor.Ver, Anchor.Digest, Anchor.CtDigest, Anchor.CtLen, [.. Signers.Select((account, index) => new AnchorSigner(account, keyIds[index]))], Height, Time);
    }
}

/// <summary>Reads anchors out of the receipts of the transactions that made them. Nothing that a server says is trusted.</summary>
internal static class AnchorProofs
{
    /// <summary>The accepted, certified transaction of a receipt; null for anything else.</summary>
    public static (Transaction Transaction, VerifiedReceipt Receipt)? Verify(Receipt? receipt, Genesis genesis)
    {
        if (receipt is null || receipt.Due is not null || receipt.Verify(genesis.Validators, out var verified) is not null || verified!.Header.Net != genesis.Net
            || !verified.Outcome.IsSuccess || TransactionParser.Parse(receipt.TransactionBytes(), out var transaction) is not null)
            return null;
        return (transaction!, verified);
    }

    /// <summary>The anchors that an accepted transaction made; none if it is of another action.</summary>
    /// <param name="receipt">Its receipt.</param>
    /// <param name="offer">Of <c>contract.accept</c>: the receipt of the offer.</param>
    /// <param name="genesis">The ledger.</param>
    public static IReadOnlyList<AnchorProof> Read(Receipt? receipt, Receipt? offer, Genesis genesis)
    {
        if (Verify(receipt, genesis) is not var (transaction, verified))
            return [];
        AnchorProof Proof(AnchorMessage anchor, params AccountId[] signers) =>
            new(anchor, signers, verified.Header.Height, new Timestamp(verified.Header.Time), verified.Block);
        var (issuer, argument, json) = (transaction.Issuer, transaction.Payload.Argument, BrokerageJson.Instance);
        switch (transaction.Payload.Action)
        {
            case "brokerage.bid.put":
                var bid = JsonSerializer.Deserialize(argument.Span, json.BidMessage)!;
                return [Proof(bid, issuer) with { Right = bid.Mandate }];
            case "brokerage.award.put":
                return [Proof(JsonSerializer.Deserialize(argument.Span, json.AwardMessage)!, issuer)];
            case "brokerage.mandate.issue":
                var mandate = JsonSerializer.Deserialize(argument.Span, json.MandateMessage)!;
                return [Proof(mandate, issuer) with { Right = mandate.Right, Portfolio = mandate.Portfolio, Desk = mandate.Desk }];
            case "brokerage.portfolio.register":
                var portfolio = JsonSerializer.Deserialize(argument.Span, json.PortfolioMessage)!;
                return
                [
                    Proof(portfolio, issuer, portfolio.Operator) with { Portfolio = portfolio.Portfolio },
                    Proof(portfolio.Guarantee, issuer, portfolio.Operator) with { Portfolio = portfolio.Portfolio },
                ];
            case "brokerage.contract.accept":
                var accept = JsonSerializer.Deserialize(argument.Span, json.AcceptMessage)!;
                if (Verify(offer, genesis) is not var (offering, _) || offering.Payload.Action != "brokerage.contract.offer"
                    || JsonSerializer.Deserialize(offering.Payload.Argument.Span, json.OfferMessage) is not { } offered
                    || offered.Rid != accept.Rid || offered.Ver != accept.Ver || offered.Digest != accept.Digest)
                    return [];
                return [Proof(
                    new AnchorMessage
                    {
                        Rid = offered.Rid, Rtype = offered.Rtype, Ver = offered.Ver, Prev = offered.Prev, Digest = offered.Digest,
                        Sig = [offered.Sig[0], accept.Sig], CtDigest = accept.CtDigest, CtLen = accept.CtLen,
                    },
                    offering.Issuer, issuer)];
            default:
                return [];
        }
    }
}
