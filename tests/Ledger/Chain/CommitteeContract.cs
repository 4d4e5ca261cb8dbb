using System.Text.Json.Serialization;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using ExecutionContext = Counterfoil.Ledger.Execution.ExecutionContext;

namespace Counterfoil.Ledger.Tests.Chain;

/// <summary>Keeps the validators and lets anybody with an account replace them: who they are is the state's business.</summary>
internal sealed class CommitteeContract : Contract, IValidatorDirectory
{
    private Table<TextKey, CommitteeRow> rows = null!;

    public override string Name => "committee";

    public override void Register(ContractRegistration registration)
    {
        rows = registration.Table<TextKey, CommitteeRow>("rows");
        registration.Action("seat", CommitteeJson.Instance.SeatMessage, (_, message) =>
        {
            rows.Set(Members, new CommitteeRow(message.Validators));
            return null;
        });
    }

    public void Begin(ExecutionContext context, IReadOnlyList<Validator> first) => rows.Set(Members, new CommitteeRow(first));

    public IReadOnlyList<Validator> Validators => rows.TryGet(Members, out var row) ? row.Validators : [];

    private static TextKey Members => new("members");
}

internal sealed record CommitteeRow(IReadOnlyList<Validator> Validators) : IStateRow<CommitteeRow>
{
    public void Write(ref StateWriter writer) =>
        writer.Bytes(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new SeatMessage(Validators), CommitteeJson.Instance.SeatMessage));

    public static CommitteeRow Read(ref StateReader reader) =>
        new(System.Text.Json.JsonSerializer.Deserialize(reader.Bytes(), CommitteeJson.Instance.SeatMessage)!.Validators);
}

internal sealed record SeatMessage(IReadOnlyList<Validator> Validators);

[JsonSerializable(typeof(SeatMessage))]
internal sealed partial class CommitteeJson : JsonSerializerContext
{
    public static CommitteeJson Instance { get; } = new(MessageJson.NewOptions());
}
