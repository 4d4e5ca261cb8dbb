using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Cryptography.Http;

/// <summary>The parsing algorithms of RFC 9651 section 4.2; method names follow its subsections.</summary>
internal ref partial struct StructuredFieldParser(ReadOnlySpan<char> input, bool refuseDuplicates)
{
    private const int MaximumMembers = 1024;
    private const int MaximumInnerItems = 256;
    private const int MaximumParameters = 256;

    private const string KeyCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_-.*";
    private static readonly SearchValues<char> KeyAlphabet = SearchValues.Create(KeyCharacters);

    private readonly ReadOnlySpan<char> input = input;
    private readonly bool refuseDuplicates = refuseDuplicates;
    private int position;

    internal static bool IsKey(ReadOnlySpan<char> text) =>
        !text.IsEmpty && (char.IsAsciiLetterLower(text[0]) || text[0] == '*') && !text.ContainsAnyExcept(KeyAlphabet);

    private readonly char Current => position < input.Length ? input[position] : '\0';

    private readonly bool IsAtEnd => position >= input.Length;

    // Section 4.2.1
    internal bool TryList(out List<StructuredMember> members)
    {
        members = [];
        SkipSpaces();
        while (!IsAtEnd)
        {
            if (members.Count == MaximumMembers || !TryMember(out var member))
                return false;
            members.Add(member);
            if (!TryComma())
                return false;
        }
        return true;
    }

    // Section 4.2.2
    internal bool TryDictionary(out List<KeyValuePair<string, StructuredMember>> members)
    {
        members = [];
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        SkipSpaces();
        while (!IsAtEnd)
        {
            if (!TryKey(out var key))
                return false;
            StructuredMember? member;
            if (Current == '=' && !IsAtEnd)
            {
                position++;
                if (!TryMember(out member))
                    return false;
            }
            else
            {
                if (!TryParameters(out var parameters))
                    return false;
                member = new StructuredItem(new BareItem.Boolean(true), parameters);
            }
            if (places.TryGetValue(key, out var place))
            {
                if (refuseDuplicates)
                    return false;
                members[place] = new(key, member);
            }
            else
            {
                if (members.Count == MaximumMembers)
                    return false;
                places.Add(key, members.Count);
                members.Add(new(key, member));
            }
            if (!TryComma())
                return false;
        }
        return true;
    }

    // Section 4.2, for an item
    internal bool TryWholeItem([NotNullWhen(true)] out StructuredItem? item)
    {
        SkipSpaces();
        if (!TryItem(out item))
            return false;
        SkipSpaces();
        return IsAtEnd;
    }

    private void SkipSpaces()
    {
        while (Current == ' ')
            position++;
    }

    private void SkipOptionalWhiteSpace()
    {
        while (Current is ' ' or '\t')
            position++;
    }

    // Between members: a comma that is not the last; at the end: nothing.
    private bool TryComma()
    {
        SkipOptionalWhiteSpace();
        if (IsAtEnd)
            return true;
        if (Current != ',')
            return false;
        position++;
        SkipOptionalWhiteSpace();
        return !IsAtEnd;
    }

    // Section 4.2.1.1
    private bool TryMember([NotNullWhen(true)] out StructuredMember? member)
    {
        if (Current == '(')
        {
            var isList = TryInnerList(out var list);
            member = list;
            return isList;
        }
        var isItem = TryItem(out var item);
        member = item;
        return isItem;
    }

    // Section 4.2.1.2
    private bool TryInnerList([NotNullWhen(true)] out StructuredInnerList? list)
    {
        list = null;
        position++;
        var items = new List<StructuredItem>();
        while (!IsAtEnd)
        {
            SkipSpaces();
            if (Current == ')')
            {
                position++;
                if (!TryParameters(out var parameters))
                    return false;
                list = new StructuredInnerList(items, parameters);
                return true;
            }
            if (items.Count == MaximumInnerItems || !TryItem(out var item) || Current is not (' ' or ')'))
                return false;
            items.Add(item);
        }
        return false;
    }

    // Section 4.2.3
    private bool TryItem([NotNullWhen(true)] out StructuredItem? item)
    {
        item = null;
        if (!TryBareItem(out var value) || !TryParameters(out var parameters))
            return false;
        item = new StructuredItem(value, parameters);
        return true;
    }

    // Section 4.2.3.2
    private bool TryParameters([NotNullWhen(true)] out StructuredParameters? parameters)
    {
        parameters = null;
        List<KeyValuePair<string, BareItem>>? entries = null;
        while (Current == ';')
        {
            position++;
            SkipSpaces();
            if (!TryKey(out var key))
                return false;
            BareItem? value = null;
            if (Current == '=')
            {
                position++;
                if (!TryBareItem(out value))
                    return false;
            }
            value ??= new BareItem.Boolean(true);
            entries ??= [];
            var place = entries.FindIndex(entry => entry.Key == key);
            if (place >= 0 && refuseDuplicates || entries.Count == MaximumParameters)
                return false;
            if (place >= 0)
                entries[place] = new(key, value);
            else
                entries.Add(new(key, value));
        }
        parameters = entries is null ? StructuredParameters.None : new StructuredParameters(entries);
        return true;
    }

    // Section 4.2.3.3
    private bool TryKey([NotNullWhen(true)] out string? key)
    {
        key = null;
        var rest = input[position..];
        var length = rest.IndexOfAnyExcept(KeyAlphabet);
        var candidate = length < 0 ? rest : rest[..length];
        if (!IsKey(candidate))
            return false;
        key = candidate.ToString();
        position += candidate.Length;
        return true;
    }
}
