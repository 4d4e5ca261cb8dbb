namespace Counterfoil.Host.Cli;

/// <summary>A node's log as lines: time, level, source, message. Faults bring their type and place along.</summary>
internal sealed class LineLog(TextWriter lines) : ILoggerProvider
{
    private readonly Lock gate = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
        lock (gate)
            lines.Flush();
    }

    private sealed class Logger(LineLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = $"{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {logLevel.ToString().ToLowerInvariant()} {category}: {formatter(state, exception)}";
            if (exception is not null)
                text += $" | {exception.ToString().ReplaceLineEndings(" ")}";
            lock (log.gate)
                log.WriteLine(text);
        }
    }

    private void WriteLine(string text) => lines.WriteLine(text);
}
