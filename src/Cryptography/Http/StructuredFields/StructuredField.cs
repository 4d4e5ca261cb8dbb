using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Counterfoil.Cryptography.Http;

/// <summary>Which of the three kinds a structured field is; it cannot be told from the value.</summary>
public enum StructuredFieldKind
{
    /// <summary>Not known to be a structured field.</summary>
    Unset = 0,

    /// <summary>One item.</summary>
    Item = 1,

    /// <summary>Members in order.</summary>
    List = 2,

    /// <summary>Members by key, in order.</summary>
    Dictionary = 3,
}

/// <summary>
/// Structured field values: parse the combined field value, write it canonically. Parsing is the standard's,
/// with maxima: 64 KiB, 1024 members, 256 items in an inner list, 256 parameters. <b>Source:</b> RFC 9651
/// section 4 (and RFC 8941).
/// </summary>
public static class StructuredField
{
    /// <summary>The longest field value that is parsed, in characters.</summary>
    public const int MaximumLength = 65_536;

    /// <summary>Parses a dictionary.</summary>
    /// <param name="text">The combined field value, ASCII.</param>
    /// <param name="dictionary">The members in the order of their first appearance.</param>
    /// <param name="refuseDuplicates">
    /// False as the standard has it: the last of equal keys counts. True where two readers must not differ.
    /// </param>
    /// <returns>False for anything that is not a dictionary in form or exceeds a maximum.</returns>
    public static bool TryParseDictionary(
        string text, [NotNullWhen(true)] out StructuredDictionary? dictionary, bool refuseDuplicates = false)
    {
        dictionary = null;
        if (text.Length > MaximumLength)
            return false;
        var parser = new StructuredFieldParser(text, refuseDuplicates);
        if (!parser.TryDictionary(out var members))
            return false;
        dictionary = new StructuredDictionary(members);
        return true;
    }

    /// <summary>Parses a list.</summary>
    /// <returns>False for anything that is not a list in form or exceeds a maximum.</returns>
    public static bool TryParseList(string text, [NotNullWhen(true)] out IReadOnlyList<StructuredMember>? list)
    {
        list = null;
        if (text.Length > MaximumLength)
            return false;
        var parser = new StructuredFieldParser(text, refuseDuplicates: false);
        if (!parser.TryList(out var members))
            return false;
        list = members;
        return true;
    }

    /// <summary>Parses an item.</summary>
    /// <returns>False for anything that is not an item in form or exceeds a maximum.</returns>
    public static bool TryParseItem(string text, [NotNullWhen(true)] out StructuredItem? item, bool refuseDuplicates = false)
    {
        item = null;
        return text.Length <= MaximumLength && new StructuredFieldParser(text, refuseDuplicates).TryWholeItem(out item);
    }

    /// <summary>Writes a list canonically.</summary>
    public static string Write(IReadOnlyList<StructuredMember> list)
    {
        var text = new StringBuilder();
        foreach (var member in list)
        {
            if (text.Length > 0)
                text.Append(", ");
            member.WriteTo(text);
        }
        return text.ToString();
    }

    /// <summary>The value parsed as the given kind and written canonically.</summary>
    /// <returns>False for a value that is not of the kind, and for an unset kind.</returns>
    public static bool TryNormalise(string text, StructuredFieldKind kind, [NotNullWhen(true)] out string? canonical)
    {
        canonical = kind switch
        {
            StructuredFieldKind.Item when TryParseItem(text, out var item) => item.ToString(),
            StructuredFieldKind.List when TryParseList(text, out var list) => Write(list),
            StructuredFieldKind.Dictionary when TryParseDictionary(text, out var dictionary) => dictionary.ToString(),
            _ => null,
        };
        return canonical is not null;
    }
}

/// <summary>A dictionary's members in order. <b>Source:</b> RFC 9651 section 3.2.</summary>
public sealed class StructuredDictionary
{
    private readonly IReadOnlyList<KeyValuePair<string, StructuredMember>> members;

    /// <summary>A dictionary of these members; keys are in the standard's form, each once.</summary>
    public StructuredDictionary(IReadOnlyList<KeyValuePair<string, StructuredMember>> members)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, _) in members)
        {
            if (!StructuredFieldParser.IsKey(key) || !keys.Add(key))
                throw new ArgumentException($"'{key}' is not a key, or is there twice.", nameof(members));
        }
        this.members = members;
    }

    /// <summary>The members in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, StructuredMember>> Members => members;

    /// <summary>The member of that key, or null if there is none.</summary>
    public StructuredMember? this[string key]
    {
        get
        {
            foreach (var member in members)
            {
                if (member.Key == key)
                    return member.Value;
            }
            return null;
        }
    }

    /// <summary>The canonical text. <b>Source:</b> RFC 9651 section 4.1.2.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (key, member) in members)
        {
            if (text.Length > 0)
                text.Append(", ");
            text.Append(key);
            if (member is StructuredItem { Value: BareItem.Boolean { Value: true } })
            {
                member.Parameters.WriteTo(text);
                continue;
            }
            text.Append('=');
            member.WriteTo(text);
        }
        return text.ToString();
    }
}
