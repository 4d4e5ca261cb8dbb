using System.CommandLine;
using System.Text.Json;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Cli;

/// <summary>The options by which a key store's passphrase is found.</summary>
internal sealed class PassphraseOptions
{
    public Option<string?> File { get; } = new("--passphrase-file") { Description = "A file of mode 0600 that holds the passphrase", HelpName = "FILE" };

    public Option<bool> Unprotected { get; } = new("--unprotected") { Description = "Keep private keys readable in their files; for sandboxes" };

    public void AddTo(Command command)
    {
        command.Options.Add(File);
        command.Options.Add(Unprotected);
    }

    /// <summary>What the caller named; else a systemd credential, else what the person at the terminal types.</summary>
    /// <exception cref="CliException"><c>passphrase_required</c>: nothing was named and nobody can be asked.</exception>
    public PassphraseSource Resolve(ParseResult parsed, string? configuredFile = null, bool isUnprotected = false) =>
        parsed.GetValue(Unprotected) || isUnprotected ? PassphraseSource.UnprotectedByChoice
        : parsed.GetValue(File) is { } file ? PassphraseSource.File(file)
        : configuredFile is not null ? PassphraseSource.File(configuredFile)
        : Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder ? PassphraseSource.SystemdCredential(folder, "counterfoil-passphrase")
        : !Console.IsInputRedirected && !Console.IsErrorRedirected ? PassphraseSource.Prompt(Ask)
        : throw new CliException("passphrase_required", "The keys need a passphrase: name a file of mode 0600 with --passphrase-file, or say --unprotected.");

    private static char[] Ask()
    {
        Console.Error.Write("Passphrase: ");
        var typed = new List<char>();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace && typed.Count > 0)
                typed.RemoveAt(typed.Count - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Add(key.KeyChar);
        }
        Console.Error.WriteLine();
        char[] passphrase = [.. typed];
        for (var index = 0; index < typed.Count; index++)
            typed[index] = '\0';
        return passphrase;
    }
}

/// <summary><c>key new</c>: makes a key in a key store.</summary>
internal sealed class KeyNewCommand : CliCommand
{
    private readonly Argument<string> name = new("NAME") { Description = "1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit" };
    private readonly Option<string> use = new("--use") { Description = "What the key is for: sign or agree", DefaultValueFactory = _ => "sign" };
    private readonly Option<DirectoryInfo?> store = KeyFolder.Option();
    private readonly PassphraseOptions passphrase = new();

    public KeyNewCommand()
        : base("new", "Make a key")
    {
        use.AcceptOnlyFromAmong("sign", "agree");
        Arguments.Add(name);
        Options.Add(use);
        Options.Add(store);
        passphrase.AddTo(this);
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        using var keys = FileKeyStore.OpenOrCreate(KeyFolder.Of(parsed.GetValue(store)), passphrase.Resolve(parsed));
        var usage = parsed.GetValue(use) == "agree" ? KeyUsage.Agree : KeyUsage.Sign;
        var key = KeyDocument.Of(keys.Create(parsed.GetRequiredValue(name), usage));
        if (terminal.IsJson)
            terminal.WriteJson(key);
        else
            terminal.WritePairs([("key", key.Name), ("use", key.Use), ("kid", key.Kid), .. key.Account is null ? [] : (IEnumerable<(string, string)>)[("account", key.Account)]]);
        return Task.FromResult(Succeeded);
    }
}

/// <summary><c>key list</c>: the keys of a key store, without opening them.</summary>
internal sealed class KeyListCommand : CliCommand
{
    private readonly Option<DirectoryInfo?> store = KeyFolder.Option();

    public KeyListCommand()
        : base("list", "List keys; no passphrase is needed") => Options.Add(store);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var folder = KeyFolder.Of(parsed.GetValue(store));
        if (!FileKeyStore.Exists(folder))
            throw new CliException(KeyStoreErrors.UnknownStore, $"There is no key store in {folder}; counterfoil key new NAME makes one.");
        var keys = FileKeyStore.ListWithoutOpening(folder).Select(KeyDocument.Of).ToList();
        if (terminal.IsJson)
        {
            terminal.WriteJson(keys);
            return Task.FromResult(Succeeded);
        }
        terminal.WriteTable(
            [("key", false), ("use", false), ("account", false), ("kid", false)],
            keys.Select(key => (IReadOnlyList<string>)[key.Name, key.Use, key.Account ?? "", key.Kid]));
        terminal.WriteLine($"{keys.Count} keys in {folder}");
        return Task.FromResult(Succeeded);
    }
}

/// <summary>A key as commands show it: public parts only.</summary>
internal sealed record KeyDocument(string Name, string Use, string Kid, string? Account, JsonElement Jwk)
{
    public static KeyDocument Of(KeyInfo key)
    {
        using var jwk = JsonDocument.Parse(Cryptography.Jose.Jwk.Serialize(key.PublicKey));
        var thumbprint = AccountId.Of(key.PublicKey).ToString();
        return new KeyDocument(
            key.Name, key.Usage.ToString().ToLowerInvariant(), thumbprint, key.Usage == KeyUsage.Sign ? thumbprint : null, jwk.RootElement.Clone());
    }
}

/// <summary>Where the keys of the person at the command line are.</summary>
internal static class KeyFolder
{
    public static Option<DirectoryInfo?> Option() =>
        new("--keys") { Description = "The key store's folder (default: ~/.counterfoil/own-keys; a node's keys are in HOME/keys)", HelpName = "DIR" };

    public static string Of(DirectoryInfo? folder) => folder?.FullName ?? Path.Combine(CommonOptions.HomeOrDefault(null), "own-keys");
}
