using System.Diagnostics;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>How an opening wrapper is started.</summary>
public sealed class OpeningWrapperOptions
{
    /// <summary>
    /// The wrapper's own folder, made with mode 0700 if it is not there: configuration, token, PIN and
    /// genesis.
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>
    /// The exact bytes of the ledger's genesis document, whose validators the wrapper trusts.
    /// </summary>
    public required ReadOnlyMemory<byte> GenesisBytes { get; init; }

    /// <summary>
    /// The program and its leading arguments, for example <c>["counterfoil", "opening-wrapper"]</c>; the
    /// wrapper's own follow.
    /// </summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Where session keys are kept; default a token.</summary>
    public OpeningCustody Custody { get; init; } = OpeningCustody.Token;

    /// <summary>The PKCS#11 library; default <see cref="OpeningWrapper.DefaultModulePath"/>.</summary>
    public string ModulePath { get; init; } = OpeningWrapper.DefaultModulePath;

    /// <summary>How long the wrapper may take to be ready, in seconds; default 60.</summary>
    public int StartTimeoutSeconds { get; init; } = 60;
}

/// <summary>
/// An opening wrapper that runs as a process of its own, with its own clock, and the conversation with it.
/// Disposal closes its input, upon which it ends; one that does not is killed.
/// </summary>
public sealed class OpeningWrapperProcess : IAsyncDisposable
{
    private const int MaximumErrorCharacters = 4096;
    private const UnixFileMode Folder0700 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode File0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    private readonly Process process;
    private readonly StringBuilder errors = new();
    private OpeningConversation? conversation;
    private int disposed;

    private OpeningWrapperProcess(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginErrorReadLine();
    }

    /// <summary>The process's id, for measurements and for saying which one is meant.</summary>
    public int ProcessId => process.Id;

    /// <summary>Starts a wrapper and waits until it is ready.</summary>
    /// <exception cref="OpeningWrapperException">
    /// It cannot be started, ended, took too long, or serves another ledger.
    /// </exception>
    public static async Task<OpeningWrapperProcess> StartAsync(
        OpeningWrapperOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(options.Command.Count, nameof(options));
        var genesis = Genesis.Parse(options.GenesisBytes.ToArray());
        var genesisPath = await WriteGenesisAsync(options, genesis, cancellation).ConfigureAwait(false);
        var wrapper = new OpeningWrapperProcess(Start(options, genesisPath));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(options.StartTimeoutSeconds));
        try
        {
            wrapper.conversation = await wrapper.RunAsync(() => OpeningConversation.BeginAsync(
                wrapper.process.StandardOutput.BaseStream, wrapper.process.StandardInput.BaseStream, limit.Token))
                .ConfigureAwait(false);
            return wrapper.conversation.Net == genesis.Net
                ? wrapper
                : throw new OpeningWrapperException("The opening wrapper serves another ledger.");
        }
        catch (Exception fault)
        {
            wrapper.Kill();
            await wrapper.DisposeAsync().ConfigureAwait(false);
            if (fault is OperationCanceledException && !cancellation.IsCancellationRequested)
                throw new OpeningWrapperException(
                    $"The opening wrapper was not ready after {options.StartTimeoutSeconds} seconds.", fault);
            throw;
        }
    }

    /// <summary>
    /// The session's key, made in the token; asked again for the same session, the same key.
    /// </summary>
    /// <param name="session">The session's id.</param>
    /// <param name="cancellation">
    /// Once the exchange has begun, ends the wrapper: what was said cannot be taken back.
    /// </param>
    /// <exception cref="OpeningWrapperException">The wrapper failed or ended.</exception>
    public Task<PublicKey> CreateSessionKeyAsync<TSession>(
        Digest<TSession> session, CancellationToken cancellation = default) =>
        RunAsync(() => conversation!.CreateSessionKeyAsync(session, cancellation));

    /// <summary>Has a closed session's bids opened to its engine.</summary>
    /// <returns>The content keys, or the refusal <c>sealed</c>.</returns>
    /// <exception cref="OpeningWrapperException">The wrapper failed or ended.</exception>
    public Task<OpeningAnswer> OpenAsync(OpeningRequest request, CancellationToken cancellation = default) =>
        RunAsync(() => conversation!.OpenAsync(request, cancellation));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        await EndAsync().ConfigureAwait(false);
        conversation?.Dispose();
        process.Dispose();
    }

    private async Task EndAsync()
    {
        try
        {
            process.StandardInput.Close();
            using var limit = new CancellationTokenSource(EndTimeout);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException)
        {
            Kill();
            await process.WaitForExitAsync().ConfigureAwait(false);
        }
    }

    private async Task<T> RunAsync<T>(Func<Task<T>> exchange)
    {
        try
        {
            return await exchange().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (conversation is null or { IsBroken: true })
                Kill();
            throw;
        }
        catch (OpeningWrapperException fault)
        {
            // Its end brings the rest of what it says on standard error.
            await EndAsync().ConfigureAwait(false);
            throw new OpeningWrapperException($"{fault.Message} Exit code {process.ExitCode}. {Errors()}".TrimEnd(), fault);
        }
    }

    private static async Task<string> WriteGenesisAsync(
        OpeningWrapperOptions options, Genesis genesis, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.Folder, Folder0700);
        var path = Path.Combine(Path.GetFullPath(options.Folder), $"genesis-{genesis.Net.ToString()[..32]}.json");
        var temporary = $"{path}.{Guid.NewGuid():N}.new";
        await using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write,
            Options = FileOptions.Asynchronous, UnixCreateMode = File0600,
        }))
            await file.WriteAsync(options.GenesisBytes, cancellation).ConfigureAwait(false);
        // Another start for the same ledger may be reading it.
        File.Move(temporary, path, overwrite: true);
        return path;
    }

    private static Process Start(OpeningWrapperOptions options, string genesisPath)
    {
        var folder = Path.GetFullPath(options.Folder);
        var custody = options.Custody == OpeningCustody.File ? OpeningWrapper.FileCustody : OpeningWrapper.TokenCustody;
        var start = new ProcessStartInfo(
            options.Command[0],
            [.. options.Command.Skip(1), "--folder", folder, "--genesis", genesisPath, "--custody", custody,
                "--module", options.ModulePath])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[OpeningKeys.ConfigurationVariable] = OpeningKeys.ConfigurationIn(folder);
        try
        {
            return Process.Start(start) ?? throw new OpeningWrapperException($"{options.Command[0]} did not start.");
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            throw new OpeningWrapperException($"{options.Command[0]} cannot be started.", fault);
        }
    }

    private void Note(string? line)
    {
        lock (errors)
            if (line is not null && errors.Length + line.Length <= MaximumErrorCharacters)
                errors.Append(line).Append('\n');
    }

    private string Errors()
    {
        lock (errors)
            return errors.ToString();
    }

    private void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }
}
