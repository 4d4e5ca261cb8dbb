using System.Diagnostics;
using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>How many ES256 signatures this machine verifies in a second, on all processors: what no ledger on it can exceed.</summary>
/// <param name="PerSecond">Signatures a second.</param>
/// <param name="Method">By which routine: <c>dotnet_ecdsa</c> or <c>es256_verify</c>.</param>
internal sealed record VerifyBound(double PerSecond, string Method)
{
    /// <summary>The higher of the two routines.</summary>
    public static VerifyBound Measure(TimeSpan each)
    {
        var digest = SHA256.HashData("a transfer"u8);
        using var signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signature = signer.SignHash(digest);
        var parameters = signer.ExportParameters(includePrivateParameters: false);
        var key = PublicKey.Of(parameters);
        var platform = Rate(each, () =>
        {
            var own = ECDsa.Create(parameters);
            return () => own.VerifyHash(digest, signature);
        });
        var product = Rate(each, () => () => Es256.VerifyDigest(key, digest, signature));
        return platform > product ? new VerifyBound(platform, "dotnet_ecdsa") : new VerifyBound(product, "es256_verify");
    }

    public static VerifyBound Higher(VerifyBound left, VerifyBound right) => left.PerSecond >= right.PerSecond ? left : right;

    private static double Rate(TimeSpan length, Func<Func<bool>> createRoutine)
    {
        var counts = new long[Environment.ProcessorCount];
        using var start = new Barrier(counts.Length + 1);
        var stopAt = long.MaxValue;
        var threads = Enumerable.Range(0, counts.Length).Select(index => new Thread(() =>
        {
            var verify = createRoutine();
            start.SignalAndWait();
            long count = 0;
            while (Stopwatch.GetTimestamp() < Interlocked.Read(ref stopAt))
                count += verify() ? 1 : throw new InvalidOperationException("A signature that must verify does not.");
            counts[index] = count;
        })
        { Name = "counterfoil bound" }).ToArray();
        foreach (var thread in threads)
            thread.Start();
        var began = Stopwatch.GetTimestamp();
        Interlocked.Exchange(ref stopAt, began + (long)(length.TotalSeconds * Stopwatch.Frequency));
        start.SignalAndWait();
        foreach (var thread in threads)
            thread.Join();
        return counts.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
