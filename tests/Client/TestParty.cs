using Counterfoil.Cryptography.Custody;
using Counterfoil.Ledger;
using Counterfoil.Testing;

namespace Counterfoil.Client.Tests;

/// <summary>A party with a key store on disk.</summary>
internal sealed class TestParty : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TestParty(Uri node, Genesis genesis, TimeProvider? clock = null) => Party = new Party(new PartyOptions
    {
        Name = "alice",
        Keys = FileKeyStore.Create(folder.File("keys"), PassphraseSource.UnprotectedByChoice, flush: false),
        Node = node,
        Net = genesis.Net,
        Clock = clock ?? TimeProvider.System,
    });

    public Party Party { get; }

    public string File(string name) => folder.File(name);

    public void Dispose()
    {
        Party.Dispose();
        folder.Dispose();
    }
}
