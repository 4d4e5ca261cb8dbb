using System.Diagnostics;
using System.Runtime.InteropServices;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Custody;

/// <summary>
/// Two SoftHSM2 tokens in a folder of their own. SoftHSM2 asks getenv for SOFTHSM2_CONF when it is loaded, and .NET's environment is a copy
/// that getenv does not see, so the variable is set with setenv before the first use.
/// </summary>
public sealed partial class SoftHsm : IDisposable
{
    public const string Module = "/usr/lib/softhsm/libsofthsm2.so";
    public const string Pin = "648219";

    private readonly TemporaryFolder folder = new();

    public SoftHsm()
    {
        if (!File.Exists(Module))
            return;
        Directory.CreateDirectory(folder.File("tokens"));
        var configuration = folder.File("softhsm2.conf");
        File.WriteAllText(configuration, $"directories.tokendir = {folder.File("tokens")}\nlog.level = ERROR\n");
        Assert.Equal(0, SetEnvironment("SOFTHSM2_CONF", configuration, 1));
        MakeToken("first", configuration);
        MakeToken("second", configuration);
    }

    public void Dispose() => folder.Dispose();

    private static void MakeToken(string label, string configuration)
    {
        var start = new ProcessStartInfo("softhsm2-util")
        {
            ArgumentList = { "--init-token", "--free", "--label", label, "--so-pin", "11223344", "--pin", Pin },
            Environment = { ["SOFTHSM2_CONF"] = configuration },
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class SoftHsmFactAttribute : FactAttribute
{
    public SoftHsmFactAttribute()
    {
        if (!File.Exists(SoftHsm.Module))
            Skip = $"{SoftHsm.Module} is not here (Debian: softhsm2)";
    }
}
