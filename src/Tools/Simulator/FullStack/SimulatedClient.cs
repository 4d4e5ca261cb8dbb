using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;

namespace Counterfoil.Simulator.FullStack;

/// <summary>Somebody with an account and keys, who does not always know which of them are active.</summary>
internal sealed class SimulatedClient
{
    public SimulatedClient(int number)
    {
        Number = number;
        Keys.Add(SimulatedKeys.SigningKey($"client {number} 0"));
        Account = AccountId.Of(Keys[0].PublicKey);
    }

    public int Number { get; }

    public AccountId Account { get; }

    /// <summary>The first key and all that were made later; some never became active, some are not any more.</summary>
    public List<DeterministicSigningKey> Keys { get; } = [];

    public DeterministicSigningKey NewKey()
    {
        var key = SimulatedKeys.SigningKey($"client {Number} {Keys.Count}");
        Keys.Add(key);
        return key;
    }
}
