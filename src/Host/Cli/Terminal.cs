using System.Globalization;
using Spectre.Console;

namespace Counterfoil.Host.Cli;

/// <summary>
/// Where a command speaks. With <c>--json</c> standard output holds JSON only. Tables have colour and fit the window where standard output is a terminal and are plain
/// and never cut where it is not. Progress goes to standard error, and only where that is a terminal.
/// </summary>
internal sealed class Terminal
{
    private const int WidthWithoutTerminal = 200;

    private readonly TextWriter output;
    private readonly TextWriter error;
    private readonly bool isTerminal;

    public Terminal(TextWriter output, TextWriter error, bool json)
    {
        this.output = output;
        this.error = error;
        IsJson = json;
        isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        ShowsProgress = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;
    }

    /// <summary>True if only JSON may go to standard output.</summary>
    public bool IsJson { get; }

    /// <summary>True if somebody watches standard error.</summary>
    public bool ShowsProgress { get; }

    /// <summary>A line for people; nothing with <c>--json</c>.</summary>
    public void WriteLine(string text = "")
    {
        if (!IsJson)
            output.WriteLine(text);
    }

    /// <summary>One line of JSON.</summary>
    public void WriteJson<T>(T value) => WriteRaw(CliJson.Serialize(value));

    /// <summary>A line as it is, also with <c>--json</c>.</summary>
    public void WriteRaw(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }

    /// <summary>A table for people; nothing with <c>--json</c>. Headings name units; columns of numbers are to the right.</summary>
    public void WriteTable(IReadOnlyList<(string Heading, bool IsNumber)> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (IsJson)
            return;
        var table = new Table().Border(TableBorder.Simple).BorderStyle(new Style(Color.Grey));
        foreach (var (heading, isNumber) in columns)
        {
            var column = new TableColumn(new Text(heading)) { NoWrap = true };
            table.AddColumn(isNumber ? column.RightAligned() : column);
        }
        foreach (var row in rows)
            table.AddRow(row.Select(cell => new Text(cell, StyleOf(cell))));
        if (isTerminal)
        {
            CreateConsole(output).Write(table);
            return;
        }
        // Spectre pads every line to the table's width and frames it with empty ones.
        using var rendered = new StringWriter();
        var console = CreateConsole(rendered);
        console.Profile.Width = WidthWithoutTerminal;
        console.Write(table);
        foreach (var line in rendered.ToString().Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0))
            output.WriteLine(line);
    }

    /// <summary>Pairs of name and value, one a line; nothing with <c>--json</c>.</summary>
    public void WritePairs(params IReadOnlyList<(string Name, string Value)> pairs)
    {
        if (IsJson)
            return;
        var width = pairs.Max(pair => pair.Name.Length);
        foreach (var (name, value) in pairs)
            output.WriteLine($"{name.PadRight(width)}  {value}");
    }

    /// <summary>A line on standard error, for what people should know whatever goes to standard output.</summary>
    public void WriteNote(string text) => error.WriteLine(text);

    /// <summary>What is happening now, in place of the last such line.</summary>
    public void ShowProgress(string text)
    {
        if (!ShowsProgress)
            return;
        error.Write($"\r\u001b[K{text}");
        error.Flush();
    }

    /// <summary>Takes the progress line away.</summary>
    public void EndProgress()
    {
        if (!ShowsProgress)
            return;
        error.Write("\r\u001b[K");
        error.Flush();
    }

    /// <summary>Whole numbers as people read them: 2,534.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A figure with a fixed number of decimals.</summary>
    public static string Number(double value, int decimals) => value.ToString("N" + decimals, CultureInfo.InvariantCulture);

    private IAnsiConsole CreateConsole(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.No,
        Out = new AnsiConsoleOutput(writer),
    });

    // Colour is never the only sign: the word stands there.
    private static Style StyleOf(string cell) => cell switch
    {
        "ok" or "built" or "accepted" or "done" => new Style(Color.Green),
        "missing" or "planned" => new Style(Color.Olive),
        "failed" or "refused" or "wrong" => new Style(Color.Maroon),
        _ => Style.Plain,
    };
}
