using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Tests.State;

internal readonly record struct NumberKey(ulong Number) : IStateKey<NumberKey>
{
    public int CompareTo(NumberKey other) => Number.CompareTo(other.Number);

    public void Write(ref StateWriter writer) => writer.UInt64(Number);

    public static NumberKey Read(ref StateReader reader) => new(reader.UInt64());
}

internal sealed record Balance(UInt128 Amount, string Note) : IStateRow<Balance>
{
    public void Write(ref StateWriter writer)
    {
        writer.UInt128(Amount);
        writer.Text(Note);
    }

    public static Balance Read(ref StateReader reader) => new(reader.UInt128(), reader.Text());
}
