using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Counterfoil.Cryptography.Curves;

/// <summary>
/// Where the native libraries of this assembly are found. An assembly can have one resolver only, so every P/Invoke class here takes its
/// library's name from this class.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>OpenSSL 3's libcrypto: the library that .NET's own cryptography loads on Linux.</summary>
    internal const string Crypto = "counterfoil-libcrypto";

    /// <summary>libsodium 1.0.18 or later (ristretto255).</summary>
    internal const string Sodium = "counterfoil-libsodium";

    // The compiler binds a P/Invoke that suppresses the collector's transition before any static constructor of its class has run.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Nothing later is early enough, and it only names files.")]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    /// <summary>True if the library is here and exports the function.</summary>
    internal static bool Exports(string library, string function)
    {
        var handle = Resolve(library, typeof(NativeLibraries).Assembly, null);
        return handle != 0 && NativeLibrary.TryGetExport(handle, function, out _);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        ReadOnlySpan<string> candidates = name switch
        {
            Crypto => ["libcrypto.so.3", "libcrypto.so"],
            Sodium => ["libsodium.so.23", "libsodium.so.26", "libsodium.so"],
            _ => [],
        };
        foreach (var candidate in candidates)
            if (NativeLibrary.TryLoad(candidate, assembly, path, out var handle))
                return handle;
        return 0;
    }
}
