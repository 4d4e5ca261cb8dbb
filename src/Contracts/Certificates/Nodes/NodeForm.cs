using System.Buffers;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>The forms of names and numbers in requests.</summary>
internal static class NodeForm
{
    public const int MaximumReasonLength = 200;

    private const int MaximumNodeLength = 48;
    private const int MaximumOrganisationLength = 100;
    private const int MaximumEndpointLength = 128;
    private const int MaximumSerialLength = 40;
    private const int RequestLength = 32;

    private static readonly SearchValues<char> NodeAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private static readonly SearchValues<char> EndpointAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]");

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    public static bool IsRequest(string text) => text.Length == RequestLength && !text.AsSpan().ContainsAnyExcept(Hexadecimal);

    public static bool IsNode(string text) => text.Length is >= 1 and <= MaximumNodeLength && !text.AsSpan().ContainsAnyExcept(NodeAlphabet);

    public static bool IsOrganisation(string text) => text.Length is >= 1 and <= MaximumOrganisationLength && !text.Any(char.IsControl);

    public static bool IsReason(string text) => text.Length <= MaximumReasonLength && !text.Any(char.IsControl);

    public static bool IsSerial(string text) => text.Length is >= 2 and <= MaximumSerialLength && text.Length % 2 == 0
        && !text.AsSpan().ContainsAnyExcept(Hexadecimal);

    /// <summary>host:port, or nothing.</summary>
    public static bool IsEndpoint(string text)
    {
        if (text.Length == 0)
            return true;
        var colon = text.LastIndexOf(':');
        return text.Length <= MaximumEndpointLength && colon > 0 && !text.AsSpan().ContainsAnyExcept(EndpointAlphabet)
            && text.Length - colon is >= 2 and <= 6 && !text.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9')
            && int.Parse(text.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture) is >= 1 and <= 65_535;
    }

    /// <summary>The roles, or none where one is unknown or named twice.</summary>
    public static NodeRoles RolesOf(IReadOnlyList<string> names)
    {
        var roles = NodeRoles.None;
        foreach (var name in names)
        {
            var role = name switch
            {
                "validator" => NodeRoles.Validator,
                "peer" => NodeRoles.Peer,
                "client" => NodeRoles.Client,
                "device" => NodeRoles.Device,
                _ => NodeRoles.None,
            };
            if (role == NodeRoles.None || (roles & role) != 0)
                return NodeRoles.None;
            roles |= role;
        }
        return roles;
    }

    /// <summary>True if two of the keys are one.</summary>
    public static bool AreShared(NodeKeySet keys) =>
        keys.Consensus == keys.Tls || keys.Vrf == keys.Tls || (keys.Consensus is not null && keys.Consensus == keys.Vrf);
}
