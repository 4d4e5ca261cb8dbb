using Counterfoil.Ledger;

namespace Counterfoil.Client;

public sealed partial class NodeClient
{
    /// <summary>Parameters, rules, scenes, pauses and candidates as of the last block, as JSON.</summary>
    public Task<NodeResult<NodeJson>> GetGovernanceAsync(CancellationToken cancellation = default) =>
        GetAsync("governance", NodeJson.Of, cancellation);

    /// <summary>A proposal with its tally as of the last block, as JSON.</summary>
    /// <param name="proposal">32 hexadecimal digits.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<NodeResult<NodeJson>> GetProposalAsync(string proposal, CancellationToken cancellation = default) =>
        GetAsync($"governance/proposals/{Uri.EscapeDataString(proposal)}", NodeJson.Of, cancellation);

    /// <summary>An account's governance tokens, locked and free in each scene, as JSON.</summary>
    public Task<NodeResult<NodeJson>> GetGovernanceAccountAsync(AccountId account, CancellationToken cancellation = default) =>
        GetAsync($"governance/accounts/{account}", NodeJson.Of, cancellation);
}
