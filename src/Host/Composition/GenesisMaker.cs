using System.Text.Json;
using System.Text.Json.Nodes;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Host.Composition;

/// <summary>Makes the genesis document of a node's first start, or reads the one that is there.</summary>
internal static class GenesisMaker
{
    public static Genesis OpenOrCreate(NodeHome home, NodeOptions options, NodeKeys keys, IEnumerable<PublicKey> roleKeys, Timestamp now)
    {
        if (File.Exists(home.Genesis))
            return Read(home, options);
        var validator = new Validator(options.Name, AccountId.Of(keys.Node.PublicKey), keys.Consensus.PublicKey, keys.Vrf.PublicKey, Weight: 1);
        var genesis = Create(options, [validator], [keys.Node.PublicKey, .. roleKeys], [], now);
        Write(home, genesis);
        return genesis;
    }

    /// <summary>Makes a document the one of a home.</summary>
    public static void Write(NodeHome home, Genesis genesis)
    {
        // Whole or not at all: a ledger must never begin from half a document.
        var unfinished = home.Genesis + ".new";
        using (var stream = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(genesis.Bytes);
            stream.Flush(flushToDisk: true);
        }
        File.Move(unfinished, home.Genesis);
    }

    private static Genesis Read(NodeHome home, NodeOptions options)
    {
        try
        {
            var genesis = Genesis.Parse(File.ReadAllBytes(home.Genesis));
            return genesis.IsSandbox == options.Sandbox
                ? genesis
                : throw new NodeStartException("genesis_differs", genesis.IsSandbox
                    ? "The ledger in this home is a sandbox; start it as one."
                    : "The ledger in this home is no sandbox; a ledger never becomes one.");
        }
        catch (GenesisException fault)
        {
            throw new NodeStartException("genesis_malformed", fault.Message, fault);
        }
    }

    /// <summary>A document of these validators.</summary>
    /// <param name="options">What the ledger begins with.</param>
    /// <param name="validators">Its first validators.</param>
    /// <param name="accountKeys">The first keys of the accounts that are open from the beginning; the first is the operator's.</param>
    /// <param name="nodes">What the registry says of the validators: their connections; may be empty.</param>
    /// <param name="now">The ledger's first moment.</param>
    /// <exception cref="NodeStartException"><c>genesis_malformed</c>.</exception>
    public static Genesis Create(
        NodeOptions options, IReadOnlyList<Validator> validators, IReadOnlyList<PublicKey> accountKeys, IReadOnlyList<GenesisNode> nodes, Timestamp now)
    {
        try
        {
            return Genesis.Create(new GenesisDocument
            {
                Format = Genesis.FormatVersion,
                Name = options.Name,
                TimeMilliseconds = now.UnixMilliseconds,
                Rules = 1,
                Sandbox = options.Sandbox,
                Validators = validators,
                Parameters = options.Parameters,
                Contracts = Sections(options, accountKeys, nodes),
            });
        }
        catch (GenesisException fault)
        {
            throw new NodeStartException("genesis_malformed", fault.Message, fault);
        }
    }

    /// <summary>
    /// The sections that the caller and the schemes bring, with the node's and its roles' accounts open
    /// from the beginning.
    /// </summary>
    private static JsonElement Sections(NodeOptions options, IReadOnlyList<PublicKey> ownKeys, IReadOnlyList<GenesisNode> nodes)
    {
        var sections = new JsonObject();
        var accounts = options.GenesisSections.TryGetValue("accounts", out var given) ? JsonObject.Create(given) : null;
        sections["accounts"] = WithAccounts(accounts ?? [], ownKeys);
        foreach (var (contract, section) in options.GenesisSections.Concat(options.Schemes.SelectMany(scheme => scheme.GenesisSections)))
        {
            if (contract == "accounts")
                continue;
            if (sections.ContainsKey(contract))
                throw new NodeStartException("genesis_malformed", $"Two sections for the contract {contract}.");
            sections[contract] = JsonNode.Parse(section.GetRawText());
        }
        // Whoever begins a ledger vouches for the first organisations on it; a section of its own names others.
        if (!sections.ContainsKey("certificates"))
            sections["certificates"] = new JsonObject { ["registrars"] = new JsonArray(AccountId.Of(ownKeys[0]).ToString()) };
        if (nodes.Count > 0)
            sections["certificates"]!["nodes"] = new JsonArray([.. nodes.Select(node => JsonSerializer.SerializeToNode(node, CertificatesJson.Instance.GenesisNode))]);
        // The same founds the community that decides later; without a section nobody ever could.
        if (!sections.ContainsKey("governance"))
            sections["governance"] = JsonNode.Parse(GovernanceDefaults.Section(AccountId.Of(ownKeys[0])).GetRawText());
        return JsonSerializer.SerializeToElement(sections);
    }

    private static JsonObject WithAccounts(JsonObject section, IReadOnlyList<PublicKey> ownKeys)
    {
        var accounts = section["accounts"] as JsonArray ?? [];
        section["accounts"] = accounts;
        var known = accounts.Select(account => account?["key"]?.ToJsonString()).ToHashSet(StringComparer.Ordinal);
        foreach (var key in ownKeys.Distinct())
        {
            var node = JsonSerializer.SerializeToNode(key);
            if (known.Add(node!.ToJsonString()))
                accounts.Add(new JsonObject { ["key"] = node });
        }
        return section;
    }
}
