using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Counterfoil.Schemes.Conformance;

/// <summary>A message of a scheme with the way in which it is read and written: the suite damages it in every way that it promises to refuse.</summary>
public abstract class MessageSample
{
    private protected MessageSample(string name, byte[] bytes)
    {
        Name = name;
        Bytes = bytes;
    }

    /// <summary>The message's name.</summary>
    public string Name { get; }

    /// <summary>A whole message.</summary>
    public byte[] Bytes { get; }

    /// <summary>A JSON message as its contract or role reads it.</summary>
    public static MessageSample Of<TMessage>(TMessage message, JsonTypeInfo<TMessage> format)
        where TMessage : class => new JsonSample<TMessage>(message, format);

    /// <summary>Reads the bytes and writes what was read; null where they are refused.</summary>
    public abstract byte[]? ReadAndWrite(ReadOnlySpan<byte> bytes);

    /// <summary>The members at every depth, each left out once, and an unknown one put in at every depth.</summary>
    public abstract IEnumerable<(string What, byte[] Bytes)> Damaged();

    public override string ToString() => Name;

    private sealed class JsonSample<TMessage>(TMessage message, JsonTypeInfo<TMessage> format)
        : MessageSample(typeof(TMessage).Name, JsonSerializer.SerializeToUtf8Bytes(message, format))
        where TMessage : class
    {
        public override byte[]? ReadAndWrite(ReadOnlySpan<byte> bytes)
        {
            try
            {
                return JsonSerializer.Deserialize(bytes, format) is { } read ? JsonSerializer.SerializeToUtf8Bytes(read, format) : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }

        public override IEnumerable<(string What, byte[] Bytes)> Damaged()
        {
            for (var length = 0; length < Bytes.Length; length++)
                yield return ($"cut after {length} bytes", Bytes[..length]);
            yield return ("a trailing brace", [.. Bytes, (byte)'}']);
            yield return ("a second message", [.. Bytes, .. Bytes]);
            yield return ("a trailing zero", [.. Bytes, 0]);
            foreach (var path in Objects(JsonNode.Parse(Bytes)!, []))
            {
                yield return ($"an unknown member at /{string.Join('/', path)}", Changed(path, json => json["unknown_member"] = 1));
                foreach (var name in ((JsonObject)At(JsonNode.Parse(Bytes)!, path)).Select(member => member.Key).ToList())
                {
                    if (IsRequired(path, name))
                        yield return ($"without /{string.Join('/', [.. path, name])}", Changed(path, json => json.Remove(name)));
                    yield return ($"twice /{string.Join('/', [.. path, name])}", Repeated(path, name));
                }
            }
        }

        /// <summary>Members with a default may be missing by design; only the top level's types are known here.</summary>
        private bool IsRequired(IReadOnlyList<string> path, string name) =>
            path.Count == 0 && format.Properties.FirstOrDefault(property => property.Name == name) is { IsRequired: true }
            || path.Count == 0 && format.Properties.FirstOrDefault(property => property.Name == name)?.AssociatedParameter
                is { HasDefaultValue: false, IsMemberInitializer: false };

        private byte[] Changed(IReadOnlyList<string> path, Action<JsonObject> change)
        {
            var json = JsonNode.Parse(Bytes)!;
            change((JsonObject)At(json, path));
            return Encoding.UTF8.GetBytes(json.ToJsonString(format.Options));
        }

        private byte[] Repeated(IReadOnlyList<string> path, string name)
        {
            // A mark that no message has, put behind the member and then exchanged for the member's name.
            const string mark = "conformance_mark";
            var json = JsonNode.Parse(Bytes)!;
            var target = (JsonObject)At(json, path);
            target[mark] = target[name]?.DeepClone();
            return Encoding.UTF8.GetBytes(json.ToJsonString(format.Options).Replace($"\"{mark}\":", $"\"{name}\":", StringComparison.Ordinal));
        }

        // Free-form objects (any JSON) would accept anything: samples hold none.
        private static IEnumerable<IReadOnlyList<string>> Objects(JsonNode? node, IReadOnlyList<string> path) => node switch
        {
            JsonObject json => new[] { path }.Concat(json.SelectMany(member => Objects(member.Value, [.. path, member.Key]))),
            JsonArray array => array.SelectMany((item, index) => Objects(item, [.. path, index.ToString(System.Globalization.CultureInfo.InvariantCulture)])),
            _ => [],
        };

        private static JsonNode At(JsonNode node, IReadOnlyList<string> path) =>
            path.Aggregate(node, (at, step) => at is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : at[step]!);
    }
}
