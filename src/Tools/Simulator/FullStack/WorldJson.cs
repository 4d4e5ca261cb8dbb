using System.Text.Json.Serialization;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Simulator.FullStack;

[JsonSerializable(typeof(Dictionary<string, AccountsGenesis>))]
internal sealed partial class WorldJson : JsonSerializerContext
{
    public static WorldJson Instance { get; } = new(MessageJson.NewOptions());
}
