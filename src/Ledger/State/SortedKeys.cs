using System.Runtime.InteropServices;

namespace Counterfoil.Ledger.State;

/// <summary>
/// Keys in order, as a list of sorted pages: a search is two binary searches, an insertion moves at most one page, and a split, which moves the list
/// of pages, comes once in a few hundred insertions.
/// </summary>
internal sealed class SortedKeys<TKey> where TKey : struct, IStateKey<TKey>
{
    private const int PageSize = 512;

    // No page is empty.
    private readonly List<List<TKey>> pages = [];

    public void Add(TKey key)
    {
        if (pages.Count == 0)
            pages.Add([]);
        var at = PageOf(key);
        var page = pages[at];
        if (page.Count == PageSize)
        {
            var isAppended = at == pages.Count - 1 && key.CompareTo(page[^1]) > 0;
            var kept = isAppended ? PageSize : PageSize / 2;
            var split = new List<TKey>(PageSize);
            split.AddRange(CollectionsMarshal.AsSpan(page)[kept..]);
            page.RemoveRange(kept, PageSize - kept);
            pages.Insert(at + 1, split);
            if (isAppended || key.CompareTo(split[0]) >= 0)
                page = split;
        }
        var place = page.BinarySearch(key);
        if (place >= 0)
            throw new InvalidOperationException("The key is in order already.");
        page.Insert(~place, key);
    }

    public void Remove(TKey key)
    {
        var at = pages.Count == 0 ? throw new InvalidOperationException("The key is not in order.") : PageOf(key);
        var place = pages[at].BinarySearch(key);
        if (place < 0)
            throw new InvalidOperationException("The key is not in order.");
        pages[at].RemoveAt(place);
        if (pages[at].Count == 0)
            pages.RemoveAt(at);
    }

    public bool TryFirst(out TKey key)
    {
        key = pages.Count == 0 ? default : pages[0][0];
        return pages.Count > 0;
    }

    public IEnumerable<TKey> From(TKey start)
    {
        if (pages.Count == 0)
            yield break;
        var at = PageOf(start);
        var place = pages[at].BinarySearch(start);
        for (var i = place < 0 ? ~place : place; at < pages.Count; at++, i = 0)
            for (; i < pages[at].Count; i++)
                yield return pages[at][i];
    }

    public IEnumerable<TKey> All() => pages.SelectMany(page => page);

    public void Clear() => pages.Clear();

    /// <summary>The last page whose first key is not above the key, else the first page.</summary>
    private int PageOf(TKey key)
    {
        int low = 0, high = pages.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (pages[middle][0].CompareTo(key) <= 0)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
}
