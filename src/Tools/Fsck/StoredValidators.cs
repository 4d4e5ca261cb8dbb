using System.Text.Encodings.Web;
using System.Text.Json;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Tools;

/// <summary>A validator's entry in genesis or in a list that a block announces.</summary>
internal sealed record StoredValidator(
    string Name, Hash Account, PublicKey ConsensusKey, PublicKey VrfKey, long Weight);

/// <summary>The validators of a height (docs/storage.md, Certificate).</summary>
internal sealed class StoredValidators
{
    private readonly Dictionary<Hash, StoredValidator> byAccount;
    private readonly Dictionary<Hash, StoredValidator> byKey;

    private StoredValidators(IReadOnlyList<StoredValidator> ordered, byte[] bytes, long quorum)
    {
        byAccount = ordered.ToDictionary(validator => validator.Account);
        byKey = ordered.ToDictionary(validator => KeyModel.IdOf(validator.ConsensusKey));
        Digest = Hash.Of(bytes);
        Bytes = bytes;
        Quorum = quorum;
    }

    /// <summary>The list as the ledger writes it.</summary>
    public byte[] Bytes { get; }

    public Hash Digest { get; }

    public long Quorum { get; }

    public StoredValidator? Of(Hash account) => byAccount.GetValueOrDefault(account);

    public StoredValidator? OfKey(Hash key) => byKey.GetValueOrDefault(key);

    /// <summary>The set of these entries; null if they make none.</summary>
    public static StoredValidators? Read(IReadOnlyList<JsonElement> entries)
    {
        var validators = entries.Select(ReadEntry).OfType<StoredValidator>().OrderBy(validator => validator.Account).ToList();
        Int128 total = 0;
        foreach (var validator in validators)
            total += validator.Weight;
        var isWhole = validators.Count == entries.Count && entries.Count > 0 && total <= long.MaxValue
            && validators.DistinctBy(validator => validator.Account).Count() == entries.Count
            && validators.DistinctBy(validator => validator.ConsensusKey).Count() == entries.Count;
        return isWhole ? new StoredValidators(validators, Write(validators), (long)(2 * total / 3) + 1) : null;
    }

    /// <summary>Reads a list that stands in a block; null if it is not spelled exactly as the ledger does.</summary>
    public static StoredValidators? ReadList(byte[] list)
    {
        if (!StrictJson.TryParseObject((byte[])[.. "{\"list\":"u8, .. list, (byte)'}'], out var document))
            return null;
        var members = new StrictMembers(document);
        var read = Read(members.Array("list"));
        return members.AreExact && read is not null && read.Bytes.AsSpan().SequenceEqual(list) ? read : null;
    }

    private static StoredValidator? ReadEntry(JsonElement element)
    {
        var members = new StrictMembers(element);
        var validator = new StoredValidator(
            members.AnyText("name"), members.Account("account"), members.Key("consensus_key"), members.Key("vrf_key"), members.Integer("weight", 1, long.MaxValue));
        return members.AreExact ? validator : null;
    }

    private static byte[] Write(IReadOnlyList<StoredValidator> validators)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(
            buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach (var validator in validators)
            {
                writer.WriteStartObject();
                writer.WriteString("name"u8, validator.Name);
                writer.WriteString("account"u8, Cryptography.Base64Url.Encode(validator.Account.ToArray()));
                WriteKey(writer, "consensus_key", validator.ConsensusKey);
                WriteKey(writer, "vrf_key", validator.VrfKey);
                writer.WriteNumber("weight"u8, validator.Weight);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        return buffer.ToArray();
    }

    private static void WriteKey(Utf8JsonWriter writer, string name, PublicKey key)
    {
        writer.WriteStartObject(name);
        writer.WriteString("kty"u8, "EC"u8);
        writer.WriteString("crv"u8, "P-256"u8);
        writer.WriteString("x"u8, key.X);
        writer.WriteString("y"u8, key.Y);
        writer.WriteEndObject();
    }
}
