using System.Diagnostics;
using System.Text.Json.Nodes;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Interop;

/// <summary>Runs a script of tests/Interop: one JSON value in, one JSON line out.</summary>
internal static class NodeScript
{
    public static async Task<JsonObject> RunAsync(string name, JsonObject input)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var process = Process.Start(new ProcessStartInfo("node")
        {
            ArgumentList = { Path.Combine(Shared.Root, "tests", "Interop", name) },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardInput.WriteAsync(input.ToJsonString().AsMemory(), patience.Token);
        process.StandardInput.Close();
        var line = await process.StandardOutput.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        return JsonNode.Parse(line)!.AsObject();
    }

    /// <summary>Runs a script whose check must hold.</summary>
    public static async Task<JsonObject> RequireAsync(string name, JsonObject input)
    {
        var answer = await RunAsync(name, input);
        Assert.True(answer["ok"]!.GetValue<bool>(), answer.ToJsonString());
        return answer;
    }
}

/// <summary>
/// A fact that needs Node.js and the packages of tests/Interop, which ./test installs: without them it
/// fails, unless the tests were told to do without.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    private const string OptOutVariable = "COUNTERFOIL_WITHOUT_NODE";

    public NodeFactAttribute() => Skip = Reason;

    /// <summary>Why such tests are skipped; null where they run.</summary>
    internal static string? Reason =>
        Environment.GetEnvironmentVariable(OptOutVariable) == "1" && !Directory.Exists(Path.Combine(Shared.Root, "tests", "Interop", "node_modules"))
            ? $"{OptOutVariable}=1 and tests/Interop has no packages" : null;
}

/// <summary>The same for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeTheoryAttribute : TheoryAttribute
{
    public NodeTheoryAttribute() => Skip = NodeFactAttribute.Reason;
}
