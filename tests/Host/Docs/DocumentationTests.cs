using System.Diagnostics;
using Counterfoil.Host.Cli;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Docs;

/// <summary>Runs what the documentation shows: every shell block below a line <c>&lt;!-- run --&gt;</c>, each in a scratch folder.</summary>
public sealed class DocumentationTests
{
    private const string Mark = "<!-- run -->";

    public static TheoryData<string, int> Blocks
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var (file, line, _) in Find())
                data.Add(file, line);
            return data;
        }
    }

    [Fact]
    public void Documentation_Marks_StandAboveShellBlocks()
    {
        var marks = Files().Sum(file => File.ReadLines(Path.Combine(Shared.Root, file)).Count(line => line.Trim() == Mark));
        Assert.Equal(marks, Find().Count());
        Assert.NotEqual(0, marks);
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public async Task Example_AsWritten_EndsWithoutError(string file, int line)
    {
        var script = Find().Single(block => block.File == file && block.Line == line).Script;
        using var folder = new TemporaryFolder();
        // ./counterfoil of the folder is the build under test.
        var program = folder.File("counterfoil");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexec dotnet exec '{typeof(CommandLine).Assembly.Location}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("sh", ["-e", "-c", script])
        {
            WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{file}:{line} ended with {process.ExitCode}\n{await output}\n{await error}");
        Assert.NotEmpty(await output);
    }

    private static IEnumerable<string> Files() =>
        ["README.md", .. Directory.EnumerateFiles(Path.Combine(Shared.Root, "docs"), "*.md").Select(path => Path.GetRelativePath(Shared.Root, path)).Order(StringComparer.Ordinal)];

    private static IEnumerable<(string File, int Line, string Script)> Find()
    {
        foreach (var file in Files())
        {
            var lines = File.ReadAllLines(Path.Combine(Shared.Root, file));
            for (var index = 0; index + 1 < lines.Length; index++)
            {
                if (lines[index].Trim() != Mark || lines[index + 1].Trim() != "```sh")
                    continue;
                var body = lines.Skip(index + 2).TakeWhile(line => line.Trim() != "```");
                yield return (file, index + 1, string.Join('\n', body));
            }
        }
    }
}
