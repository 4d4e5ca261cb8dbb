using Npgsql;
using NpgsqlTypes;

namespace Counterfoil.Host.Admission;

/// <summary>Parameters of a command by their places.</summary>
internal static class CommandColumns
{
    /// <summary>The next parameter.</summary>
    public static void Add<T>(this NpgsqlCommand command, NpgsqlDbType type, T value) =>
        command.Parameters.Add(new NpgsqlParameter<T> { NpgsqlDbType = type, TypedValue = value });

    /// <summary>The next parameter: one value of each item.</summary>
    public static void AddColumn<TItem, TValue>(this NpgsqlCommand command, NpgsqlDbType type, IReadOnlyList<TItem> items, Func<TItem, TValue> select)
    {
        var column = new TValue[items.Count];
        for (var index = 0; index < column.Length; index++)
            column[index] = select(items[index]);
        command.Add(NpgsqlDbType.Array | type, column);
    }
}
