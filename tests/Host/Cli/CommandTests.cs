using System.Text.Json;
using Counterfoil.Schemes;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli;

/// <summary>Commands that need no node.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task Schemes_AsJson_HaveExactlyTheMembersThatAreChecked()
    {
        var run = await CommandRun.OfAsync("schemes", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(46, run.Json.GetArrayLength());
        foreach (var scheme in run.Json.EnumerateArray())
        {
            CommandRun.RequireMembers(scheme, "id", "slug", "name", "family", "publications", "status");
            Assert.Contains(scheme.GetProperty("family").GetString(), (string[])["credentials", "devices", "assets", "markets", "network", "identity"]);
            Assert.Contains(scheme.GetProperty("status").GetString(), (string[])["built", "planned"]);
            Assert.NotEqual(0, scheme.GetProperty("publications").GetArrayLength());
        }
        Assert.Equal(Catalogue.All.Select(card => card.Slug), run.Json.EnumerateArray().Select(scheme => scheme.GetProperty("slug").GetString()));
    }

    [SharedFact("systems")]
    public async Task Schemes_BesideTheSpecifications_HaveTheirFilesNames()
    {
        var files = Directory.EnumerateFiles(Shared.Find("systems")!, "*.md").Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(name => name.Length > 2 && char.IsAsciiLetterUpper(name[0]) && char.IsAsciiDigit(name[1])).Order(StringComparer.Ordinal);
        var run = await CommandRun.OfAsync("schemes", "--json");
        Assert.Equal(files, run.Json.EnumerateArray()
            .Select(scheme => $"{scheme.GetProperty("id").GetString()}-{scheme.GetProperty("slug").GetString()}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Version_AsTextAndJson_IsTheProjects()
    {
        Assert.Matches(@"\A\d+\.\d+\.\d+\n\z", (await CommandRun.OfAsync("--version")).Output);
        CommandRun.RequireMembers((await CommandRun.OfAsync("--version", "--json")).Json, "version");
    }

    [Fact]
    public async Task Doctor_OnThisMachine_FindsThatItCanRun()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync("doctor", "--json", "--home", folder.File("home"));
        Assert.Equal(0, run.ExitCode);
        CommandRun.RequireMembers(run.Json, "ok", "checks");
        foreach (var check in run.Json.GetProperty("checks").EnumerateArray())
        {
            CommandRun.RequireMembers(check, "name", "finding", "value", "note");
            Assert.Contains(check.GetProperty("finding").GetString(), (string[])["ok", "missing"]);
        }
    }

    [Fact]
    public async Task Doctor_HomeThatOthersCanRead_IsWrong()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("home"), (UnixFileMode)0b111_101_101);
        var run = await CommandRun.OfAsync("doctor", "--json", "--home", folder.File("home"));
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("wrong", run.Json.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "home")
            .GetProperty("finding").GetString());
    }

    [Fact]
    public async Task Keys_MadeAndListed_ShowPublicHalvesOnly()
    {
        using var folder = new TemporaryFolder();
        var store = folder.File("keys");
        var made = await CommandRun.OfAsync("key", "new", "alice", "--unprotected", "--keys", store, "--json");
        Assert.Equal(0, made.ExitCode);
        CommandRun.RequireMembers(made.Json, "name", "use", "kid", "account", "jwk");
        CommandRun.RequireMembers(made.Json.GetProperty("jwk"), "kty", "crv", "x", "y");
        Assert.Equal(0, (await CommandRun.OfAsync("key", "new", "box", "--use", "agree", "--unprotected", "--keys", store)).ExitCode);

        var listed = await CommandRun.OfAsync("key", "list", "--keys", store, "--json");
        Assert.Equal(["alice", "box"], listed.Json.EnumerateArray().Select(key => key.GetProperty("name").GetString()));
        Assert.Equal(["sign", "agree"], listed.Json.EnumerateArray().Select(key => key.GetProperty("use").GetString()));
        Assert.Equal(JsonValueKind.Null, listed.Json[1].GetProperty("account").ValueKind);
        Assert.Equal("key_exists", (await CommandRun.OfAsync("key", "new", "alice", "--unprotected", "--keys", store)).RequireFailure());
    }

    [Fact]
    public async Task Keys_UnderAPassphrase_AreListedWithoutIt()
    {
        using var folder = new TemporaryFolder();
        var passphrase = folder.File("passphrase");
        await File.WriteAllTextAsync(passphrase, "correct horse\n");
        File.SetUnixFileMode(passphrase, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var store = folder.File("keys");
        Assert.Equal(0, (await CommandRun.OfAsync("key", "new", "alice", "--passphrase-file", passphrase, "--keys", store)).ExitCode);
        Assert.Equal(1, (await CommandRun.OfAsync("key", "list", "--keys", store, "--json")).Json.GetArrayLength());
        Assert.Equal("passphrase_required", (await CommandRun.OfAsync("key", "new", "bob", "--unprotected", "--keys", store)).RequireFailure());
    }

    public static TheoryData<string, string[]> Misuses => new()
    {
        { "usage", ["nothing-of-this-name"] },
        { "usage", ["walk"] },
        { "usage", ["walk", "power-brokerage", "--all"] },
        { "usage", ["ledger"] },
        { "usage", ["status", "--node", "not an address"] },
        { "usage", ["bench", "ledger", "--accounts", "1"] },
        { "usage", ["vault", "get", "short", "--salt", "AA", "--key", "k"] },
        { "unknown_scheme", ["walk", "perpetual-motion"] },
        { "scheme_planned", ["walk", "kiosk"] },
        { "no_ledger", ["ledger", "verify", "--home", "/nowhere/at/all"] },
        { "no_ledger", ["ledger", "show", "--home", "/nowhere/at/all"] },
        { "unknown_key_store", ["key", "list", "--keys", "/nowhere/at/all"] },
        { "unknown_key_store", ["vault", "get", new string('f', 64), "--salt", "AAAA", "--key", "k", "--keys", "/nowhere/at/all", "--unprotected"] },
        { "node_unreachable", ["status", "--node", "http://127.0.0.1:1"] },
    };

    [Theory]
    [MemberData(nameof(Misuses))]
    public async Task Command_ThatCannotDoWhatWasAsked_SaysSoInOneLineWithACode(string code, string[] arguments)
    {
        Assert.Equal(code, (await CommandRun.OfAsync(arguments)).RequireFailure());
        Assert.Equal(code, (await CommandRun.OfAsync([.. arguments, "--json"])).RequireFailure());
    }

    public static TheoryData<string> BadConfigurations =>
    [
        "{", "null", "[]", """{"url":[]}""", """{"name":"a","name":"b"}""", """{"vault_retention_days":0}""", """{"genesis":{"unknown":1}}""", """{"name":"a"} {}""",
    ];

    [Theory]
    [MemberData(nameof(BadConfigurations))]
    public async Task Serve_WithAConfigurationThatIsNoneOfItsOwn_IsRefused(string configuration)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("config.json"), configuration);
        Assert.Equal("configuration_malformed", (await CommandRun.OfAsync("serve", "--sandbox", "--home", folder.Path)).RequireFailure());
    }

    [Fact]
    public async Task Serve_WithoutAPassphraseAndNobodyToAsk_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("passphrase_required", (await CommandRun.OfAsync("serve", "--home", folder.File("home"))).RequireFailure());
        Assert.Equal("unknown_role", (await CommandRun.OfAsync("serve", "--sandbox", "--roles", "jester", "--home", folder.File("home"))).RequireFailure());
    }
}
