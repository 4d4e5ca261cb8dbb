using Counterfoil.Vault.Storage;

namespace Counterfoil.Host.ReadModel;

/// <summary>The tables of the read model.</summary>
internal static class ReadModelSchema
{
    public const string Component = "read-model";

    /// <summary>
    /// More than a block has leaves: a position is height × this + index, so that rows are appended in
    /// their order.
    /// </summary>
    public const long PositionsPerBlock = 1 << 20;

    /// <summary>
    /// The first 8 bytes of a digest, by which it is indexed: an index over whole digests is four times as
    /// large, and what does not fit into memory is what costs. Queries compare the whole digest besides.
    /// </summary>
    public static long PrefixOf(ReadOnlySpan<byte> digest) => System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(digest);

    /// <summary>Never edited, only added to.</summary>
    public static readonly IReadOnlyList<SchemaStep> Steps =
    [
        new SchemaStep(1, """
            CREATE TABLE blocks (
              height {integer} PRIMARY KEY, id {blob} NOT NULL, time {integer} NOT NULL, leaves {integer} NOT NULL
            ) {strict};
            CREATE TABLE transactions (
              position {integer} PRIMARY KEY, id_prefix {integer} NOT NULL, id {blob} NOT NULL, act {text} NOT NULL,
              issuer_prefix {integer}, issuer {blob}, status {integer} NOT NULL, code {text}
            ) {strict};
            CREATE INDEX transactions_id ON transactions (id_prefix);
            CREATE INDEX transactions_issuer ON transactions (issuer_prefix, position)
            """),
    ];
}
