using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Host.Cli.Networks;

/// <summary><c>network.json</c> of a network's folder: its nodes, as they were founded.</summary>
/// <param name="Validators">How many of the nodes are validators; they come first.</param>
/// <param name="Nodes">The nodes.</param>
/// <param name="HasCluster">True if a PostgreSQL cluster of the network's own lies in the folder.</param>
internal sealed record NetworkFile(int Validators, IReadOnlyList<NetworkNode> Nodes, bool HasCluster)
{
    private const string FileName = "network.json";

    /// <summary>The network of a folder, or null.</summary>
    /// <exception cref="CliException"><c>network_malformed</c>.</exception>
    public static NetworkFile? TryRead(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), NetworkJson.Instance.NetworkFile)
                ?? throw new CliException("network_malformed", $"{path} is null.");
        }
        catch (JsonException fault)
        {
            throw new CliException("network_malformed", $"{path}: {fault.Message}", fault);
        }
    }

    /// <exception cref="CliException"><c>network_unknown</c>.</exception>
    public static NetworkFile Read(string folder) =>
        TryRead(folder) ?? throw new CliException("network_unknown", $"There is no network in {folder}; counterfoil network up makes one.");

    /// <summary>The node of a name or a number from 1.</summary>
    /// <exception cref="CliException"><c>unknown_node</c>.</exception>
    public NetworkNode Find(string name) =>
        Nodes.FirstOrDefault(node => node.Name == name || node.Name == "node" + name)
            ?? throw new CliException("unknown_node", $"There is no node {name}; there are {string.Join(", ", Nodes.Select(node => node.Name))}.");

    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, NetworkJson.Instance.NetworkFile));
        File.Move(path + ".new", path, overwrite: true);
    }
}

/// <summary>A node of a network.</summary>
/// <param name="Name"><c>node1</c>, <c>node2</c>, …; also the folder of its home.</param>
/// <param name="Url">Where it answers.</param>
/// <param name="PeerListen">Where the others reach it.</param>
/// <param name="Account">Its account.</param>
/// <param name="HasDatabase">True if its documents and read model lie in PostgreSQL.</param>
internal sealed record NetworkNode(string Name, string Url, string PeerListen, string Account, bool HasDatabase);

[JsonSerializable(typeof(NetworkFile))]
internal sealed partial class NetworkJson : JsonSerializerContext
{
    public static NetworkJson Instance { get; } = new(MessageJson.NewOptions());
}
