using Counterfoil.Client;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Roles;

/// <summary>
/// The roles that this node plays: each with a folder, keys and an account of its own, behind a host name
/// of its own in the same server. They talk to the node over HTTP like anybody.
/// </summary>
internal sealed partial class SchemeRoles : IAsyncDisposable
{
    private const string SigningKeyName = "sign";

    private readonly List<HostedRole> roles = [];
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    private SchemeRoles()
    {
    }

    /// <summary>The hosted roles in the order of their schemes.</summary>
    public IReadOnlyList<HostedRole> All => roles;

    /// <summary>The first keys of the roles' accounts, which a new ledger opens from the beginning.</summary>
    public IEnumerable<PublicKey> AccountKeys => roles.Select(role => role.AccountKey);

    /// <summary>Opens the key store of each role, making its signing key where there is none.</summary>
    /// <exception cref="NodeStartException"><c>role_repeated</c>: two roles of one name.</exception>
    public static SchemeRoles Open(NodeHome home, IReadOnlyList<IScheme> schemes, PassphraseSource passphrase)
    {
        var opened = new SchemeRoles();
        foreach (var (scheme, role) in schemes.SelectMany(scheme => scheme.Roles.Select(role => (scheme, role))))
        {
            if (opened.roles.Any(other => other.Role.Name == role.Name))
                throw new NodeStartException("role_repeated", $"Two roles have the name {role.Name}.");
            var folder = home.Role(role.Name);
            var keys = FileKeyStore.OpenOrCreate(Path.Combine(folder, "keys"), passphrase);
            var key = keys.List().FirstOrDefault(info => info.Name == SigningKeyName) ?? keys.Create(SigningKeyName, KeyUsage.Sign);
            opened.roles.Add(new HostedRole(scheme, role, keys, key.PublicKey, folder));
        }
        return opened;
    }

    /// <summary>The first keys of the roles' accounts in a home where they do not run.</summary>
    public static IReadOnlyList<PublicKey> ReadAccountKeys(NodeHome home, IReadOnlyList<IScheme> schemes, PassphraseSource passphrase)
    {
        var opened = Open(home, schemes, passphrase);
        foreach (var hosted in opened.roles)
            hosted.Keys.Dispose();
        opened.stopping.Dispose();
        return [.. opened.AccountKeys];
    }

    /// <summary>Maps each role's endpoints below its path on its host name.</summary>
    public void Map(IEndpointRouteBuilder routes, CounterfoilNode node, NodeOptions options, TimeProvider clock, ILoggerFactory loggers)
    {
        foreach (var hosted in roles)
        {
            var context = new RoleContext
            {
                Scheme = hosted.Scheme.Card,
                Party = new Party(new PartyOptions
                {
                    Name = hosted.Role.Name,
                    Keys = hosted.Keys,
                    Node = node.Address,
                    Net = node.Ledger.Genesis.Net,
                    Clock = clock,
                    Wrap = options.WrapRoleHttp is { } wrap ? inner => wrap(hosted.Role.Name, inner) : null,
                }),
                Node = node.Address,
                Clock = clock,
                Folder = hosted.Folder,
                Database = options.Database ?? "sqlite:" + Path.Combine(hosted.Folder, "role.db"),
                Loggers = loggers,
            };
            hosted.Context = context;
            var group = routes.MapGroup($"/schemes/{hosted.Scheme.Card.Slug}/{hosted.Role.Name}")
                .RequireHost([$"{hosted.Role.Name}.localhost", .. options.HostNames.Where(name => name.StartsWith(hosted.Role.Name + ".", StringComparison.Ordinal))])
                .WithTags(hosted.Scheme.Card.Slug);
            hosted.Role.Map(group, context);
        }
    }

    /// <summary>
    /// Opens the accounts of roles that came after the ledger's beginning, on the node's quota, then starts
    /// their work.
    /// </summary>
    public async Task StartAsync(CounterfoilNode node, ISigningKey nodeKey, TimeProvider clock, ILogger log, CancellationToken cancellation)
    {
        foreach (var hosted in roles)
            await OpenAccountAsync(node, nodeKey, clock, hosted, cancellation);
        running = Task.WhenAll(roles.Select(hosted => RunAsync(hosted, log)));
    }

    /// <summary>Ends the roles' background work.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var hosted in roles)
        {
            if (hosted.Context is { } context)
                context.Party.Dispose();
            else
                hosted.Keys.Dispose();
        }
        stopping.Dispose();
    }

    private static async Task OpenAccountAsync(
        CounterfoilNode node, ISigningKey nodeKey, TimeProvider clock, HostedRole hosted, CancellationToken cancellation)
    {
        var account = AccountId.Of(hosted.AccountKey);
        if (node.Ledger.Read(() => node.Contracts.Accounts.StandingOf(account)) == Ledger.Execution.AccountStanding.Open)
            return;
        var sponsor = AccountId.Of(nodeKey.PublicKey);
        var draft = TransactionDraft.Create(
            node.Ledger.Genesis.Net, sponsor, "accounts.open", "{}"u8, Timestamp.From(clock.GetUtcNow()), TimeSpan.FromSeconds(60), [account]);
        using var roleKey = hosted.Keys.OpenSigning(SigningKeyName);
        var signed = TransactionSigner.Assemble(draft, [TransactionSigner.SignPart(draft, nodeKey), TransactionSigner.SignPart(draft, roleKey, opensAccount: true)]);
        var result = (await node.Ledger.SubmitAsync([Ledger.Admission.Submission.Of(signed)], cancellation))[0];
        var code = result.Refusal?.Code ?? result.Outcome?.Code;
        if (code is not null)
            throw new NodeStartException("role_account_refused", $"The account of the role {hosted.Role.Name} cannot be opened: {code}.");
    }

    private async Task RunAsync(HostedRole hosted, ILogger log)
    {
        try
        {
            await hosted.Role.RunAsync(hosted.Context!, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (Exception fault)
        {
            // A role's background work has ended; its endpoints and the other roles go on.
            LogRoleFault(log, fault, hosted.Role.Name);
        }
    }

    [LoggerMessage(20, LogLevel.Error, "The background work of the role {Role} ended by a fault")]
    private static partial void LogRoleFault(ILogger logger, Exception fault, string role);
}

/// <summary>A role that this node plays.</summary>
internal sealed class HostedRole(IScheme scheme, SchemeRole role, FileKeyStore keys, PublicKey accountKey, string folder)
{
    public IScheme Scheme { get; } = scheme;

    public SchemeRole Role { get; } = role;

    public FileKeyStore Keys { get; } = keys;

    public PublicKey AccountKey { get; } = accountKey;

    public string Folder { get; } = folder;

    /// <summary>What the role was given; null until it was mapped.</summary>
    public RoleContext? Context { get; set; }
}
