namespace Counterfoil.Ledger.Tests.Storage;

/// <summary>A folder of its own under the system's temporary one, gone at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("counterfoil-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
