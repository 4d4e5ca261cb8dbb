using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>What becomes of a kind of request.</summary>
internal interface IDecision
{
    /// <summary>True if such requests count on their sponsor's quota.</summary>
    bool IsOnQuota { get; }

    /// <summary>Executes what was approved; a refusal leaves nothing and denies the request.</summary>
    Refusal? Approve(ExecutionContext context, string request, RequestRow row);

    /// <summary>Gives back what was reserved for a request that was denied or lapsed.</summary>
    void Reject(ExecutionContext context, string request, RequestRow row);
}

/// <summary>A request as it is opened.</summary>
internal sealed record Proposal
{
    /// <summary>What it asks for.</summary>
    public required RequestKind Kind { get; init; }

    /// <summary>What is voted on.</summary>
    public required Digest<Attachment> Subject { get; init; }

    /// <summary>The node that it is about, or empty.</summary>
    public string Node { get; init; } = "";

    /// <summary>The message as compact JSON.</summary>
    public required byte[] Message { get; init; }

    /// <summary>True if it may change the validators or who writes certificates: all of the electorate vote, by its thresholds.</summary>
    public required bool IsForValidators { get; init; }

    /// <summary>The checks that approvers must have performed.</summary>
    public required CheckSet Required { get; init; }

    /// <summary>True if the checks beyond the first three are divided among the committee.</summary>
    public bool IsDivided { get; init; }

    /// <summary>True if approvals ÷ messages decide too.</summary>
    public bool IsSequential { get; init; }

    /// <summary>Whom it is about and who does not vote, or unset.</summary>
    public AccountId Excluded { get; init; }

    /// <summary>All linked nodes.</summary>
    public required long LinkedNodes { get; init; }

    /// <summary>True if it counts on its sponsor's quota.</summary>
    public bool IsOnQuota { get; init; } = true;
}
