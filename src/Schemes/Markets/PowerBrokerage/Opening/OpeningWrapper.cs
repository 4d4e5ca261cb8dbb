using Counterfoil.Cryptography.Custody;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>
/// The process that alone holds the PIN of the token with the session keys (<c>seal=hsm</c>): it makes a
/// key for each session in the token, and uses it only for the bids that a certified, closed session holds.
/// It speaks on its standard input and output and ends when its input is closed; what a person should know
/// goes to its standard error. <b>Source:</b> D1 step 8.
/// </summary>
public static class OpeningWrapper
{
    /// <summary>SoftHSM2's module on Debian.</summary>
    public const string DefaultModulePath = "/usr/lib/softhsm/libsofthsm2.so";

    internal const string TokenCustody = "token";
    internal const string FileCustody = "file";

    private const int Success = 0;
    private const int Failed = 1;
    private const int WrongUse = 2;
    private const int MaximumGenesisBytes = 256 * 1024 * 1024;

    private const string Usage =
        "usage: opening-wrapper --folder FOLDER --genesis FILE [--custody token|file] [--module PKCS11-LIBRARY]"
        + "   (started with SOFTHSM2_CONF=FOLDER/softhsm2.conf)";

    /// <summary>Runs the wrapper on the process's own streams and clock.</summary>
    /// <param name="args">
    /// <c>
    /// --folder</c>: its own folder, of mode 0700; <c>--genesis</c>: the file of the ledger's genesis
    /// document; <c>--custody</c>: <c>token
    /// </c>
    /// (default) or <c>file</c>; <c>--module</c>: the PKCS#11 library, by default
    /// <see cref="DefaultModulePath"/>.
    /// </param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>
    /// The exit code: 0 where its input was closed, 1 after a fault, 2 for wrong arguments.
    /// </returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellation = default)
    {
        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        // Whatever else would be printed must not be taken for an answer.
        Console.SetOut(Console.Error);
        return await RunAsync(args, input, output, Console.Error, TimeProvider.System, cancellation).ConfigureAwait(false);
    }

    /// <summary>The same on given streams and a given clock.</summary>
    public static async Task<int> RunAsync(
        string[] args, Stream input, Stream output, TextWriter errors, TimeProvider clock,
        CancellationToken cancellation = default)
    {
        if (ReadArguments(args) is not { } arguments)
        {
            await errors.WriteLineAsync(Usage).ConfigureAwait(false);
            return WrongUse;
        }
        try
        {
            var genesis = Genesis.Parse(await ReadGenesisAsync(arguments.GenesisPath, cancellation).ConfigureAwait(false));
            using var keys = arguments.Custody == OpeningCustody.File
                ? OpeningKeys.OpenFile(arguments.Folder, genesis.Net)
                : OpeningKeys.OpenToken(arguments.Folder, arguments.ModulePath, genesis.Net);
            var service = new OpeningService(genesis, keys, clock, new OpeningChannel(input, output));
            await service.RunAsync(cancellation).ConfigureAwait(false);
            return Success;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Success;
        }
        catch (Exception fault) when (fault
            is OpeningWrapperException or OpeningChannelException or KeyStoreException or GenesisException
            or IOException or UnauthorizedAccessException)
        {
            var code = fault is KeyStoreException { Code: var named } ? $" ({named})" : "";
            await errors.WriteLineAsync($"opening-wrapper: {fault.Message}{code}").ConfigureAwait(false);
            return Failed;
        }
    }

    private static async Task<byte[]> ReadGenesisAsync(string path, CancellationToken cancellation) =>
        new FileInfo(path).Length <= MaximumGenesisBytes
            ? await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false)
            : throw new OpeningWrapperException($"{path} is too large for a genesis document.");

    private static Arguments? ReadArguments(string[] args)
    {
        string? folder = null, genesis = null, module = null, custody = null;
        if (args.Length % 2 != 0)
            return null;
        for (var index = 0; index < args.Length; index += 2)
        {
            ref var value = ref folder;
            switch (args[index])
            {
                case "--folder":
                    break;
                case "--genesis":
                    value = ref genesis;
                    break;
                case "--module":
                    value = ref module;
                    break;
                case "--custody":
                    value = ref custody;
                    break;
                default:
                    return null;
            }
            if (value is not null)
                return null;
            value = args[index + 1];
        }
        if (folder is null || genesis is null || custody is not (null or TokenCustody or FileCustody))
            return null;
        var kept = custody == FileCustody ? OpeningCustody.File : OpeningCustody.Token;
        return new Arguments(folder, genesis, module ?? DefaultModulePath, kept);
    }

    private sealed record Arguments(string Folder, string GenesisPath, string ModulePath, OpeningCustody Custody);
}
