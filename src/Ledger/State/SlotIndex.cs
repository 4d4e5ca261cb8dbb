using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>
/// A hash index over pages of slots, each as large as all before it. The pages never move, so a table of ten million rows grows without copying its
/// rows, and there are so few that finding one costs no cache miss. The chains' heads are placed by multiply-shift with a secret multiplier of this process, so that nobody can prepare keys that all fall into one chain. The
/// multiplier shows nowhere: whatever leaves a table is in key order.
/// </summary>
internal sealed class SlotIndex<TKey, TRow> where TKey : struct, IStateKey<TKey>
{
    private const int FirstPageBits = 4;
    private const int PageCount = 31 - FirstPageBits;

    private readonly ulong multiplier = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

    // Heads and Next hold slot numbers plus one, so that zero ends a chain.
    private int[] heads = new int[1 << FirstPageBits];
    private int shift = 64 - FirstPageBits;
    private Slot[][] pages = new Slot[PageCount][];
    private int used;
    private int free;

    internal struct Slot
    {
        public TKey Key;
        public TRow Row;
        public int Hash;
        public int Next;
        public uint Epoch;
    }

    public int Count { get; private set; }

    /// <summary>The key's slot, or a null reference. Good until the next addition or removal.</summary>
    public ref Slot Find(in TKey key)
    {
        var hash = key.GetHashCode();
        for (var at = heads[HeadOf(hash)]; at != 0;)
        {
            ref var slot = ref At(at - 1);
            if (slot.Hash == hash && slot.Key.Equals(key))
                return ref slot;
            at = slot.Next;
        }
        return ref Unsafe.NullRef<Slot>();
    }

    /// <summary>The key's slot; if it is new, its row is unset and its epoch 0.</summary>
    public ref Slot FindOrAdd(in TKey key, out bool added)
    {
        ref var found = ref Find(in key);
        added = Unsafe.IsNullRef(ref found);
        if (!added)
            return ref found;
        if (Count == heads.Length)
            GrowHeads();
        var number = TakeFreeSlot();
        ref var slot = ref At(number);
        slot.Key = key;
        slot.Hash = key.GetHashCode();
        slot.Epoch = 0;
        ref var head = ref heads[HeadOf(slot.Hash)];
        slot.Next = head;
        head = number + 1;
        Count++;
        return ref slot;
    }

    public bool Remove(in TKey key, [MaybeNullWhen(false)] out TRow row, out uint epoch)
    {
        var hash = key.GetHashCode();
        ref var link = ref heads[HeadOf(hash)];
        while (link != 0)
        {
            var number = link - 1;
            ref var slot = ref At(number);
            if (slot.Hash == hash && slot.Key.Equals(key))
            {
                row = slot.Row;
                epoch = slot.Epoch;
                link = slot.Next;
                slot = default;
                slot.Next = free;
                free = number + 1;
                Count--;
                return true;
            }
            link = ref slot.Next;
        }
        row = default;
        epoch = 0;
        return false;
    }

    /// <summary>All keys in key order, in an array of their own.</summary>
    public TKey[] SortedKeys()
    {
        var keys = new TKey[Count];
        var count = 0;
        foreach (var head in heads)
            for (var at = head; at != 0; at = At(at - 1).Next)
                keys[count++] = At(at - 1).Key;
        Array.Sort(keys);
        return keys;
    }

    public void Clear()
    {
        heads = new int[1 << FirstPageBits];
        shift = 64 - FirstPageBits;
        pages = new Slot[PageCount][];
        used = free = Count = 0;
    }

    // Page p holds 16 · 2^p slots, so the page is told by the highest bit of the number plus 16 and the place in it by the other bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Slot At(int number)
    {
        var place = (uint)number + (1u << FirstPageBits);
        var bits = BitOperations.Log2(place);
        return ref pages[bits - FirstPageBits][place ^ (1u << bits)];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int HeadOf(int hash) => unchecked((int)(((uint)hash * multiplier) >> shift));

    private int TakeFreeSlot()
    {
        if (free != 0)
        {
            var number = free - 1;
            free = At(number).Next;
            return number;
        }
        var bits = BitOperations.Log2((uint)used + (1u << FirstPageBits));
        pages[bits - FirstPageBits] ??= new Slot[1 << bits];
        return used++;
    }

    private void GrowHeads()
    {
        heads = new int[heads.Length * 2];
        shift = 64 - BitOperations.Log2((uint)heads.Length);
        // A full table has no free slots, so every used one is in a chain.
        for (var number = 0; number < used; number++)
        {
            ref var slot = ref At(number);
            ref var head = ref heads[HeadOf(slot.Hash)];
            slot.Next = head;
            head = number + 1;
        }
    }
}
