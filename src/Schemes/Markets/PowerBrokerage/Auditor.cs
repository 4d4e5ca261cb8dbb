using Counterfoil.Client;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>The auditor: gives its part of a session's seed, by a VRF key in its own custody. <b>Source:</b> D1 step 8.</summary>
public sealed class Auditor : IDisposable
{
    private const string VrfKeyName = "vrf";

    private readonly Party party;
    private readonly ReceiptVerifier verifier;
    private readonly IVrfKey key;

    /// <summary>An auditor over a party, which the caller disposes; its VRF key is made if it is not there.</summary>
    public Auditor(Party party, Genesis genesis)
    {
        this.party = party;
        verifier = new ReceiptVerifier(genesis);
        if (party.Keys.List().All(known => known.Name != VrfKeyName))
            party.Keys.Create(VrfKeyName, KeyUsage.Vrf);
        key = party.Keys.OpenVrf(VrfKeyName);
    }

    /// <summary>The party.</summary>
    public Party Party => party;

    /// <summary>The public half of its VRF key, which sessions name.</summary>
    public Cryptography.Keys.PublicKey VrfKey => key.PublicKey;

    /// <summary>Proves its output over a closed session's input, which it reads from the certified closing.</summary>
    /// <exception cref="NodeRefusedException">The session is not closed.</exception>
    public async Task<SubmissionAnswer> AddRandomnessAsync(SessionMessage session, CancellationToken cancellation = default)
    {
        var receipt = (await party.Node.GetReceiptAsync(SessionProofs.ClosingIdOf(session), cancellation).ConfigureAwait(false)).Value;
        var (verified, _) = await verifier.VerifyAsync(party.Node, receipt, cancellation).ConfigureAwait(false);
        if (verified is null)
            throw new NodeFaultException("The closing's receipt proves nothing.");
        var closed = verified.Outcome.Events.First(happened => happened.Type == "brokerage.session_closed");
        var root = Digest<Cryptography.Merkle.MerkleNode>.Parse(closed["input_root"]);
        var proof = key.Prove(BrokerageContract.SeedInput(session.SessionId, root));
        return await party.SubmitAsync(
            "brokerage.session.randomness", new RandomnessMessage(session.SessionId, root, key.PublicKey, proof.ToString()), BrokerageJson.Instance.RandomnessMessage,
            cancellation: cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();
}
