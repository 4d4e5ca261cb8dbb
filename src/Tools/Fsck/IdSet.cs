using System.Buffers.Binary;

namespace Counterfoil.Tools;

/// <summary>
/// The ids of all transactions of a chain: open addressing over their first 16 bytes, 21 to 43 bytes an id.
/// Two ids that agree in so much do not happen by chance, and whoever makes them happen is found out by a
/// finding too many, not by one too few.
/// </summary>
internal sealed class IdSet
{
    private UInt128[] slots = new UInt128[1024];
    private int count;

    /// <summary>Notes an id.</summary>
    /// <returns>False if it was there.</returns>
    public bool Add(in Hash id)
    {
        Span<byte> bytes = stackalloc byte[32];
        id.CopyTo(bytes);
        var key = BinaryPrimitives.ReadUInt128BigEndian(bytes) | 1;
        if (!Put(slots, key))
            return false;
        count++;
        if (count > slots.Length / 4 * 3)
            Grow();
        return true;
    }

    private void Grow()
    {
        var larger = new UInt128[checked(2 * slots.Length)];
        foreach (var key in slots)
            if (key != 0)
                Put(larger, key);
        slots = larger;
    }

    private static bool Put(UInt128[] slots, UInt128 key)
    {
        var at = (int)((ulong)(key >> 64) & (ulong)(slots.Length - 1));
        for (; slots[at] != 0; at = (at + 1) & (slots.Length - 1))
            if (slots[at] == key)
                return false;
        slots[at] = key;
        return true;
    }
}
