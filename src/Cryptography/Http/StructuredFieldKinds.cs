namespace Counterfoil.Cryptography.Http;

/// <summary>
/// Fields that are registered as structured, with their kinds. <b>Source:</b> IANA HTTP field name registry.
/// </summary>
public static class StructuredFieldKinds
{
    /// <summary>By name in lower case.</summary>
    public static IReadOnlyDictionary<string, StructuredFieldKind> Known { get; } =
        new Dictionary<string, StructuredFieldKind>(StringComparer.Ordinal)
    {
        ["accept-ch"] = StructuredFieldKind.List,
        ["accept-signature"] = StructuredFieldKind.Dictionary,
        ["cache-status"] = StructuredFieldKind.List,
        ["cdn-cache-control"] = StructuredFieldKind.Dictionary,
        ["client-cert"] = StructuredFieldKind.Item,
        ["client-cert-chain"] = StructuredFieldKind.List,
        ["content-digest"] = StructuredFieldKind.Dictionary,
        ["cross-origin-embedder-policy"] = StructuredFieldKind.Item,
        ["cross-origin-opener-policy"] = StructuredFieldKind.Item,
        ["origin-agent-cluster"] = StructuredFieldKind.Item,
        ["priority"] = StructuredFieldKind.Dictionary,
        ["proxy-status"] = StructuredFieldKind.List,
        ["repr-digest"] = StructuredFieldKind.Dictionary,
        ["signature"] = StructuredFieldKind.Dictionary,
        ["signature-input"] = StructuredFieldKind.Dictionary,
        ["want-content-digest"] = StructuredFieldKind.Dictionary,
        ["want-repr-digest"] = StructuredFieldKind.Dictionary,
    };
}
