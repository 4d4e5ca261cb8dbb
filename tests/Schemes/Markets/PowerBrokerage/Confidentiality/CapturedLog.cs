using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;

/// <summary>All that a node logs, at every level and with every fact and fault.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    public int Count => lines.Count;

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Join('\n', lines));

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose() { }

    private sealed class Writer(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            log.lines.Enqueue($"{category} scope {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var facts = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}")) : "";
            log.lines.Enqueue($"{logLevel} {category} {formatter(state, exception)} {facts} {exception}");
        }
    }
}
