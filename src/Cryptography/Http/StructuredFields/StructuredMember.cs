using System.Text;

namespace Counterfoil.Cryptography.Http;

/// <summary>
/// The parameters of an item or inner list, in the order given. <b>Source:</b> RFC 9651 section 3.1.2.
/// </summary>
public sealed class StructuredParameters
{
    private readonly List<KeyValuePair<string, BareItem>> entries;

    internal StructuredParameters(List<KeyValuePair<string, BareItem>> entries) => this.entries = entries;

    /// <summary>
    /// Parameters of these names and values, in this order; each name once, in the form of a structured
    /// field's key.
    /// </summary>
    public StructuredParameters(params ReadOnlySpan<(string Name, BareItem Value)> parameters)
    {
        entries = [];
        foreach (var (name, value) in parameters)
        {
            if (!StructuredFieldParser.IsKey(name) || this[name] is not null)
                throw new ArgumentException($"'{name}' is not a parameter's name, or is there twice.", nameof(parameters));
            entries.Add(new(name, value));
        }
    }

    /// <summary>No parameters.</summary>
    public static StructuredParameters None { get; } = new(new List<KeyValuePair<string, BareItem>>());

    /// <summary>The parameters in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, BareItem>> Entries => entries;

    /// <summary>The parameter's value, or null if it is absent.</summary>
    public BareItem? this[string name]
    {
        get
        {
            foreach (var entry in entries)
            {
                if (entry.Key == name)
                    return entry.Value;
            }
            return null;
        }
    }

    internal void WriteTo(StringBuilder text)
    {
        foreach (var (name, value) in entries)
        {
            text.Append(';').Append(name);
            if (value is BareItem.Boolean { Value: true })
                continue;
            text.Append('=');
            value.WriteTo(text);
        }
    }
}

/// <summary>A member of a list or dictionary: an item or an inner list.</summary>
public abstract class StructuredMember
{
    private protected StructuredMember(StructuredParameters parameters) => Parameters = parameters;

    /// <summary>The parameters of the whole member.</summary>
    public StructuredParameters Parameters { get; }

    /// <summary>The canonical text. <b>Source:</b> RFC 9651 sections 4.1.1.1 and 4.1.3.</summary>
    public sealed override string ToString()
    {
        var text = new StringBuilder();
        WriteTo(text);
        return text.ToString();
    }

    internal abstract void WriteTo(StringBuilder text);
}

/// <summary>A value with parameters.</summary>
public sealed class StructuredItem : StructuredMember
{
    /// <summary>An item.</summary>
    public StructuredItem(BareItem value, StructuredParameters? parameters = null)
        : base(parameters ?? StructuredParameters.None) => Value = value;

    /// <summary>The value.</summary>
    public BareItem Value { get; }

    internal override void WriteTo(StringBuilder text)
    {
        Value.WriteTo(text);
        Parameters.WriteTo(text);
    }
}

/// <summary>Items in parentheses, with parameters of the whole.</summary>
public sealed class StructuredInnerList : StructuredMember
{
    /// <summary>An inner list.</summary>
    public StructuredInnerList(IReadOnlyList<StructuredItem> items, StructuredParameters? parameters = null)
        : base(parameters ?? StructuredParameters.None) => Items = items;

    /// <summary>The items in their order.</summary>
    public IReadOnlyList<StructuredItem> Items { get; }

    internal override void WriteTo(StringBuilder text)
    {
        text.Append('(');
        for (var index = 0; index < Items.Count; index++)
        {
            if (index > 0)
                text.Append(' ');
            Items[index].WriteTo(text);
        }
        text.Append(')');
        Parameters.WriteTo(text);
    }
}
