using System.Diagnostics;
using System.Text;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Testing;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Opening;

[Collection(TokenTests.Name)]
public sealed class OpeningTokenTests
{
    private const string DumpProgram = "softhsm2-dump-file";

    [TokenFact]
    public async Task CreateSessionKey_Again_GivesTheSameKeyAfterARestartToo()
    {
        await using var market = await Market.OpenAsync();
        var session = Market.NewSession();
        await using var first = await Wrapper.StartAsync(market);
        var key = await first.Conversation.CreateSessionKeyAsync(session);
        Assert.Equal(key, await first.Conversation.CreateSessionKeyAsync(session));
        Assert.NotEqual(key, await first.Conversation.CreateSessionKeyAsync(Market.NewSession()));
        Assert.Equal(0, await first.EndAsync());

        await using var second = await Wrapper.StartAsync(market);
        Assert.Equal(key, await second.Conversation.CreateSessionKeyAsync(session));
    }

    [TokenFact]
    public async Task CreateSessionKey_UnderAnotherGenesis_IsAnotherKey()
    {
        await using var market = await Market.OpenAsync();
        await using var forged = await Market.OpenAsync();
        var session = Market.NewSession();
        await using var first = await Wrapper.StartAsync(market);
        await using var second = await Wrapper.StartAsync(forged);
        Assert.NotEqual(await first.Conversation.CreateSessionKeyAsync(session), await second.Conversation.CreateSessionKeyAsync(session));
    }

    [TokenFact]
    public async Task Token_PrivateKeys_AreSensitiveAndNotExtractable()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await Wrapper.StartAsync(market);
        await wrapper.Conversation.CreateSessionKeyAsync(Market.NewSession());
        var privateKeys = 0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Wrapper.Folder, "tokens"), "*.object", SearchOption.AllDirectories))
        {
            var dump = await DumpAsync(file);
            if (!dump.Contains("CKO_PRIVATE_KEY", StringComparison.Ordinal))
                continue;
            privateKeys++;
            Assert.False(BooleanOf(dump, "CKA_EXTRACTABLE"));
            Assert.True(BooleanOf(dump, "CKA_NEVER_EXTRACTABLE"));
            Assert.True(BooleanOf(dump, "CKA_SENSITIVE"));
            Assert.True(BooleanOf(dump, "CKA_PRIVATE"));
            Assert.True(BooleanOf(dump, "CKA_DERIVE"));
            Assert.False(BooleanOf(dump, "CKA_SIGN"));
        }
        Assert.NotEqual(0, privateKeys);
    }

    [TokenFact]
    public async Task Folder_OfTheWrapper_IsItsOwnersOnly()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await Wrapper.StartAsync(market);
        const UnixFileMode others = (UnixFileMode)0b111_111;
        Assert.Equal(default, File.GetUnixFileMode(Wrapper.Folder) & others);
        var pins = Directory.GetFiles(Wrapper.Folder, "*.pin");
        Assert.NotEmpty(pins);
        foreach (var pin in pins)
        {
            Assert.Equal(default, File.GetUnixFileMode(pin) & others);
            Assert.Equal(43, (await File.ReadAllTextAsync(pin)).Length);
        }
        Assert.Equal(pins.Length, pins.Select(File.ReadAllText).Distinct().Count());
    }

    [TokenFact]
    public async Task Run_FolderOpenToOthers_Fails()
    {
        await using var market = await Market.OpenAsync();
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.GroupRead);
        await File.WriteAllBytesAsync(folder.File("genesis.json"), market.Genesis.Bytes);
        Assert.Equal(1, await RunAsync("--folder", folder.Path, "--genesis", folder.File("genesis.json")));
    }

    [TokenFact]
    public async Task Run_WithoutTheModulesConfiguration_Fails()
    {
        await using var market = await Market.OpenAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("genesis.json"), market.Genesis.Bytes);
        Assert.Equal(1, await RunAsync("--folder", folder.Path, "--genesis", folder.File("genesis.json")));
    }

    [Fact]
    public async Task Run_WrongArguments_IsWrongUse()
    {
        Assert.Equal(2, await RunAsync());
        Assert.Equal(2, await RunAsync("--folder", "somewhere"));
        Assert.Equal(2, await RunAsync("--folder", "somewhere", "--genesis"));
        Assert.Equal(2, await RunAsync("--folder", "somewhere", "--genesis", "file", "--pin", "1234"));
        Assert.Equal(2, await RunAsync("--folder", "somewhere", "--folder", "elsewhere", "--genesis", "file"));
    }

    [Fact]
    public async Task Run_GenesisThatIsNone_Fails()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("genesis.json"), "{}");
        Assert.Equal(1, await RunAsync("--folder", folder.Path, "--genesis", folder.File("genesis.json")));
        Assert.Equal(1, await RunAsync("--folder", folder.Path, "--genesis", folder.File("absent.json")));
    }

    [TokenFact]
    public async Task Run_InputClosedBetweenMessages_EndsWell()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await Wrapper.StartAsync(market);
        Assert.Equal(0, await wrapper.EndAsync());
    }

    public static TheoryData<string> WrongMessages => new(
        "{}",
        """{"command":"close"}""",
        """{"command":"create_session_key"}""",
        """{"command":"create_session_key","session":"00"}""",
        """{"command":"create_session_key","session":"11111111111111111111111111111111111111111111111111111111111111aa","pin":true}""",
        """{"command":"create_session_key","session":"11111111111111111111111111111111111111111111111111111111111111aa","bids":1}""",
        """{"command":"open","bids":1}""",
        """{"command":"close","command":"close"}""",
        "[]",
        "null");

    [Theory]
    [MemberData(nameof(WrongMessages))]
    public async Task Run_MessageOfAnotherForm_EndsWithAFault(string message)
    {
        if (!File.Exists(OpeningWrapper.DefaultModulePath))
            return;
        await using var market = await Market.OpenAsync();
        await using var wrapper = await Wrapper.StartAsync(market);
        var bytes = Encoding.UTF8.GetBytes(message);
        Assert.Equal(1, await wrapper.EndAfterAsync([0, 0, 0, (byte)bytes.Length, .. bytes]));
    }

    [TokenFact]
    public async Task Run_MessageCutShortOrTooLong_EndsWithAFault()
    {
        foreach (var bytes in (byte[][])[[0], [0, 0, 0, 9, (byte)'{'], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0]])
        {
            await using var market = await Market.OpenAsync();
            await using var wrapper = await Wrapper.StartAsync(market);
            Assert.Equal(1, await wrapper.EndAfterAsync(bytes));
        }
    }

    private static Task<int> RunAsync(params string[] arguments) =>
        OpeningWrapper.RunAsync(arguments, new MemoryStream(), new MemoryStream(), TextWriter.Null, TimeProvider.System);

    // "CKA_EXTRACTABLE" stands on one line, its value two lines on.
    private static bool BooleanOf(string dump, string attribute)
    {
        var at = dump.IndexOf(attribute, StringComparison.Ordinal);
        Assert.True(at >= 0, attribute);
        var isTrue = dump.IndexOf("TRUE", at, StringComparison.Ordinal);
        var isFalse = dump.IndexOf("FALSE", at, StringComparison.Ordinal);
        return isTrue >= 0 && (isFalse < 0 || isTrue < isFalse);
    }

    private static async Task<string> DumpAsync(string file)
    {
        using var process = Process.Start(new ProcessStartInfo(DumpProgram, [file]) { RedirectStandardOutput = true })!;
        var dump = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return dump;
    }
}
