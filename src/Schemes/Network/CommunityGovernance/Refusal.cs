using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>What the walkthrough shows of <see cref="GovernanceRefusals"/>: E2's "Must refuse".</summary>
public static class CommunityRefusals
{
    /// <summary>The codes that the walkthrough shows, those inside <c>bad_proposal</c> and <c>execution_failed</c> among them.</summary>
    public static IReadOnlyList<RefusalCode> Promised { get; } =
    [
        GovernanceRefusals.NoGovernancePermission, GovernanceRefusals.BadAmount, GovernanceRefusals.Locked,
        GovernanceRefusals.VotingClosed, GovernanceRefusals.CannotCancel, GovernanceRefusals.CallerDenied,
        GovernanceRefusals.AlreadyExecuted, GovernanceRefusals.CannotRequeue, GovernanceRefusals.BadProposal,
        GovernanceRefusals.IncompleteReads, GovernanceRefusals.InvariantBroken, GovernanceRefusals.UnknownRules,
        GovernanceRefusals.ExecutionFailed, GovernanceRefusals.PreconditionFailed, GovernanceRefusals.Replayed,
        GovernanceRefusals.AlreadyInitialised, GovernanceRefusals.NoMint, GovernanceRefusals.DelegationDepth,
        GovernanceRefusals.NotDormant, GovernanceRefusals.CannotPause, TransactionRefusals.Paused,
        NodeRefusals.UnknownNode, GovernanceRefusals.MalformedCredential, GovernanceRefusals.WrongCredentialType,
        GovernanceRefusals.CredentialDiscloses, GovernanceRefusals.WrongCredentialScope, GovernanceRefusals.BadCredentialSignature,
        GovernanceRefusals.WrongKeyBinding, GovernanceRefusals.WrongIssuer, Association.NotAMember, Association.NotEnrolled,
    ];
}
