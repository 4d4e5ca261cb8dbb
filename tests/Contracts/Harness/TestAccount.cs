using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Tests.Harness;

/// <summary>A party with a key that follows from its name, the same in every run.</summary>
internal sealed class TestAccount
{
    public TestAccount(string name)
    {
        Name = name;
        Key = KeyOf(name);
        Id = AccountId.Of(Key.PublicKey);
    }

    public string Name { get; }

    public EphemeralSigningKey Key { get; set; }

    public AccountId Id { get; }

    public static EphemeralSigningKey KeyOf(string name) => EphemeralSigningKey.Import(SHA256.HashData(Encoding.UTF8.GetBytes("test key " + name)));

    public override string ToString() => Id.ToString();
}
