using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Governance;

/// <summary>
/// A proposal's id: 128 random bits that its proposer chose; 32 lower-case hexadecimal digits on the
/// wire, 16 bytes in state. <c>default</c> is no proposal.
/// </summary>
/// <param name="Value">The bits.</param>
[JsonConverter(typeof(ProposalIdJsonConverter))]
public readonly record struct ProposalId(UInt128 Value) : IStateKey<ProposalId>
{
    /// <summary>True for <c>default</c>.</summary>
    public bool IsUnset => Value == 0;

    /// <summary>Parses exactly 32 lower-case hexadecimal digits that are not all zero.</summary>
    public static bool TryParse(string? text, out ProposalId proposal)
    {
        proposal = default;
        if (text is not { Length: 32 } || !text.All(char.IsAsciiHexDigitLower))
            return false;
        proposal = new(UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return !proposal.IsUnset;
    }

    /// <inheritdoc/>
    public int CompareTo(ProposalId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.UInt128(Value);

    /// <inheritdoc/>
    public static ProposalId Read(ref StateReader reader) => new(reader.UInt128());

    /// <summary>The 32 digits.</summary>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>Proposal ids on the wire: 32 lower-case hexadecimal digits.</summary>
public sealed class ProposalIdJsonConverter : JsonConverter<ProposalId>
{
    /// <inheritdoc/>
    public override ProposalId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ProposalId.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out var id)
            ? id
            : throw new JsonException("A proposal's id is 32 lower-case hexadecimal digits, not all zero.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ProposalId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
