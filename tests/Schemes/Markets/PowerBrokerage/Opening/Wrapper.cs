using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Opening;

/// <summary>
/// The opening wrapper in this process, spoken to over pipes. SoftHSM2 asks getenv for its configuration
/// once a process, so all of these share a folder; each ledger has its own token in it.
/// </summary>
internal sealed partial class Wrapper : IAsyncDisposable
{
    private static readonly Lazy<string> SharedFolder = new(MakeFolder);

    private readonly Pipe toWrapper = new();
    private readonly Pipe fromWrapper = new();
    private readonly Task<int> run;

    private Wrapper(Market market, TimeProvider clock)
    {
        var genesis = Path.Combine(Folder, $"genesis-{market.Genesis.Net}.json");
        File.WriteAllBytes(genesis, market.Genesis.Bytes);
        run = OpeningWrapper.RunAsync(
            ["--folder", Folder, "--genesis", genesis], toWrapper.Reader.AsStream(), fromWrapper.Writer.AsStream(), Errors, clock);
    }

    public static string Folder => SharedFolder.Value;

    /// <summary>Removes the shared folder, once no test of this process needs it.</summary>
    public static void RemoveFolder()
    {
        if (SharedFolder.IsValueCreated)
            Directory.Delete(Folder, recursive: true);
    }

    public StringWriter Errors { get; } = new();

    public OpeningConversation Conversation { get; private set; } = null!;

    public static async Task<Wrapper> StartAsync(Market market, TimeProvider? clock = null)
    {
        var wrapper = new Wrapper(market, clock ?? market.Clock);
        var begun = OpeningConversation.BeginAsync(wrapper.fromWrapper.Reader.AsStream(), wrapper.toWrapper.Writer.AsStream());
        if (await Task.WhenAny(begun, wrapper.run) == wrapper.run)
            Assert.Fail($"The wrapper ended: {wrapper.Errors}");
        wrapper.Conversation = await begun;
        return wrapper;
    }

    /// <summary>Closes the wrapper's input; its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await toWrapper.Writer.CompleteAsync();
        return await run.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>
    /// Writes raw bytes where a message is expected, closes the input, and gives the exit code.
    /// </summary>
    public async Task<int> EndAfterAsync(byte[] bytes)
    {
        await toWrapper.Writer.WriteAsync(bytes);
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Conversation.Dispose();
    }

    private static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("cf-opening-").FullName;
        var configuration = Path.Combine(folder, "softhsm2.conf");
        Assert.Equal(0, SetEnvironment("SOFTHSM2_CONF", configuration, 1));
        Environment.SetEnvironmentVariable("SOFTHSM2_CONF", configuration);
        return folder;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}

/// <summary>The tests that use a token in this process.</summary>
[CollectionDefinition(Name)]
public sealed class TokenTests : ICollectionFixture<TokenTests.Folder>
{
    public const string Name = "token in this process";

    public sealed class Folder : IDisposable
    {
        public void Dispose() => Wrapper.RemoveFolder();
    }
}

/// <summary>A fact that needs SoftHSM2 and is skipped, saying so, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TokenFactAttribute : FactAttribute
{
    public TokenFactAttribute()
    {
        if (!File.Exists(OpeningWrapper.DefaultModulePath))
            Skip = $"{OpeningWrapper.DefaultModulePath} is not here (Debian: softhsm2)";
    }
}
