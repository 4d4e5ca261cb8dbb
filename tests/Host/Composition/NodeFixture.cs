namespace Counterfoil.Host.Tests.Composition;

/// <summary>One node for all tests of a class.</summary>
public sealed class NodeFixture : IAsyncLifetime
{
    internal TestNode Test { get; private set; } = null!;

    public async Task InitializeAsync() => Test = await TestNode.StartAsync();

    public async Task DisposeAsync() => await Test.DisposeAsync();
}
