using Microsoft.Extensions.Logging;

namespace Counterfoil.Host.Tests.Network;

/// <summary>Keeps every line of a log, with faults in full.</summary>
internal sealed class TestLog : ILogger
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
                return [.. lines];
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (gate)
            lines.Add($"{logLevel} {formatter(state, exception)} {exception}");
    }
}
